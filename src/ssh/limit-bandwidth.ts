import { Duplex } from 'node:stream'
import type { Channel } from './transport.ts'

/**
 * After a pause this much time's worth may go at once, so that a moment in which nothing could go does not slow a transfer down: on a busy
 * machine timers are late by as much. Over ten seconds it is 2.5 %.
 */
const burstMs = 250

/** Lets bytes through at a steady rate. */
class Pace {
  readonly #bytesPerMs: number
  #nextAt = performance.now()

  constructor(bytesPerSecond: number) {
    this.#bytesPerMs = bytesPerSecond / 1000
  }

  /** Resolves when so many bytes more may have gone. */
  async take(bytes: number): Promise<void> {
    const now = performance.now()
    this.#nextAt = Math.max(this.#nextAt, now - burstMs) + bytes / this.#bytesPerMs
    const waitMs = this.#nextAt - now
    if (waitMs >= 1) await new Promise((resolve) => setTimeout(resolve, waitMs))
  }
}

/** A stream whose bytes pass at no more than a rate, each direction by itself. */
class PacedStream extends Duplex {
  readonly #inner: Duplex
  readonly #outward: Pace
  readonly #inward: Pace
  #isPacing = false
  #hasEnded = false

  constructor(inner: Duplex, bytesPerSecond: number) {
    super()
    this.#inner = inner
    this.#outward = new Pace(bytesPerSecond)
    this.#inward = new Pace(bytesPerSecond)
    inner.on('data', (chunk: Buffer) => this.#onData(chunk))
    inner.on('end', () => this.#onEnd())
    inner.on('error', (error) => this.destroy(error))
    inner.on('close', () => this.#onEnd())
    inner.pause()
  }

  override _read(): void {
    if (!this.#isPacing) this.#inner.resume()
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    void this.#outward.take(chunk.length).then(() => this.#inner.write(chunk, done))
  }

  override _final(done: () => void): void {
    this.#inner.end(() => done())
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    this.#inner.destroy()
    done(error)
  }

  #onData(chunk: Buffer): void {
    this.#isPacing = true
    this.#inner.pause()
    void this.#inward.take(chunk.length).then(() => {
      this.#isPacing = false
      if (this.push(chunk)) this.#inner.resume()
      if (this.#hasEnded) this.push(null)
    })
  }

  #onEnd(): void {
    if (this.#hasEnded) return
    this.#hasEnded = true
    if (!this.#isPacing) this.push(null)
  }
}

/** The channel with its bytes, both ways, at no more than so many a second; the SSH around them is not counted. It stays the only one, and keeps chunks for a while. */
export function limitBandwidth({ stream, another, lend, ...channel }: Channel, bytesPerSecond: number): Channel {
  return { ...channel, stream: new PacedStream(stream, bytesPerSecond) }
}
