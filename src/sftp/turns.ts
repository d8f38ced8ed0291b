import { FerryError } from '../errors/ferry-error.ts'

/** After so many requests in a row that failed alone as well the server is believed. */
const mostDoubts = 8

/**
 * When requests are sent: at once, or one after the other where the server refuses several at a time. That shows when one that failed
 * while others were in flight succeeds alone, or is answered with a reason; one that fails alone as well has failed.
 */
export class Turns {
  readonly #waiting: (() => void)[] = []
  readonly #wantingAlone: (() => void)[] = []
  readonly #onSerial: () => void
  #isSerial: boolean
  #isAlone = false
  #inFlight = 0
  #doubts = 0

  /** `onSerial` is called once, when the server's refusals are the reason for sending requests one by one. */
  constructor(isSerial: boolean, onSerial: () => void) {
    this.#isSerial = isSerial
    this.#onSerial = onSerial
  }

  /** Sends the request when its turn comes, and once more alone, if it may be repeated and others can have been in its way. */
  async take<T>(request: () => Promise<T>, mayRepeat: boolean): Promise<T> {
    if (this.#mustWait || this.#waiting.length > 0) await new Promise<void>((resolve) => this.#waiting.push(resolve))
    else this.#inFlight += 1
    const before = this.#inFlight
    try {
      return await request()
    } catch (error) {
      const hadOthers = Math.max(before, this.#inFlight) > 1
      if (!mayRepeat || !hadOthers || !isFailure(error) || this.#doubts >= mostDoubts) throw error
    } finally {
      this.#leave()
    }
    return this.#repeat(request)
  }

  get #mustWait(): boolean {
    return this.#isAlone || this.#wantingAlone.length > 0 || (this.#isSerial && this.#inFlight > 0)
  }

  async #repeat<T>(request: () => Promise<T>): Promise<T> {
    await new Promise<void>((resolve) => {
      this.#wantingAlone.push(resolve)
      this.#admit()
    })
    try {
      const result = await request()
      this.#serveSerially()
      return result
    } catch (error) {
      if (isFailure(error)) this.#doubts += 1
      else if (isAnswer(error)) this.#serveSerially()
      throw error
    } finally {
      this.#isAlone = false
      this.#leave()
    }
  }

  #serveSerially(): void {
    this.#doubts = 0
    if (!this.#isSerial) this.#onSerial()
    this.#isSerial = true
  }

  #leave(): void {
    this.#inFlight -= 1
    this.#admit()
  }

  /** Whoever is let in counts from then on. */
  #admit(): void {
    if (this.#inFlight === 0 && this.#wantingAlone.length > 0) {
      this.#isAlone = true
      this.#inFlight = 1
      this.#wantingAlone.shift()?.()
    }
    while (this.#waiting.length > 0 && !this.#mustWait) {
      this.#inFlight += 1
      this.#waiting.shift()?.()
    }
  }
}

/** What a server says that cannot, or does not say why. */
const isFailure = (error: unknown): boolean => error instanceof FerryError && error.code === 'operation_failed'

/** Whether the server answered at all. */
const isAnswer = (error: unknown): boolean =>
  error instanceof FerryError && !['connection_lost', 'timed_out', 'protocol_error', 'bug'].includes(error.code)
