import { setMaxListeners } from 'node:events'
import { FerryError } from '../errors/ferry-error.ts'
import { durationText, longestTimerMs } from '../model/duration.ts'

/**
 * The time that connecting and logging in may take, in all. The clock stands still while a person or another program is waited for,
 * which is no silence of the server.
 */
export class Deadline implements Disposable {
  /** Aborted when the time is over, or the outer signal is. */
  readonly signal: AbortSignal
  /** What is under way: `could not connect to 192.0.2.10:22: no answer`. */
  doing = ''
  readonly #controller = new AbortController()
  readonly #outer: AbortSignal
  readonly #totalMs: number
  #capMs = 0
  #capSinceMs = 0
  #spentMs = 0
  #runningSince: number | undefined
  #pauses = 0
  #timer: NodeJS.Timeout | undefined
  readonly #onOuterAbort = (): void => this.#controller.abort(this.#outer.reason)

  /** 0 sets no bound. */
  constructor(totalMs: number, outer: AbortSignal) {
    this.#totalMs = totalMs
    this.#outer = outer
    this.signal = this.#controller.signal
    // Many connections may share one signal; each removes its listener, so Node's guess at a leak would be wrong.
    setMaxListeners(0, outer)
    if (outer.aborted) this.#onOuterAbort()
    else outer.addEventListener('abort', this.#onOuterAbort)
    this.#run()
  }

  /** A narrower bound from now on, until the next one; 0 takes it away. */
  cap(ms: number): void {
    this.#stop()
    this.#capMs = ms
    this.#capSinceMs = this.#spentMs
    this.#run()
  }

  /** Waits for somebody else than the server. */
  async paused<T>(work: () => Promise<T>): Promise<T> {
    this.#pauses += 1
    this.#stop()
    try {
      return await work()
    } finally {
      this.#pauses -= 1
      this.#run()
    }
  }

  [Symbol.dispose](): void {
    this.#pauses += 1
    this.#stop()
    this.#outer.removeEventListener('abort', this.#onOuterAbort)
  }

  #stop(): void {
    clearTimeout(this.#timer)
    if (this.#runningSince === undefined) return
    this.#spentMs += performance.now() - this.#runningSince
    this.#runningSince = undefined
  }

  #run(): void {
    if (this.#pauses > 0 || this.#runningSince !== undefined) return
    this.#runningSince = performance.now()
    const bounds = [
      { ms: this.#totalMs, since: 0 },
      { ms: this.#capMs, since: this.#capSinceMs },
    ].filter(({ ms }) => ms > 0)
    const [first] = bounds.sort((one, other) => one.since + one.ms - (other.since + other.ms))
    if (first === undefined) return
    this.#timer = setTimeout(
      () => this.#controller.abort(new FerryError('timed_out', `${this.doing} within ${durationText(first.ms)}`)),
      Math.min(Math.max(first.since + first.ms - this.#spentMs, 0), longestTimerMs),
    )
  }
}
