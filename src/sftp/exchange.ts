import { FerryError } from '../errors/ferry-error.ts'
import { durationText } from '../model/duration.ts'
import type { Channel } from '../ssh/transport.ts'
import { PacketReader } from './packet-reader.ts'
import { PacketSender } from './packet-sender.ts'
import { type Answer, decodeAnswer, decodeVersion, initPacket, type Version, writePacket } from './packets.ts'
import { type AnyPending, about, asFerryError, Pending, type Request, type Subject } from './request.ts'
import { isOpenssh } from './session.ts'
import { SilenceClock } from './silence-clock.ts'
import { Turns } from './turns.ts'

export type ExchangeNote = (level: 2 | 4, text: string) => void

export interface ExchangeOptions {
  /** Silence that ends the session; 0 waits for ever. */
  readonly timeoutMs: number
  /** Gives who is told of every request (2) and every packet (4), without what is in files; nothing where nobody listens. */
  readonly noting?: () => ExchangeNote | undefined
  /** One request after the other. */
  readonly serial?: boolean
  /** Called once, when the server's refusals are the reason for that. */
  readonly onSerial?: () => void
}

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
  readonly #turns: Turns<AnyPending>
  readonly #pending = new Map<number, AnyPending>()
  #version: { resolve: (version: Version) => void; reject: (error: FerryError) => void } | undefined
  #death: FerryError | undefined
  #isOpenssh = false
  #lastId = 0
  #answered = false
  #creditedBytes = 0
  #acceptedBytes = 0
  #roundTripMs: number | undefined
  #lastWords: NodeJS.Timeout | undefined
  readonly #noting: () => ExchangeNote | undefined

  constructor(channel: Channel, { timeoutMs, noting = () => undefined, serial = false, onSerial }: ExchangeOptions) {
    this.#turns = new Turns((pending) => this.#send(pending), serial, onSerial)
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
    this.#reader = new PacketReader((bytes, start, end) => this.#onPacket(bytes, start, end))
    channel.stream.on('data', (chunk: Buffer) => this.#onData(chunk))
    channel.lend?.()
    for (const event of ['end', 'close', 'error'] as const) channel.stream.on(event, () => this.#onStreamEnd())
    void channel.ended.then((reason) => this.#onLoss(reason))
  }

  /** INIT and VERSION, once, before anything else. */
  start(): Promise<Version> {
    return new Promise((resolve, reject) => {
      if (this.#death !== undefined) return reject(about(start, this.#death))
      this.#version = { resolve, reject: (reason) => reject(about(start, reason)) }
      this.#clock.restart()
      if (!this.#channel.hasBegun) this.#sender.send((packet) => packet.raw(initPacket()))
    })
  }

  request<T>(request: Request<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      if (this.#death !== undefined) reject(about(request.subject, this.#death))
      else this.#turns.enter(new Pending(request, resolve, reject))
    })
  }

  /** The shortest that an answer took, with nothing before it in the way: what the line and the server need at least. */
  get roundTripMs(): number | undefined {
    return this.#roundTripMs
  }

  /** Whether any request is in flight. */
  get isBusy(): boolean {
    return this.#pending.size > 0
  }

  get isDead(): boolean {
    return this.#death !== undefined
  }

  end(): void {
    this.#die(new FerryError('connection_lost', 'the session was closed'))
  }

  #send(pending: AnyPending): void {
    const { subject, type, fields, payload, bytesMax } = pending.request
    const isFirst = !this.#isWaiting()
    const id = this.#nextId()
    let packetBytes = 0
    try {
      this.#sender.send((packet) => {
        const start = packet.length
        writePacket(packet, type, id, fields, payload?.length)
        packetBytes = packet.length - start
        if (packetBytes - 4 > bytesMax) {
          throw new FerryError('usage', 'longer than a request to this server may be')
        }
      }, payload)
    } catch (error) {
      this.#turns.leave(pending)
      pending.reject(about(subject, asFerryError(error)))
      return
    }
    if (isFirst) this.#clock.restart()
    const note = this.#noting()
    if (note !== undefined) {
      note(2, `request ${id}: ${subject.title}`)
      note(4, `sent packet type ${type}, ${packetBytes + (payload?.length ?? 0)} bytes, request ${id}`)
    }
    pending.askedAt = performance.now()
    this.#pending.set(id, pending)
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

  #onPacket(bytes: Buffer, start: number, end: number): void {
    if (this.#death !== undefined) return
    if (this.#version !== undefined) {
      const { resolve } = this.#version
      const version = decodeVersion(bytes, start, end)
      this.#isOpenssh = isOpenssh(version)
      this.#version = undefined
      resolve(version)
    } else {
      const answer = decodeAnswer(bytes, start, end)
      this.#noting()?.(4, `received packet type ${bytes[start] ?? 0}, ${end - start} bytes, request ${answer.id}`)
      this.#onAnswer(answer)
    }
    this.#answered = true
  }

  #onAnswer(answer: Answer): void {
    const pending = this.#pending.get(answer.id)
    if (pending === undefined) {
      throw new FerryError('protocol_error', `the server answered request ${answer.id}, which is not in flight`)
    }
    this.#roundTripMs = Math.min(this.#roundTripMs ?? Number.POSITIVE_INFINITY, performance.now() - pending.askedAt)
    let failure: FerryError | undefined
    try {
      pending.settle(answer)
    } catch (error) {
      failure = asFerryError(error)
      // The request stays in flight, to be rejected with the others.
      if (failure.code === 'protocol_error') throw failure
      this.#noting()?.(2, `request ${answer.id}: ${failure.message}`)
    }
    this.#pending.delete(answer.id)
    const isRepeated = this.#turns.leave(pending, failure)
    if (failure !== undefined && !isRepeated) pending.reject(failure)
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
    this.#lastWords = setTimeout(() => this.#onLoss(reason), lastWordsMs)
  }

  /** Some servers hang up on the second of two requests, and do not say why. */
  #onLoss(reason: FerryError): void {
    const isUnexplained = reason.code === 'connection_lost' && reason.details.hint === undefined
    const isSuspect = isUnexplained && this.#turns.isTrial && !this.#isOpenssh
    this.#die(isSuspect ? reason.with({ hint: serialHint }) : reason)
  }

  #die(reason: FerryError): void {
    if (this.#death !== undefined) return
    this.#death = reason
    clearTimeout(this.#lastWords)
    this.#clock.stop()
    this.#sender.stop()
    this.#version?.reject(reason)
    const unanswered = [...this.#pending.values(), ...this.#turns.clear()]
    this.#pending.clear()
    for (const pending of unanswered) pending.reject(about(pending.request.subject, reason))
    // A dead session hears nothing more; whoever disposes of it waits for the same close.
    void this.#channel.close()
  }
}

const serialHint =
  'if this happens each time, the server may bear one request at a time only: set "requests: 1" in the connection'

const start: Subject = { title: 'start SFTP' }
