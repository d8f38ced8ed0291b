import { PassThrough } from 'node:stream'
import { expect, test } from 'vitest'
import { asker } from '../../src/cli/ask.ts'
import { FerryError } from '../../src/errors/ferry-error.ts'

/** A keyboard, what the terminal shows, and whether its input is raw now. */
function terminal() {
  let raw = false
  let shown = ''
  const keyboard = Object.assign(new PassThrough(), {
    setRawMode(on: boolean) {
      raw = on
    },
  })
  const screen = new PassThrough().on('data', (chunk: Buffer) => {
    shown += chunk.toString('utf8')
  })
  return { keyboard, ask: asker(keyboard, screen), isRaw: () => raw, shown: () => shown }
}

const signal = new AbortController().signal

// promise: terminal-restored
test('a hidden answer is not shown, and the terminal is as before', async () => {
  const { keyboard, ask, isRaw, shown } = terminal()
  keyboard.write('s3cret\r')
  expect(await ask({ text: 'Password: ', echo: false }, signal)).toBe('s3cret')
  expect(shown()).toBe('Password: \n')
  expect(isRaw()).toBe(false)
})

test('an answer that may be seen is, and can be corrected', async () => {
  const { keyboard, ask } = terminal()
  keyboard.write('nö\x7fo\x15yes\r')
  expect(await ask({ text: 'Sure? ', echo: true }, signal)).toBe('yes')
})

test('a character of several bytes is erased whole', async () => {
  const { keyboard, ask } = terminal()
  keyboard.write('nö\x7fo\r')
  expect(await ask({ text: '? ', echo: true }, signal)).toBe('no')
})

// promise: safe-text
test('a prompt of the server cannot act on the terminal', async () => {
  const { keyboard, ask, shown } = terminal()
  keyboard.write('\r')
  await ask({ text: 'Token\x1b[2J\n: ', echo: false }, signal)
  expect(shown()).toBe('Token\\x1b[2J\\n: \n')
})

test('what is typed ahead answers the next question', async () => {
  const { keyboard, ask } = terminal()
  keyboard.write('one\rtwo\r')
  const answers = Promise.all([ask({ text: '1', echo: false }, signal), ask({ text: '2', echo: false }, signal)])
  expect(await answers).toEqual(['one', 'two'])
})

test.each([
  ['Ctrl-C', 'half\x03'],
  ['Ctrl-D', '\x04'],
])('%s gives up', async (_name, typed) => {
  const { keyboard, ask, isRaw } = terminal()
  keyboard.write(typed)
  await expect(ask({ text: '? ', echo: false }, signal)).rejects.toMatchObject({ code: 'cancelled' })
  expect(isRaw()).toBe(false)
})

test('the end of input gives up', async () => {
  const { keyboard, ask } = terminal()
  keyboard.end('half')
  await expect(ask({ text: '? ', echo: false }, signal)).rejects.toMatchObject({ code: 'cancelled' })
})

// promise: terminal-restored
test('an aborted question ends with the reason, and the terminal is as before', async () => {
  const { ask, isRaw } = terminal()
  const controller = new AbortController()
  const answer = ask({ text: '? ', echo: false }, controller.signal)
  controller.abort(new FerryError('timed_out', 'too late'))
  await expect(answer).rejects.toMatchObject({ code: 'timed_out' })
  expect(isRaw()).toBe(false)
})
