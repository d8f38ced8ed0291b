import { setTimeout } from 'node:timers/promises'
import { codes, FerryError } from '../errors/ferry-error.ts'
import { elapsedText } from '../model/duration.ts'

const firstPauseMs = 1000
const longestPauseMs = 30_000

/** Each pause is twice as long as the one before, give or take a quarter, so that those who lost one server do not return as one. */
export const pauseMs = (retry: number, random: number): number =>
  Math.min(firstPauseMs * 2 ** (retry - 1) * (0.75 + random / 2), longestPauseMs)

/** How often, in all, a connection that cannot be had or was lost is tried again. */
export class Retries {
  readonly #most: number
  readonly #note: (text: string) => void
  #used = 0

  constructor(most: number, note: (text: string) => void) {
    this.#most = most
    this.#note = note
  }

  /** Gives what `open` gives; where it fails for a reason that may pass, it is called again after a pause. */
  async connect<T>(open: () => Promise<T>, signal: AbortSignal): Promise<T> {
    for (;;) {
      try {
        return await open()
      } catch (error) {
        signal.throwIfAborted()
        if (!mayPass(error) || this.#used >= this.#most) throw error
        await this.#pause(error.message, signal)
      }
    }
  }

  /** The same after a loss. What is not to be had any more is lost. */
  async reconnect<T>(lost: FerryError, open: () => Promise<T>, signal: AbortSignal): Promise<T> {
    try {
      if (this.#used >= this.#most) throw lost
      await this.#pause(codes[lost.code].title, signal)
      return await this.connect(open, signal)
    } catch (error) {
      signal.throwIfAborted()
      if (!mayPass(error)) throw error
      const why = error === lost ? '' : `: ${error.message}`
      const tries = this.#used === 1 ? '1 retry' : `${this.#used} retries`
      throw new FerryError('connection_lost', `given up after ${tries}${why}`, { cause: error })
    }
  }

  async #pause(reason: string, signal: AbortSignal): Promise<void> {
    this.#used += 1
    const ms = pauseMs(this.#used, Math.random())
    this.#note(`${reason}; trying again in ${elapsedText(ms)} (${this.#used} of ${this.#most})`)
    await setTimeout(ms, undefined, { signal }).catch(() => signal.throwIfAborted())
  }
}

/** No route, no answer, a line that was cut. A host key, a login, a name that nobody knows are no better in a second. */
const mayPass = (error: unknown): error is FerryError =>
  error instanceof FerryError &&
  (error.code === 'connection_lost' ||
    error.code === 'timed_out' ||
    (error.code === 'connect_failed' && error.details.lasting !== true))
