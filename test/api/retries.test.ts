import { expect, test } from 'vitest'
import { pauseMs, Retries } from '../../src/api/retries.ts'
import { typedOnce } from '../../src/api/typed-once.ts'
import { type Code, FerryError } from '../../src/errors/ferry-error.ts'

const signal = new AbortController().signal

test('pauses begin at about a second, double, and are no longer than half a minute', () => {
  for (const random of [0, 0.5, 0.999]) {
    const pauses = [1, 2, 3, 4, 5, 6, 7, 20].map((retry) => pauseMs(retry, random))
    expect(pauses[0]).toBeGreaterThanOrEqual(750)
    expect(pauses[0]).toBeLessThanOrEqual(1250)
    for (const [index, pause] of pauses.entries()) {
      expect(pause).toBeLessThanOrEqual(30_000)
      expect(pause).toBeGreaterThanOrEqual(pauses[index - 1] ?? 0)
    }
    expect(pauses.at(-1)).toBe(30_000)
  }
  expect(pauseMs(1, 0)).toBeLessThan(pauseMs(1, 1))
})

/** Fails once so, and then opens. */
async function tried(error: FerryError, most = 1) {
  const notes: string[] = []
  let opened = 0
  const open = async (): Promise<string> => {
    opened += 1
    if (opened === 1) throw error
    return 'open'
  }
  const outcome = await new Retries(most, (text) => notes.push(text)).connect(open, signal).catch((reason) => reason)
  return { outcome, opened, notes }
}

test.each<Code>(['connect_failed', 'timed_out', 'connection_lost'])('%s may pass', async (code) => {
  const { outcome, notes } = await tried(new FerryError(code, 'no luck'))
  expect(outcome).toBe('open')
  expect(notes).toEqual([expect.stringMatching(/^no luck; trying again in (\d+ms|1\.\ds) \(1 of 1\)$/)])
})

// promise: retry-what-passes
test.each<Code>(['host_key_rejected', 'authentication_failed', 'protocol_error', 'usage', 'unknown_connection'])(
  '%s does not',
  async (code) => {
    const error = new FerryError(code, 'no')
    expect(await tried(error)).toEqual({ outcome: error, opened: 1, notes: [] })
  },
)

test('nor does what is marked to last, such as a name that nobody knows', async () => {
  const error = new FerryError('connect_failed', 'unknown host', { lasting: true })
  expect(await tried(error)).toEqual({ outcome: error, opened: 1, notes: [] })
})

// promise: retry-ends
test('an abort ends the pause at once, with its reason', async () => {
  const abort = new AbortController()
  const reason = new FerryError('cancelled', 'interrupted')
  const retries = new Retries(9, () => abort.abort(reason))
  const failing = async (): Promise<never> => {
    throw new FerryError('connect_failed', 'no')
  }
  await expect(retries.connect(failing, abort.signal)).rejects.toBe(reason)
})

/** Answers each question with itself and how many came before; `login` begins a login. */
function typist(): { readonly login: () => (text: string, echo?: boolean) => Promise<string> } {
  let asked = 0
  const login = typedOnce(async ({ text }) => {
    asked += 1
    return `${text} ${asked}`
  })
  return {
    login: () => {
      const ask = login()
      return (text, echo = false) => ask({ text, echo }, signal)
    },
  }
}

test('what was typed unseen answers the same question at each later login', async () => {
  const { login } = typist()
  const first = login()
  expect([await first('host key', true), await first('password')]).toEqual(['host key 1', 'password 2'])
  for (const _login of ['second', 'third']) expect(await login()('password')).toBe('password 2')
  expect(await login()('host key', true)).toBe('host key 3')
})

test('of a question that comes twice in a login nothing is kept: it may be of two hosts, or the answer was refused', async () => {
  const { login } = typist()
  const first = login()
  expect([await first('password'), await first('password')]).toEqual(['password 1', 'password 2'])
  expect(await login()('password')).toBe('password 3')
  const third = login()
  expect([await third('password'), await third('password')]).toEqual(['password 3', 'password 4'])
  expect(await login()('password')).toBe('password 5')
})
