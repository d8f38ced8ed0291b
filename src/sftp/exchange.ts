import { FerryError } from '../errors/ferry-error.ts'
import { durationText } from '../model/duration.ts'
import type { Channel } from '../ssh/transport.ts'
import { PacketReader } from './packet-reader.ts'
import { PacketSender } from './packet-sender.ts'
import { type Answer, decodeAnswer, decodeVersion, initPacket, type Version } from './packets.ts'
import { SilenceClock } from './silence-clock.ts'

/** What a request is called in messages, `remove /inbox/a`, and the path it is about. */
export interface Subject {
  readonly title: string
  readonly path?: string
}

/** Makes a result of an answer, or throws: `protocol_error` ends the session, any other error is the request's own. */
export type Reading<T> = (answer: Answer, subject: Subject) => T

interface Pending {
  readonly subject: Subject
  readonly askedAt: number
  settle: (answer: Answer) => void
  reject: (error: FerryError) => void
}

export type ExchangeNote = (level: 2 | 4, text: string) => void

/** So many bytes of an answer or of a write are a sign of life. */
const signBytes = 1024
/** How long the channel may take to tell why its stream has ended. */
const lastWordsMs = 1000

/**
 * Matches answers to requests over a channel. Whatever ends it (the channel, silence, a broken protocol, `end`) rejects
 * every request in flight, and every later one, with an error of the same code.
 */
export class Exchange {
  readonly #channel: Channel
  readonly #sender: PacketSender
  readonly #reader: PacketReader
  readonly #clock: SilenceClock
  readonly #pending = new Map<number, Pending>()
  #version: { resolve: (version: Version) => void; reject: (error: FerryError) => void } | undefined
  #death: FerryError | undefined
  #lastId = 0
  #answered = false
  #creditedBytes = 0
  #acceptedBytes = 0
  #roundTripMs: number | undefined
  #lastWords: NodeJS.Timeout | undefined
  readonly #noting: () => ExchangeNote | undefined

  /** What `noting` gives is told of every request (2) and every packet (4), without what is in files; nothing where nobody listens. */
  constructor(channel: Channel, timeoutMs: number, noting: () => ExchangeNote | undefined = () => undefined) {
    this.#channel = channel
    this.#noting = noting
    this.#clock = new SilenceClock(
      timeoutMs,
      () => this.#isWaiting(),
      () => this.#die(new FerryError('timed_out', `timed out, no sign of life for ${durationText(timeoutMs)}`)),
    )
    this.#sender = new PacketSender(channel.stream, timeoutMs === 0 ? Infinity : timeoutMs / 16, {
      onAccepted: (bytes) => this.#onAccepted(bytes),
      onClosed: () => this.#onStreamEnd(),
    })
    this.#reader = new PacketReader((packet) => this.#onPacket(packet))
    channel.stream.on('data', (chunk: Buffer) => this.#onData(chunk))
    for (const event of ['end', 'close', 'error'] as const) channel.stream.on(event, () => this.#onStreamEnd())
    void channel.ended.then((reason) => this.#die(reason))
  }

  /** INIT and VERSION, once, before anything else. */
  start(): Promise<Version> {
    return new Promise((resolve, reject) => {
      if (this.#death !== undefined) return reject(about(start, this.#death))
      this.#version = { resolve, reject: (reason) => reject(about(start, reason)) }
      this.#clock.restart()
      if (!this.#channel.hasBegun) this.#sender.send(initPacket())
    })
  }

  /** One request; `encode` gives its packet for an id, `payload` follows it. */
  request<T>(subject: Subject, encode: (id: number) => Buffer, read: Reading<T>, payload?: Uint8Array): Promise<T> {
    return new Promise((resolve, reject) => {
      if (this.#death !== undefined) return reject(about(subject, this.#death))
      const id = this.#nextId()
      const packet = encoded(subject, () => encode(id))
      if (!this.#isWaiting()) this.#clock.restart()
      this.#noting()?.(2, `request ${id}: ${subject.title}`)
      this.#noting()?.(
        4,
        `sent packet type ${packet[4] ?? 0}, ${packet.length + (payload?.length ?? 0)} bytes, request ${id}`,
      )
      const askedAt = performance.now()
      this.#pending.set(id, { subject, askedAt, settle: (answer) => resolve(read(answer, subject)), reject })
      this.#sender.send(packet, payload)
    })
  }

  /** The shortest that an answer took, with nothing before it in the way: what the line and the server need at least. */
  get roundTripMs(): number | undefined {
    return this.#roundTripMs
  }

  get isDead(): boolean {
    return this.#death !== undefined
  }

  end(): void {
    this.#die(new FerryError('connection_lost', 'the session was closed'))
  }

  #isWaiting(): boolean {
    return this.#pending.size > 0 || this.#version !== undefined
  }

  #nextId(): number {
    do this.#lastId = (this.#lastId + 1) >>> 0
    while (this.#pending.has(this.#lastId))
    return this.#lastId
  }

  #onData(chunk: Buffer): void {
    if (this.#death !== undefined) return
    this.#answered = false
    try {
      this.#reader.push(chunk)
    } catch (error) {
      this.#die(asFerryError(error))
    }
    const partial = this.#reader.partialBytes
    if (this.#answered || partial - this.#creditedBytes >= signBytes) {
      this.#creditedBytes = partial
      this.#clock.restart()
    }
  }

  #onPacket(packet: Buffer): void {
    if (this.#death !== undefined) return
    if (this.#version !== undefined) {
      const { resolve } = this.#version
      const version = decodeVersion(packet)
      this.#version = undefined
      resolve(version)
    } else {
      const answer = decodeAnswer(packet)
      this.#noting()?.(4, `received packet type ${packet[0] ?? 0}, ${packet.length} bytes, request ${answer.id}`)
      this.#onAnswer(answer)
    }
    this.#answered = true
  }

  #onAnswer(answer: Answer): void {
    const request = this.#pending.get(answer.id)
    if (request === undefined) {
      throw new FerryError('protocol_error', `the server answered request ${answer.id}, which is not in flight`)
    }
    this.#roundTripMs = Math.min(this.#roundTripMs ?? Number.POSITIVE_INFINITY, performance.now() - request.askedAt)
    try {
      request.settle(answer)
    } catch (error) {
      const failure = asFerryError(error)
      // The request stays in flight, to be rejected with the others.
      if (failure.code === 'protocol_error') throw failure
      this.#noting()?.(2, `request ${answer.id}: ${failure.message}`)
      request.reject(failure)
    }
    this.#pending.delete(answer.id)
    // A Map leaves old tables behind, which V8's young collections may take for alive: nothing must lead from there to the answer.
    request.settle = request.reject = () => undefined
  }

  #onAccepted(bytes: number): void {
    this.#acceptedBytes += bytes
    if (this.#acceptedBytes < signBytes) return
    this.#acceptedBytes = 0
    this.#clock.restart()
  }

  /** The channel knows best why its stream ended; where it does not say, the end is reason enough. */
  #onStreamEnd(): void {
    if (this.#death !== undefined || this.#lastWords !== undefined) return
    const reason = new FerryError('connection_lost', 'the server closed the channel')
    this.#lastWords = setTimeout(() => this.#die(reason), lastWordsMs)
  }

  #die(reason: FerryError): void {
    if (this.#death !== undefined) return
    this.#death = reason
    clearTimeout(this.#lastWords)
    this.#clock.stop()
    this.#sender.stop()
    this.#version?.reject(reason)
    for (const { subject, reject } of this.#pending.values()) reject(about(subject, reason))
    this.#pending.clear()
    // A dead session hears nothing more; whoever disposes of it waits for the same close.
    void this.#channel.close()
  }
}

const start: Subject = { title: 'start SFTP' }

function encoded(subject: Subject, encode: () => Buffer): Buffer {
  try {
    return encode()
  } catch (error) {
    throw about(subject, asFerryError(error))
  }
}

/** An error told with what was asked for. */
export const about = ({ title, path }: Subject, { code, message, details }: FerryError): FerryError =>
  new FerryError(code, `${title}: ${message}`, { ...(path !== undefined && { path }), ...details })

const asFerryError = (error: unknown): FerryError =>
  error instanceof FerryError ? error : new FerryError('bug', `an unexpected error: ${error}`, { cause: error })
