import { longestTimerMs } from '../model/duration.ts'

/** Tells when nothing was heard for too long while something is awaited: one timer, however many requests are in flight. */
export class SilenceClock {
  readonly #timeoutMs: number
  readonly #isWaiting: () => boolean
  readonly #onSilence: () => void
  #lastSignAt = 0
  #timer: NodeJS.Timeout | undefined
  #stopped = false

  /** `timeoutMs` 0 waits for ever. */
  constructor(timeoutMs: number, isWaiting: () => boolean, onSilence: () => void) {
    this.#timeoutMs = timeoutMs
    this.#isWaiting = isWaiting
    this.#onSilence = onSilence
    this.#stopped = timeoutMs === 0
  }

  /** A sign of life, or the first request after nothing was awaited. */
  restart(): void {
    if (this.#stopped) return
    this.#lastSignAt = performance.now()
    if (this.#timer === undefined) this.#wait(this.#timeoutMs)
  }

  stop(): void {
    this.#stopped = true
    clearTimeout(this.#timer)
  }

  /** The timer is not moved by every sign: when it fires, it waits for what is left. */
  #wait(ms: number): void {
    // What came while the process was stopped or busy is read between the timer and the immediate, and is no silence.
    this.#timer = setTimeout(() => setImmediate(() => this.#look()), Math.min(Math.ceil(ms), longestTimerMs))
  }

  #look(): void {
    this.#timer = undefined
    if (this.#stopped || !this.#isWaiting()) return
    const leftMs = this.#lastSignAt + this.#timeoutMs - performance.now()
    if (leftMs > 0) this.#wait(leftMs)
    else this.#onSilence()
  }
}
