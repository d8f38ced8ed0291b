import { EventEmitter, once } from 'node:events'
import type { Readable, Writable } from 'node:stream'
import { PacketSplitter } from './packet-splitter.ts'
import {
  attributes,
  Fields,
  frame,
  packetType,
  string,
  uint32,
  uint64,
  type WireAttributes,
  type WireName,
} from './wire.ts'

/** An answer as it is on the wire, with the fields that its type has. */
export interface RawAnswer {
  readonly type: keyof typeof packetType | 'unknown'
  readonly id: number
  readonly code?: number
  readonly message?: string
  readonly handle?: Buffer
  readonly data?: Buffer
  readonly names?: readonly { readonly name: string; readonly longname: string; readonly attributes: WireAttributes }[]
  readonly attributes?: WireAttributes
  readonly payload?: Buffer
}

/** A client that says whatever a test wants, and reads what comes back without judging it. */
export class RawClient {
  readonly #output: Writable
  readonly #events = new EventEmitter()
  readonly #packets: Buffer[] = []
  readonly #splitter = new PacketSplitter(2 ** 31)
  #isOver = false
  #id = 0

  constructor(input: Readable, output: Writable) {
    this.#output = output
    input.on('data', (chunk: Buffer) => {
      this.#packets.push(...this.#splitter.push(chunk))
      this.#events.emit('news')
    })
    const end = (): void => {
      this.#isOver = true
      this.#events.emit('news')
    }
    input.once('end', end).once('close', end)
  }

  /** Sends INIT, and gives what the server announces. */
  async start(): Promise<{ version: number; extensions: Record<string, string> }> {
    this.#output.write(frame(packetType.init, uint32(3)))
    const packet = await this.packet()
    const fields = new Fields(packet.subarray(1))
    const version = fields.uint32()
    const pairs: [string, string][] = []
    while (!fields.isEmpty()) pairs.push([fields.text(), fields.text()])
    return { version, extensions: Object.fromEntries(pairs) }
  }

  /** Sends a request of any type, and gives its id. */
  send(type: number, ...fields: readonly Uint8Array[]): number {
    this.#id += 1
    this.#output.write(frame(type, uint32(this.#id), ...fields))
    return this.#id
  }

  async ask(type: number, ...fields: readonly Uint8Array[]): Promise<RawAnswer> {
    this.send(type, ...fields)
    return this.answer()
  }

  extended(name: string, ...fields: readonly Uint8Array[]): Promise<RawAnswer> {
    return this.ask(packetType.extended, string(name), ...fields)
  }

  open(path: WireName, flags: number, changes: WireAttributes = {}): Promise<RawAnswer> {
    return this.ask(packetType.open, string(path), uint32(flags), attributes(changes))
  }

  read(handle: Uint8Array, offset: number, length: number): Promise<RawAnswer> {
    return this.ask(packetType.read, string(handle), uint64(offset), uint32(length))
  }

  write(handle: Uint8Array, offset: number, data: string): Promise<RawAnswer> {
    return this.ask(packetType.write, string(handle), uint64(offset), string(data))
  }

  /** The next packet, without its length; rejects when the stream ends before. */
  async packet(): Promise<Buffer> {
    for (;;) {
      const packet = this.#packets.shift()
      if (packet !== undefined) return packet
      if (this.#isOver) throw new Error('the stream ended')
      await once(this.#events, 'news')
    }
  }

  async answer(): Promise<RawAnswer> {
    return readAnswer(await this.packet())
  }
}

function readAnswer(packet: Buffer): RawAnswer {
  const fields = new Fields(packet)
  const number = fields.uint8()
  const id = fields.uint32()
  switch (number) {
    case packetType.status:
      return { type: 'status', id, code: fields.uint32(), ...(!fields.isEmpty() && { message: fields.text() }) }
    case packetType.handle:
      return { type: 'handle', id, handle: fields.bytes() }
    case packetType.data:
      return { type: 'data', id, data: fields.bytes() }
    case packetType.attributes:
      return { type: 'attributes', id, attributes: fields.attributes() }
    case packetType.extendedReply:
      return { type: 'extendedReply', id, payload: packet.subarray(5) }
    case packetType.name: {
      const names = Array.from({ length: fields.uint32() }, () => ({
        name: fields.text(),
        longname: fields.text(),
        attributes: fields.attributes(),
      }))
      return { type: 'name', id, names }
    }
    default:
      return { type: 'unknown', id }
  }
}
