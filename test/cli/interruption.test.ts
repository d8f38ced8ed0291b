import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { interruption } from '../../src/cli/interruption.ts'
import type { FerryError } from '../../src/errors/ferry-error.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

/** An interruption, and how the process was ended by force: the code, and whether a reason is still to be told. */
function watched() {
  const ends: [string, boolean][] = []
  const ending = interruption((reason: FerryError, told) => ends.push([reason.code, told]))
  return { ending, ends }
}

describe('the first signal', () => {
  test.each([
    ['SIGINT', 'cancelled'],
    ['SIGTERM', 'terminated'],
  ] as const)('%s lets the command put things in order', (name, code) => {
    const { ending, ends } = watched()
    ending.onSignal(name)
    expect(ending.signal.reason).toMatchObject({ code })
    expect(ends).toEqual([])
  })
  test('ends a command that does not come to an end', () => {
    const { ending, ends } = watched()
    ending.onSignal('SIGINT')
    vi.advanceTimersByTime(3000)
    expect(ends).toEqual([['cancelled', false]])
  })
})

// promise: interrupt
test('the second signal ends it at once', () => {
  const { ending, ends } = watched()
  ending.onSignal('SIGINT')
  ending.onSignal('SIGINT')
  expect(ends).toEqual([['cancelled', true]])
})

describe('a deadline', () => {
  test('ends the command when it has passed, and not before', () => {
    const { ending } = watched()
    ending.setDeadline(1500)
    vi.advanceTimersByTime(1499)
    expect(ending.signal.aborted).toBe(false)
    vi.advanceTimersByTime(1)
    expect(ending.signal.reason).toMatchObject({ code: 'timed_out', message: 'not done within 1s500ms (--deadline)' })
  })
  test('of 0 is none, and one of a year does not fire at once', () => {
    const { ending } = watched()
    ending.setDeadline(0)
    ending.setDeadline(365 * 24 * 3_600_000)
    vi.advanceTimersByTime(60_000)
    expect(ending.signal.aborted).toBe(false)
  })
})

test('a reader that went away is known from a signal', () => {
  const { ending } = watched()
  ending.onReaderGone()
  expect(ending.signal.aborted).toBe(true)
  expect(ending.readerGone()).toBe(true)
})
