import type { Writable } from 'node:stream'

/** The most that goes to the channel at once: the data that one SSH packet carries (RFC 4253 §6.1). */
const chunkBytesMax = 32 * 1024
/** Bytes up to this length are copied, to leave in one chunk with what is before and behind them. */
const joinedBytesMax = 8 * 1024
/** The smallest piece of a write that counts as a sign of life when the channel takes it. */
const pieceBytesMin = 1024

interface Item {
  readonly bytes: Uint8Array
  readonly isPayload: boolean
}

export interface PacketSenderEvents {
  /** The channel has taken so many bytes of payload. */
  readonly onAccepted: (payloadBytes: number) => void
  /** The channel takes nothing more. */
  readonly onClosed: () => void
}

/**
 * Hands packets to the channel: what is sent within one turn leaves together, and nothing more is handed over until the channel
 * has taken what it was given. A long payload leaves in pieces, smaller ones while the channel is slow, so that its progress shows.
 */
export class PacketSender {
  readonly #stream: Writable
  readonly #slowMs: number
  readonly #events: PacketSenderEvents
  #queue: Item[] = []
  /** Where in the queue the next item is: shifting a long array for each would be slow. */
  #next = 0
  #isBusy = false
  #pieceBytes = pieceBytesMin

  /** A channel that needs more than `slowMs` for one chunk is slow. */
  constructor(stream: Writable, slowMs: number, events: PacketSenderEvents) {
    this.#stream = stream
    this.#slowMs = slowMs
    this.#events = events
  }

  send(packet: Uint8Array, payload?: Uint8Array): void {
    this.#queue.push({ bytes: packet, isPayload: false })
    if (payload !== undefined) this.#queue.push({ bytes: payload, isPayload: true })
    if (this.#isBusy) return
    this.#isBusy = true
    // Runs after the promises that are settled in this turn have asked for more.
    process.nextTick(() => this.#pump())
  }

  /** Forgets what the channel was not given. */
  stop(): void {
    this.#queue = []
    this.#next = 0
  }

  #pump(): void {
    this.#isBusy = this.#next < this.#queue.length
    if (this.#isBusy) this.#handOver()
  }

  #handOver(): void {
    const { chunk, payloadBytes } = this.#takeChunk()
    const startedAt = performance.now()
    this.#stream.write(chunk, (error) => {
      if (error) {
        this.#events.onClosed()
        return
      }
      const isSlow = performance.now() - startedAt > this.#slowMs
      this.#pieceBytes = isSlow ? pieceBytesMin : Math.min(2 * this.#pieceBytes, chunkBytesMax)
      if (payloadBytes > 0) this.#events.onAccepted(payloadBytes)
      this.#pump()
    })
  }

  /** A piece of a long payload, or as many items as make one chunk. */
  #takeChunk(): { chunk: Uint8Array; payloadBytes: number } {
    const parts: Uint8Array[] = []
    let length = 0
    let payloadBytes = 0
    for (let item = this.#queue[this.#next]; item !== undefined; item = this.#queue[this.#next]) {
      const part = item.isPayload ? item.bytes.subarray(0, this.#pieceBytes) : item.bytes
      const rest = item.bytes.subarray(part.length)
      const isAlone = rest.length > 0 || part.length > joinedBytesMax
      if (parts.length > 0 && (isAlone || length + part.length > chunkBytesMax)) break
      parts.push(part)
      length += part.length
      if (item.isPayload) payloadBytes += part.length
      if (rest.length > 0) this.#queue[this.#next] = { bytes: rest, isPayload: true }
      else this.#next += 1
      if (isAlone) break
    }
    this.#forgetTaken()
    const [first = Buffer.alloc(0)] = parts
    return { chunk: parts.length > 1 ? Buffer.concat(parts, length) : first, payloadBytes }
  }

  #forgetTaken(): void {
    if (this.#next < this.#queue.length && this.#next < 1024) return
    this.#queue.splice(0, this.#next)
    this.#next = 0
  }
}
