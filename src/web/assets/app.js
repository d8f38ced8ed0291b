// What htmx does not do: uploads with their progress, and small helps of the forms. Every listener is on the document, so that what htmx
// puts in has them too.

const encoder = new TextEncoder()

/** A name in characters that a header may hold (src/web/path-code.ts reads it). */
const nameCode = (name) =>
  [...encoder.encode(name)]
    .map((byte) => {
      const character = String.fromCharCode(byte)
      return /[A-Za-z0-9._~-]/.test(character) ? character : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`
    })
    .join('')

const csrf = () => JSON.parse(document.body.getAttribute('hx-headers:inherited'))['x-csrf-token']

/** Sends one file, and shows how far it is; `fetch` tells nothing of that. */
function upload(file, address, list) {
  const item = document.createElement('li')
  const progress = document.createElement('progress')
  progress.max = file.size || 1
  progress.value = 0
  progress.setAttribute('aria-label', `Upload of ${file.name}`)
  const status = document.createElement('span')
  const stop = document.createElement('button')
  stop.type = 'button'
  stop.textContent = 'Stop'
  stop.setAttribute('aria-label', `Stop the upload of ${file.name}`)
  item.append(`${file.name} `, progress, ' ', status, ' ', stop)
  list.append(item)
  const request = new XMLHttpRequest()
  stop.addEventListener('click', () => request.abort())
  return new Promise((done) => {
    const end = (text, isGood) => {
      status.textContent = text
      status.className = isGood ? 'good' : 'bad'
      stop.remove()
      done(isGood)
    }
    request.upload.addEventListener('progress', ({ loaded }) => {
      progress.value = loaded
      status.textContent = `${Math.floor((100 * loaded) / (file.size || 1))}%`
    })
    request.addEventListener('load', () => {
      if (request.status === 201) {
        progress.value = progress.max
        end('uploaded', true)
      } else {
        let message = `refused (${request.status})`
        try {
          message = JSON.parse(request.responseText).message
        } catch {
          // A page, and no reason in it.
        }
        end(message, false)
      }
    })
    request.addEventListener('error', () => end('the connection was lost', false))
    request.addEventListener('abort', () => end('stopped', false))
    request.open('PUT', address)
    request.setRequestHeader('x-csrf-token', csrf())
    request.setRequestHeader('x-file-name', nameCode(file.name))
    request.setRequestHeader('x-replace', String(document.getElementById('replace').checked))
    request.send(file)
  })
}

/** One after the other: they share a connection. The list of the directory is shown anew where all went well. */
async function uploadAll(zone, files) {
  const list = zone.querySelector('ul')
  const outcomes = []
  for (const file of [...files]) outcomes.push(await upload(file, zone.dataset.upload, list))
  if (outcomes.includes(true) && !outcomes.includes(false)) location.reload()
}

const zoneOf = ({ target }) => (target instanceof Element ? target.closest('[data-upload]') : null)

document.addEventListener('dragover', (event) => {
  const zone = zoneOf(event)
  if (zone === null) return
  event.preventDefault()
  zone.classList.add('over')
})
document.addEventListener('dragleave', (event) => zoneOf(event)?.classList.remove('over'))
document.addEventListener('drop', (event) => {
  const zone = zoneOf(event)
  if (zone === null) return
  event.preventDefault()
  zone.classList.remove('over')
  uploadAll(zone, event.dataTransfer.files)
})

document.addEventListener('change', async ({ target }) => {
  const zone = target.closest('[data-upload]')
  if (zone !== null && target.type === 'file') uploadAll(zone, target.files)
  const file = target.files?.[0]
  if (target.dataset.read === undefined || file === undefined) return
  document.querySelector(target.dataset.read).value = await file.text()
  document.querySelector(target.dataset.name).value = file.name
  target.value = ''
})

document.addEventListener('click', ({ target }) => {
  const button = target.closest('[data-fill], [data-clear]')
  if (button === null) return
  if (button.dataset.clear !== undefined) {
    for (const element of document.querySelectorAll(button.dataset.clear)) element.replaceChildren()
  } else {
    const control = document.querySelector(button.dataset.fill)
    control.value = button.dataset.text
    control.focus()
  }
})

document.addEventListener('keydown', (event) => {
  if (event.key !== 'Enter' || !(event.ctrlKey || event.metaKey)) return
  if (event.target.dataset.submit === 'ctrl-enter') event.target.form.requestSubmit()
})

const localTimes = (root) => {
  for (const element of root.querySelectorAll('time:not([title])')) {
    element.title = element.textContent
    element.textContent = new Date(element.dateTime).toLocaleString()
  }
}
localTimes(document)
document.addEventListener('htmx:after:swap', () => localTimes(document))

/** Says that a request of htmx came to nothing, for those whose answer has no place of its own. */
const tell = (text) => {
  document.getElementById('failure').textContent = text
}
document.addEventListener('htmx:response:error', ({ detail }) =>
  tell(`ferry refused (${detail.ctx.response.status}): load the page again`),
)
document.addEventListener('htmx:error', ({ detail }) => {
  if (detail.error?.name === 'TypeError') tell('ferry does not answer')
})
