import { FerryError } from '../errors/ferry-error.ts'

const units: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 }
/** What a timer can wait at most: set to more, it fires at once. */
export const longestTimerMs = 2 ** 31 - 1

const whole = /^(?:\d+(?:\.\d+)?(?:ms|s|m|h|d))+$/
const piece = /(\d+(?:\.\d+)?)(ms|s|m|h|d)/g

/**
 * Milliseconds of `30`, `30s`, `1m30s`, `250ms`, `1.5h`; a bare number is seconds. `undefined` where the text is no duration, or one
 * that a number does not hold.
 */
export function durationMs(text: string): number | undefined {
  const ms = millisecondsOf(text)
  return Number.isSafeInteger(ms) ? ms : undefined
}

function millisecondsOf(text: string): number | undefined {
  if (/^\d+(\.\d+)?$/.test(text)) return Math.round(Number(text) * 1000)
  if (!whole.test(text)) return undefined
  const total = [...text.matchAll(piece)].reduce(
    (sum, [, count, unit = 's']) => sum + Number(count) * (units[unit] ?? 0),
    0,
  )
  return Math.round(total)
}

export function parseDuration(text: string, what: string): number {
  const ms = durationMs(text)
  if (ms !== undefined) return ms
  throw new FerryError('usage', `${what}: invalid duration "${text}"`, {
    hint: 'as 30s, 1m30s or 250ms; a bare number is seconds',
  })
}

/** The shortest exact text that `durationMs` reads back: `30s`, `1m30s`, `250ms`, `0`. */
export function durationText(ms: number): string {
  if (ms === 0) return '0'
  let rest = ms
  let text = ''
  for (const [unit, size] of [
    ['h', 3_600_000],
    ['m', 60_000],
    ['s', 1000],
    ['ms', 1],
  ] as const) {
    const count = Math.floor(rest / size)
    if (count > 0) text += `${count}${unit}`
    rest -= count * size
  }
  return text
}

/** A measured time for people: `31ms`, `3.9s`, `2m05s`, `1h03m`. */
export function elapsedText(ms: number): string {
  if (ms < 999.5) return `${Math.round(ms)}ms`
  if (ms < 59_950) return `${(ms / 1000).toFixed(1)}s`
  const seconds = Math.round(ms / 1000)
  const pad = (value: number): string => String(value).padStart(2, '0')
  if (seconds < 3600) return `${Math.floor(seconds / 60)}m${pad(seconds % 60)}s`
  const minutes = Math.round(seconds / 60)
  return `${Math.floor(minutes / 60)}h${pad(minutes % 60)}m`
}
