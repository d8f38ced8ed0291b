import type { Writable } from 'node:stream'
import { FieldWriter } from './fields.ts'

/** The most that goes to the channel at once: the data that one SSH packet carries (RFC 4253 §6.1). */
const chunkBytesMax = 32 * 1024
/**
 * A payload up to this length is copied when it is sent, to leave in one chunk with what is before and behind it; a longer one must stay as it is
 * until the channel has taken it, which may be after a server that lies has answered.
 */
export const joinedBytesMax = 16 * 1024
/** The smallest piece of a write that counts as a sign of life when the channel takes it. */
const pieceBytesMin = 1024

/** A long payload, or packets that leave together with the short payloads among them. */
interface Item {
  readonly bytes: Uint8Array
  readonly payloadBytes: number
  /** Where packets lie, to be used again once the channel has taken them; absent for a long payload, which leaves in pieces. */
  readonly memory?: Buffer
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
  /** What came last, and may still grow. */
  #gathered = new FieldWriter()
  #gatheredPayload = 0
  #spare: Buffer | undefined
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

  /** Sends what `write` writes, and then `payload`. Where it throws nothing is sent. */
  send(write: (packet: FieldWriter) => void, payload?: Uint8Array): void {
    const start = this.#gathered.length
    try {
      write(this.#gathered)
    } catch (error) {
      this.#gathered.cut(start)
      throw error
    }
    const isJoined = payload !== undefined && payload.length <= joinedBytesMax
    if (start > 0 && this.#gathered.length + (isJoined ? payload.length : 0) > chunkBytesMax) this.#close(start)
    if (isJoined) {
      this.#gathered.raw(payload)
      this.#gatheredPayload += payload.length
    } else if (payload !== undefined) {
      this.#close(this.#gathered.length)
      this.#queue.push({ bytes: payload, payloadBytes: payload.length })
    }
    if (this.#isBusy) return
    this.#isBusy = true
    // Runs after the promises that are settled in this turn have asked for more.
    process.nextTick(() => this.#pump())
  }

  /** Forgets what the channel was not given. */
  stop(): void {
    this.#queue = []
    this.#next = 0
    this.#gathered.cut(0)
  }

  /** The first `length` bytes of what was gathered grow no more. */
  #close(length: number): void {
    if (length === 0) return
    const memory = this.#gathered.take(length, this.#spare)
    this.#spare = undefined
    this.#queue.push({ bytes: memory.subarray(0, length), payloadBytes: this.#gatheredPayload, memory })
    this.#gatheredPayload = 0
  }

  #pump(): void {
    if (this.#next === this.#queue.length) this.#close(this.#gathered.length)
    const item = this.#queue[this.#next]
    this.#isBusy = item !== undefined
    if (item !== undefined) this.#handOver(item)
  }

  #handOver(item: Item): void {
    const { memory } = item
    const chunk = memory === undefined ? item.bytes.subarray(0, this.#pieceBytes) : item.bytes
    const payloadBytes = memory === undefined ? chunk.length : item.payloadBytes
    this.#forget(item, chunk.length)
    const startedAt = performance.now()
    this.#stream.write(chunk, (error) => {
      this.#spare = memory ?? this.#spare
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

  #forget(item: Item, length: number): void {
    if (length < item.bytes.length) {
      this.#queue[this.#next] = { ...item, bytes: item.bytes.subarray(length) }
      return
    }
    this.#next += 1
    if (this.#next < this.#queue.length && this.#next < 1024) return
    this.#queue.splice(0, this.#next)
    this.#next = 0
  }
}
