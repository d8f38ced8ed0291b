import { Socket, type SocketConstructorOpts, type TcpSocketConnectOpts } from 'node:net'
import type { Readable } from 'node:stream'
import { keepNothing, reusePackets } from './ssh2-internals.ts'

/** A large file comes in few reads, and few of its SSH packets are in two of them. */
const bufferBytes = 256 * 1024

/**
 * A socket that receives into one buffer, where Node's takes new memory for each read: of that V8 lets 32 MiB wait, and collecting it took
 * a fifth of a large download's time. A chunk is a copy until a channel has been lent what comes for it.
 */
export class ReceivingSocket extends Socket {
  readonly #buffer: Buffer
  readonly #borrowers = new Map<number, Readable>()
  /** Called when what is in the buffer has been parsed. */
  #onParsed: (() => void) | undefined

  constructor() {
    const buffer = Buffer.allocUnsafeSlow(bufferBytes)
    const options: SocketConstructorOpts & Pick<TcpSocketConnectOpts, 'onread'> = {
      onread: { buffer, callback: (length) => this.#receive(length) },
    }
    super(options)
    this.#buffer = buffer
  }

  /**
   * Lends a channel of this socket's client what comes for it: its reader looks at a chunk while the event lasts, and keeps none. Where
   * ssh2 is another one everything stays a copy.
   */
  lendTo(client: object, id: number, channel: Readable): void {
    if (this.#borrowers.size === 0 && this.#onParsed === undefined) {
      this.#onParsed = keepNothing(client, this.#buffer.buffer, (borrower) => this.#isTaken(borrower))
      reusePackets(client, () => this.writableLength === 0)
    }
    this.#borrowers.set(id, channel)
    for (const event of ['end', 'close'] as const) channel.once(event, () => this.#borrowers.delete(id))
  }

  #receive(length: number): boolean {
    const received = this.#buffer.subarray(0, length)
    if (this.#onParsed === undefined || !emitsAtOnce(this)) return this.push(Buffer.from(received))
    const goesOn = this.push(received)
    this.#onParsed()
    return goesOn
  }

  #isTaken(id: number): boolean {
    const channel = this.#borrowers.get(id)
    return channel !== undefined && emitsAtOnce(channel)
  }
}

/** Whether what is pushed is given to listeners right away: a stream that is paused, behind or not yet begun keeps it. */
const emitsAtOnce = ({ readableDidRead, readableFlowing, readableLength }: Readable): boolean =>
  readableDidRead && readableFlowing === true && readableLength === 0
