import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { createServer, request } from 'node:http'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { listenOnLoopback } from '../support/listen-on-loopback.ts'
import { describeWith } from '../support/requirements.ts'
import { runFerry } from '../support/run-ferry.ts'
import { startWebRig, type WebRig } from '../support/web-rig.ts'

interface Answer {
  readonly status: number
  readonly headers: NodeJS.Dict<string | string[]>
  readonly text: string
}

/** A request with any header at all, which `fetch` does not send. */
async function send(
  address: string,
  {
    method = 'GET',
    headers = {},
    body = '',
  }: { method?: string; headers?: Record<string, string>; body?: string } = {},
): Promise<Answer> {
  const sent = request(address, { method, headers })
  sent.end(body)
  const [response] = await once(sent, 'response')
  const chunks: Buffer[] = []
  for await (const chunk of response) chunks.push(chunk)
  return { status: response.statusCode, headers: response.headers, text: Buffer.concat(chunks).toString('utf8') }
}

describeWith('chromium', 'the web admin keeps strangers out', () => {
  let rig: WebRig
  let page: Page
  let cookie = ''

  beforeAll(async () => {
    rig = await startWebRig()
    page = await rig.open()
    const { headers } = await send(rig.address)
    cookie = String(headers['set-cookie']).split(';')[0] ?? ''
  })
  afterAll(async () => rig?.[Symbol.asyncDispose]())

  test('without the cookie there is nothing, and a wrong token gives none', async () => {
    expect((await send(rig.origin)).status).toBe(401)
    expect((await send(`${rig.origin}/files?name=bank`)).text).not.toContain('bank')
    const wrong = await send(`${rig.origin}/?token=guess`)
    expect([wrong.status, wrong.headers['set-cookie']]).toEqual([403, undefined])
  })

  test('the cookie is kept from scripts and other sites, and no page may be framed or run what is not ours', async () => {
    const { headers } = await send(rig.address)
    expect(String(headers['set-cookie'])).toMatch(/; HttpOnly; SameSite=Strict$/)
    expect(headers['content-security-policy']).toContain("default-src 'none'; script-src 'self'")
    expect(headers['content-security-policy']).toContain("frame-ancestors 'none'")
    const all = await send(rig.origin, { headers: { cookie } })
    expect(all.text).not.toMatch(/<script>|\son\w+=|style=/)
  })

  test('a wrong Host is refused, with the right cookie and token, too', async () => {
    const { port } = new URL(rig.origin)
    for (const host of ['evil.example', `evil.example:${port}`, '127.0.0.1', `127.0.0.1.evil.example:${port}`]) {
      expect((await send(rig.address, { headers: { host, cookie } })).status).toBe(421)
    }
    expect((await send(rig.origin, { headers: { host: `localhost:${port}`, cookie } })).status).toBe(200)
  })

  test('a change needs our origin and the token of the form', async () => {
    const change = (headers: Record<string, string>, body: string) =>
      send(`${rig.origin}/connection/active?name=bank`, {
        method: 'POST',
        headers: { cookie, 'content-type': 'application/x-www-form-urlencoded', ...headers },
        body,
      })
    const { text } = await send(rig.origin, { headers: { cookie } })
    const [, csrf = ''] = /name="csrf" value="([^"]+)"/.exec(text) ?? []
    expect((await change({}, 'active=false')).status).toBe(403)
    expect((await change({}, 'active=false&csrf=guess')).status).toBe(403)
    expect((await change({ origin: 'http://evil.example' }, `active=false&csrf=${csrf}`)).status).toBe(403)
    expect((await change({ 'sec-fetch-site': 'cross-site' }, `active=false&csrf=${csrf}`)).status).toBe(403)
    expect((await change({ origin: rig.origin }, `active=true&csrf=${csrf}`)).status).toBe(303)
  })

  test('a page of another site cannot change anything, though the browser is logged in', async () => {
    const evil = createServer((_request, response) => {
      response.setHeader('content-type', 'text/html')
      response.end(`<form method="post" action="${rig.origin}/connection/delete?name=bank"><button>Win</button></form>`)
    })
    const evilPort = await listenOnLoopback(evil)
    const other = await page.context().newPage()
    await other.goto(`http://localhost:${evilPort}`)
    const [response] = await Promise.all([
      other.waitForResponse((one) => one.url().includes('/connection/delete')),
      other.getByRole('button', { name: 'Win' }).click(),
    ])
    expect([401, 403]).toContain(response.status())
    await other.close()
    evil.close()
    const { stdout } = await runFerry(['connections', 'list', '--json'], { home: rig.home })
    expect(JSON.parse(stdout).map(({ name }: { name: string }) => name)).toContain('bank')
  })

  test('names of remote files are text, whatever is in them', async () => {
    const dialogs: string[] = []
    page.on('dialog', (dialog) => {
      dialogs.push(dialog.message())
      void dialog.dismiss()
    })
    const names = [
      '<img src=x onerror=alert(1)>',
      '"><script>alert(2)<',
      "'-alert(3)-'",
      '<hx-partial hx-target="body">gone<',
      'right\u202eto left',
    ]
    for (const name of names) await writeFile(join(rig.sshd.directory, name), '<script>alert(4)</script>')
    await writeFile(Buffer.concat([Buffer.from(join(rig.sshd.directory, 'byte ')), Buffer.of(0xff)]), 'raw')
    await page.goto('/files?name=bank')
    const shown = await page.getByRole('rowheader').allTextContents()
    expect(shown).toEqual(expect.arrayContaining([...names.slice(0, 4), 'right\\u202eto left', 'byte \\xff']))
    await page.getByRole('link', { name: 'Manage byte \\xff' }).click()
    expect(await page.locator('pre').textContent()).toBe('raw')
    await page.goto('/shell?name=bank')
    await page.getByLabel('Commands, one a line').fill('ls -1')
    await page.getByRole('button', { name: 'Run', exact: true }).click()
    await page.locator('#run-status').getByText('done').waitFor()
    expect(await page.getByRole('log', { name: 'Output of bank' }).textContent()).toContain(names[0])
    expect(await page.locator('main img, main script').count()).toBe(0)
    expect(dialogs).toEqual([])
  })

  test('what is downloaded is never shown as a page of ours', async () => {
    await writeFile(join(rig.sshd.directory, 'page.html'), '<script>alert(1)</script>')
    const path = `${rig.sshd.directory}/page.html`
    const { headers } = await send(`${rig.origin}/file/download?name=bank&path=${path}`, { headers: { cookie } })
    expect(headers).toMatchObject({ 'content-type': 'application/octet-stream', 'x-content-type-options': 'nosniff' })
    expect(headers['content-disposition']).toMatch(/^attachment; filename="page.html"/)
  })

  test('a session ends with its log-out', async () => {
    const other = await rig.open()
    await other.getByRole('button', { name: 'Log out' }).click()
    await other.getByText('Open the address').waitFor()
    await other.goto('/')
    await other.getByRole('heading', { name: 'Log in' }).waitFor()
    await other.context().close()
  })

  test('beyond this machine it is started only with a password and https', async () => {
    const file = join(rig.home, 'password')
    await writeFile(file, 'correct horse\n')
    for (const flags of [[], ['--password-file', file], ['--behind-proxy']]) {
      const { exitCode, stderr } = await runFerry(
        ['web', '--port', '0', '--no-open', '--listen', '0.0.0.0', ...flags],
        {
          home: rig.home,
        },
      )
      expect([exitCode, stderr]).toEqual([2, expect.stringContaining('others could reach it')])
    }
  })

  // promise: web-entry
  test('who tries too often waits, and the right token still lets in', async () => {
    const statuses = new Set<number>()
    for (let tries = 0; tries < 12; tries += 1) statuses.add((await send(`${rig.origin}/?token=${tries}`)).status)
    expect([...statuses]).toEqual([403, 429])
    const { status, headers } = await send(`${rig.origin}/?token=guess`)
    expect([status, Number(headers['retry-after']) > 0]).toEqual([429, true])
    expect((await send(rig.address)).status).toBe(200)
  })
})
