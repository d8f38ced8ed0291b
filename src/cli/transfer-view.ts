import type { TransferView } from '../commands/io.ts'
import { counted } from '../model/counted.ts'
import { elapsedText } from '../model/duration.ts'
import { sizeText } from '../model/size.ts'
import type { TransferEvent } from '../transfer/progress.ts'
import type { LiveLine } from './live-line.ts'
import { rendered } from './styled-text.ts'

type Verb = 'upload' | 'download'
type Failed = Extract<TransferEvent, { kind: 'failed' }>

/** Where a view writes: `line` is one line on stderr whatever was asked, the others keep silent as flags say. */
export interface TransferSink {
  readonly live: LiveLine
  /** Whether a live line is drawn; without one, each finished file has a line. */
  readonly drawn: boolean
  readonly width: () => number
  line(text: string): void
  summary(text: string): void
  warning(text: string): void
}

/** What a person sees of a transfer: a live line that its summary replaces, or a line for each finished file. */
export function transferView(verb: Verb, sink: TransferSink): TransferView {
  const done = verb === 'upload' ? 'uploaded' : 'downloaded'
  const progress = { files: 0, totalFiles: 0, bytes: 0, totalBytes: 0, path: '' }
  const rate = rateMeter()
  const end = sink.live.show(() => progressLine(progress, rate, sink.width()), false)
  return {
    [Symbol.dispose]: end,
    listener(event) {
      if (event.kind === 'found') {
        progress.totalFiles = event.files
        progress.totalBytes = event.bytes
        return
      }
      if (event.kind === 'moved') {
        progress.bytes += event.bytes
        progress.path = event.path
        rate.add(event.bytes)
        return
      }
      if (event.kind === 'done') {
        progress.files += 1
        if (!sink.drawn) sink.summary(`${done} ${event.from} -> ${event.to} (${sizeText(event.bytes)})`)
      } else if (event.kind === 'failed') {
        sink.line(failureLine(verb, event))
      } else if (event.kind === 'deleted') {
        if (!sink.drawn) sink.summary(`deleted ${event.path}`)
      } else if (event.kind === 'skipped') {
        sink.warning(`skipped ${event.path}: ${event.reason}`)
      } else {
        sink.warning(`${event.path}: ${event.message}`)
      }
    },
    finish(summary) {
      end()
      if (summary.failures.length > 0) return
      const { files, bytes, durationMs, skipped } = summary
      const each = durationMs > 0 ? ` (${sizeText(Math.round((bytes * 1000) / durationMs))}/s)` : ''
      const also = skipped > 0 ? `, ${skipped} skipped` : ''
      const verbed = verb === 'upload' ? 'Uploaded' : 'Downloaded'
      sink.summary(
        `${verbed} ${counted(files, 'file')}, ${sizeText(bytes)} in ${elapsedText(durationMs)}${each}${also}`,
      )
    },
  }
}

/** `failed site/big.iso -> /www/site/big.iso: no space left on the server`; the error's message says all of it but the verb. */
function failureLine(verb: Verb, { from, to, error }: Failed): string {
  const told = `${verb} ${from} -> ${to}: `
  const what = from === to ? from : `${from} -> ${to}`
  return `failed ${what}: ${error.message.startsWith(told) ? error.message.slice(told.length) : error.message}`
}

interface Progress {
  readonly files: number
  readonly totalFiles: number
  readonly bytes: number
  readonly totalBytes: number
  readonly path: string
}

/** `41%  61 of 148 files  12.4 of 30.1 MiB  8.2 MiB/s  2s left  assets/hero.jpg`; without totals, what is known. */
function progressLine(progress: Progress, rate: RateMeter, width: number): string {
  const { files, totalFiles, bytes, totalBytes, path } = progress
  const left = rate.timeLeftMs(totalBytes - bytes)
  const parts = [
    ...(totalBytes === 0 ? [] : [`${Math.min(100, Math.floor((bytes / totalBytes) * 100))}%`]),
    ...(totalFiles === 0 ? [] : [`${files} of ${counted(totalFiles, 'file')}`]),
    totalBytes === 0 ? sizeText(bytes) : amountOf(bytes, totalBytes),
    `${sizeText(Math.round(rate.bytesPerSecond()))}/s`,
    ...(left === undefined || totalBytes === 0 ? [] : [`${leftText(left)} left`]),
    rendered(path, undefined),
  ]
  return parts.join('  ').slice(0, Math.max(10, width - 3))
}

/** Whole seconds, at least one: `2s`, `1m05s`. */
const leftText = (ms: number): string => elapsedText(Math.max(1, Math.round(ms / 1000)) * 1000).replace('.0s', 's')

/** `12.4 of 30.1 MiB`: the unit once where both have it. */
function amountOf(bytes: number, total: number): string {
  const [now = '', nowUnit] = sizeText(bytes).split(' ')
  const whole = sizeText(total)
  return whole.endsWith(` ${nowUnit}`) ? `${now} of ${whole}` : `${now} ${nowUnit} of ${whole}`
}

interface RateMeter {
  add(bytes: number): void
  bytesPerSecond(): number
  /** Absent in the first two seconds, when the rate says little. */
  timeLeftMs(bytes: number): number | undefined
}

/** The rate over the last five seconds, kept in tenths of a second. */
function rateMeter(): RateMeter {
  const windowMs = 5000
  const startedAt = performance.now()
  const slots: { at: number; bytes: number }[] = []
  const bytesPerSecond = (): number => {
    const now = performance.now()
    while (slots[0] !== undefined && now - slots[0].at > windowMs) slots.shift()
    const bytes = slots.reduce((sum, slot) => sum + slot.bytes, 0)
    return (bytes * 1000) / Math.max(1, Math.min(windowMs, now - startedAt))
  }
  return {
    add(bytes) {
      const now = performance.now()
      const last = slots.at(-1)
      if (last !== undefined && now - last.at < 100) last.bytes += bytes
      else slots.push({ at: now, bytes })
    },
    bytesPerSecond,
    timeLeftMs(bytes) {
      const rate = bytesPerSecond()
      return performance.now() - startedAt < 2000 || rate === 0 ? undefined : (bytes * 1000) / rate
    },
  }
}
