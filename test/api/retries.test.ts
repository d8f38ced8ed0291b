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

test('what was typed unseen answers the same question at the next login, once in each', async () => {
  const asked: string[] = []
  const login = typedOnce(async ({ text }) => {
    asked.push(text)
    return `${text}${asked.length}`
  })
  const [first, second] = [login(), login()]
  const password = { text: 'password', echo: false }
  const hostKey = { text: 'host key', echo: true }
  expect([await first(hostKey, signal), await first(password, signal)]).toEqual(['host key1', 'password2'])
  // It was refused: the person is asked again, and that answer is the one to keep.
  expect(await first(password, signal)).toBe('password3')
  expect([await second(hostKey, signal), await second(password, signal)]).toEqual(['host key4', 'password3'])
})
