import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import type { LiveLine } from '../../src/cli/live-line.ts'
import { transferView } from '../../src/cli/transfer-view.ts'
import { FerryError } from '../../src/errors/ferry-error.ts'
import type { TransferSummary } from '../../src/transfer/progress.ts'

const mib = 1024 * 1024
const summary: TransferSummary = {
  files: 148,
  directories: 3,
  bytes: 30.1 * mib,
  skipped: 0,
  deleted: 0,
  durationMs: 3900,
  failures: [],
}

/** A view whose live line can be read at any moment. */
function viewed(drawn = true, width = 200) {
  const said: string[] = []
  let text: (() => string) | undefined
  const live: LiveLine = {
    show(shown) {
      text = shown
      return () => {
        text = undefined
      }
    },
    without: (work) => work(),
  }
  const say = (line: string): void => void said.push(line)
  const view = transferView('upload', { live, drawn, width: () => width, line: say, summary: say, warning: say })
  return { view, said, line: () => text?.() }
}

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

describe('the live line', () => {
  test('tells how far the transfer is, its rate, and after two seconds what is left', () => {
    const { view, line } = viewed()
    view.listener({ kind: 'found', files: 148, bytes: 30.1 * mib })
    for (let index = 0; index < 61; index += 1) {
      view.listener({ kind: 'done', from: 'a', to: 'b', bytes: 0 })
    }
    vi.advanceTimersByTime(1000)
    view.listener({ kind: 'moved', path: 'assets/hero.jpg', bytes: 12.4 * mib })
    expect(line()).toBe('41%  61 of 148 files  12.4 of 30.1 MiB  12.4 MiB/s  assets/hero.jpg')
    vi.advanceTimersByTime(1000)
    expect(line()).toBe('41%  61 of 148 files  12.4 of 30.1 MiB  6.2 MiB/s  3s left  assets/hero.jpg')
  })
  test('knows the rate of the last five seconds only', () => {
    const { view, line } = viewed()
    view.listener({ kind: 'found', files: 1, bytes: 100 * mib })
    view.listener({ kind: 'moved', path: 'a', bytes: 50 * mib })
    vi.advanceTimersByTime(6000)
    view.listener({ kind: 'moved', path: 'a', bytes: 5 * mib })
    expect(line()).toBe('55%  0 of 1 file  55.0 of 100.0 MiB  1.0 MiB/s  45s left  a')
  })
  test('says what it knows where there is no total', () => {
    const { view, line } = viewed()
    vi.advanceTimersByTime(1000)
    view.listener({ kind: 'moved', path: '/piped', bytes: 2048 })
    expect(line()).toBe('2.0 KiB  2.0 KiB/s  /piped')
  })
  test('is one safe line, however long a name is', () => {
    const { view, line } = viewed(true, 40)
    view.listener({ kind: 'moved', path: `a\x1b[2J\n${'x'.repeat(100)}`, bytes: 1 })
    expect(line()?.length).toBeLessThan(40)
    expect(line()).toContain('a\\x1b[2J\\n')
  })
  test('ends with the transfer, also where that fails', () => {
    const { view, line } = viewed()
    view[Symbol.dispose]()
    expect(line()).toBeUndefined()
  })
})

describe('what stays on the screen', () => {
  test('is the summary', () => {
    const { view, said } = viewed()
    view.listener({ kind: 'done', from: 'a', to: 'b', bytes: 1 })
    view.finish(summary)
    expect(said).toEqual(['Uploaded 148 files, 30.1 MiB in 3.9s (7.7 MiB/s)'])
  })
  test('is a line for each file where no live line is drawn', () => {
    const { view, said } = viewed(false)
    view.listener({ kind: 'done', from: 'site/index.html', to: '/www/site/index.html', bytes: 4198 })
    expect(said).toEqual(['uploaded site/index.html -> /www/site/index.html (4.1 KiB)'])
  })
  test('is every failure, in both, and no summary then', () => {
    for (const drawn of [true, false]) {
      const { view, said } = viewed(drawn)
      const message =
        'upload site/big.iso -> /www/site/big.iso: no space left on the server, /www/site/big.iso is as it was'
      const error = new FerryError('no_space', message)
      view.listener({ kind: 'failed', from: 'site/big.iso', to: '/www/site/big.iso', error })
      view.finish({ ...summary, failures: [{ path: 'site/big.iso', error }] })
      expect(said).toEqual([
        'failed site/big.iso -> /www/site/big.iso: no space left on the server, /www/site/big.iso is as it was',
      ])
    }
  })
  test('is what was skipped and what the server refused', () => {
    const { view, said } = viewed()
    view.listener({ kind: 'skipped', path: '/dev/null', reason: 'not a regular file' })
    view.listener({ kind: 'warning', path: '/a', message: 'the server keeps no times' })
    view.finish({ ...summary, files: 1, bytes: 0, skipped: 1 })
    expect(said).toEqual([
      'skipped /dev/null: not a regular file',
      '/a: the server keeps no times',
      'Uploaded 1 file, 0 B in 3.9s (0 B/s), 1 skipped',
    ])
  })
})
