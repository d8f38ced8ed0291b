import { Writable } from 'node:stream'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { liveLine } from '../../src/cli/live-line.ts'

/** What ora needs of a terminal; `written` is all that came. */
function terminal() {
  let text = ''
  const stream = new Writable({
    write(chunk: Buffer, _encoding, done) {
      text += chunk.toString('utf8')
      done()
    },
  })
  const put = (more: string) => () => stream.write(more)
  const methods = { isTTY: true, columns: 80, cursorTo: put('<'), clearLine: put('~'), moveCursor: put('^') }
  return { stream: Object.assign(stream, methods), written: () => text }
}

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

test('work that is done soon shows nothing', async () => {
  const { stream, written } = terminal()
  const end = liveLine(stream).show(() => 'connecting to bank', true)
  await vi.advanceTimersByTimeAsync(299)
  end()
  await vi.advanceTimersByTimeAsync(1000)
  expect(written()).toBe('')
})

test('work that takes longer is named, and erased at its end', async () => {
  const { stream, written } = terminal()
  const end = liveLine(stream).show(() => 'connecting to bank', true)
  await vi.advanceTimersByTimeAsync(300)
  await vi.waitUntil(() => written().includes('- connecting to bank'))
  end()
  expect(written()).toMatch(/<~$/)
})

test('nothing is drawn over a question that came first', async () => {
  const { stream, written } = terminal()
  const live = liveLine(stream)
  const end = live.show(() => 'connecting to bank', true)
  await live.without(async () => {
    await vi.advanceTimersByTimeAsync(300)
    // The line is made by now, as ora is: another one shows it.
    const other = terminal()
    const otherEnd = liveLine(other.stream).show(() => 'other', true)
    await vi.advanceTimersByTimeAsync(300)
    await vi.waitUntil(() => other.written().includes('other'))
    otherEnd()
    expect(written()).toBe('')
  })
  expect(written()).toMatch(/connecting to bank/)
  end()
})

test('the line is erased while a person is asked', async () => {
  const { stream, written } = terminal()
  const live = liveLine(stream)
  const end = live.show(() => 'connecting to bank', true)
  await vi.advanceTimersByTimeAsync(300)
  await vi.waitUntil(() => written().includes('connecting'))
  await live.without(async () => {
    expect(written()).toMatch(/<~$/)
    const before = written()
    await vi.advanceTimersByTimeAsync(1000)
    expect(written()).toBe(before)
  })
  expect(written()).toMatch(/connecting to bank[^<]*$/)
  end()
})
