import { orAbort } from '../model/or-abort.ts'

/** Lets so many at a time do something; the others wait their turn. */
export class Slots {
  #free: number
  readonly #waiting: (() => void)[] = []

  constructor(count: number) {
    this.#free = count
  }

  /** A place, given back when it is disposed of. */
  async take(signal: AbortSignal): Promise<Disposable> {
    signal.throwIfAborted()
    if (this.#free > 0) this.#free -= 1
    else await this.#turn(signal)
    return { [Symbol.dispose]: () => this.#release() }
  }

  async #turn(signal: AbortSignal): Promise<void> {
    const { promise, resolve } = turn()
    this.#waiting.push(resolve)
    try {
      await orAbort(promise, signal)
    } catch (error) {
      const at = this.#waiting.indexOf(resolve)
      // A turn that came too late is somebody else's.
      if (at < 0) this.#release()
      else this.#waiting.splice(at, 1)
      throw error
    }
  }

  #release(): void {
    const next = this.#waiting.shift()
    if (next === undefined) this.#free += 1
    else next()
  }
}

function turn(): { readonly promise: Promise<void>; readonly resolve: () => void } {
  let resolve: () => void = () => undefined
  const promise = new Promise<void>((settle) => {
    resolve = settle
  })
  return { promise, resolve }
}
