import { FerryError } from '../errors/ferry-error.ts'
import { durationText, longestTimerMs } from '../model/duration.ts'

/** How long a cancelled command may take to put things in order, before it is ended as it is. */
const graceMs = 3000

export type EndingSignal = 'SIGINT' | 'SIGTERM'

/** Why a command ends before it is done: a signal, the deadline, or a reader of stdout that went away. */
export interface Interruption {
  /** Its reason is a FerryError. */
  readonly signal: AbortSignal
  /** Whether stdout has no reader any more: then an end is a quiet one. */
  readonly readerGone: () => boolean
  onSignal(name: EndingSignal): void
  onReaderGone(): void
  setDeadline(ms: number): void
  /** From now on SIGINT calls `listener` and ends nothing, until what it gives is disposed of. */
  interrupts(listener: () => void): Disposable
}

const reasons = {
  SIGINT: () => new FerryError('cancelled', 'interrupted'),
  SIGTERM: () => new FerryError('terminated', 'terminated'),
} as const

/** `endNow` ends the process: the second signal asks for it, or a command that does not end in time. */
export function interruption(endNow: (reason: FerryError, told: boolean) => void): Interruption {
  const controller = new AbortController()
  let gone = false
  let diverted: (() => void) | undefined
  const abort = (reason: FerryError): void => {
    if (controller.signal.aborted) return
    controller.abort(reason)
    setTimeout(() => endNow(reason, false), graceMs).unref()
  }
  return {
    signal: controller.signal,
    readerGone: () => gone,
    onSignal(name) {
      if (name === 'SIGINT' && diverted !== undefined && !controller.signal.aborted) diverted()
      else if (controller.signal.aborted) endNow(reasons[name](), true)
      else abort(reasons[name]())
    },
    onReaderGone() {
      gone = true
      abort(new FerryError('cancelled', 'the reader of standard output went away'))
    },
    interrupts(listener) {
      diverted = listener
      return {
        [Symbol.dispose]: () => {
          if (diverted === listener) diverted = undefined
        },
      }
    },
    setDeadline(ms) {
      if (ms === 0) return
      const late = (): void => abort(new FerryError('timed_out', `not done within ${durationText(ms)} (--deadline)`))
      setTimeout(late, Math.min(ms, longestTimerMs)).unref()
    },
  }
}
