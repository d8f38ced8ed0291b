import type { Duplex } from 'node:stream'
import type { SshSettings } from './settings.ts'

/**
 * Asks for new keys after so many bytes or so much time (RekeyLimit). Until then, and where nothing is set, it is left to the
 * server, which knows when its cipher has done enough.
 */
export class Rekeying implements Disposable {
  readonly #exchangeKeys: () => void
  readonly #limitBytes: number
  readonly #timer: NodeJS.Timeout | undefined
  #bytes = 0
  #isOver = false

  constructor({ bytes, ms }: SshSettings['rekeyLimit'], socket: Duplex, exchangeKeys: () => void) {
    this.#limitBytes = bytes
    this.#exchangeKeys = exchangeKeys
    if (ms > 0) this.#timer = setInterval(() => this.#exchange(), ms).unref()
    if (bytes > 0) this.#count(socket)
  }

  [Symbol.dispose](): void {
    this.#isOver = true
    clearInterval(this.#timer)
  }

  #count(socket: Duplex): void {
    const write = socket.write.bind(socket)
    socket.on('data', (chunk: Buffer) => this.#add(chunk.length))
    socket.write = (chunk: string | Uint8Array, ...more: never[]): boolean => {
      const result = write(chunk, ...more)
      this.#add(chunk.length)
      return result
    }
  }

  #add(bytes: number): void {
    const isFull = this.#bytes < this.#limitBytes && this.#bytes + bytes >= this.#limitBytes
    this.#bytes += bytes
    // Not from within the packet that is being written.
    if (isFull) setImmediate(() => this.#exchange())
  }

  #exchange(): void {
    if (this.#isOver) return
    this.#bytes = 0
    this.#timer?.refresh()
    this.#exchangeKeys()
  }
}
