import { type Duplex, duplexPair } from 'node:stream'
import { FerryError } from '../../src/errors/ferry-error.ts'
import { openSession } from '../../src/sftp/open-session.ts'
import type { SftpSession } from '../../src/sftp/session.ts'
import type { Channel } from '../../src/ssh/transport.ts'

/** A request as it was on the wire. */
export interface WireRequest {
  readonly type: number
  readonly id: number
  /** What follows the id. */
  readonly body: Buffer
}

/** The other end of a channel, on which a test says every byte itself. */
export class RawPeer {
  readonly channel: Channel
  closes = 0
  readonly #far: Duplex
  readonly #end: (reason: FerryError) => void
  readonly #requests: WireRequest[] = []
  readonly #wanted: ((request: WireRequest) => void)[] = []
  #bytes = Buffer.alloc(0)

  constructor() {
    const [near, far] = duplexPair()
    this.#far = far
    let end: (reason: FerryError) => void = () => undefined
    const ended = new Promise<FerryError>((resolve) => {
      end = resolve
    })
    this.#end = end
    far.on('data', (chunk: Buffer) => this.#take(chunk))
    this.channel = {
      stream: near,
      ended,
      peer: { transport: 'command', host: 'peer', port: 0, username: '' },
      close: async () => {
        this.closes += 1
        near.destroy()
      },
    }
  }

  /** The next request that the session sent. */
  next(): Promise<WireRequest> {
    const first = this.#requests.shift()
    return first === undefined ? new Promise((resolve) => this.#wanted.push(resolve)) : Promise.resolve(first)
  }

  send(...bytes: Buffer[]): void {
    this.#far.write(Buffer.concat(bytes))
  }

  /** As when the connection is gone and the transport knows why. */
  lose(reason: FerryError): void {
    this.#end(reason)
  }

  /** As when the server closes its side, and nobody says why. */
  finish(): void {
    this.#far.end()
  }

  #take(chunk: Buffer): void {
    this.#bytes = Buffer.concat([this.#bytes, chunk])
    while (this.#bytes.length >= 4 && this.#bytes.length >= 4 + this.#bytes.readUInt32BE()) {
      const packet = this.#bytes.subarray(4, 4 + this.#bytes.readUInt32BE())
      this.#bytes = this.#bytes.subarray(4 + packet.length)
      const request = { type: packet[0] ?? 0, id: packet.readUInt32BE(1), body: packet.subarray(5) }
      const wanted = this.#wanted.shift()
      if (wanted === undefined) this.#requests.push(request)
      else wanted(request)
    }
  }
}

export const lost = new FerryError('connection_lost', 'connection reset by peer')

export const u32 = (value: number): Buffer => {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32BE(value)
  return bytes
}
export const u64 = (value: bigint | number): Buffer => {
  const bytes = Buffer.alloc(8)
  bytes.writeBigUInt64BE(BigInt(value))
  return bytes
}
export const str = (value: string | Buffer): Buffer =>
  Buffer.concat([u32(Buffer.byteLength(value)), Buffer.from(value)])
export const packet = (type: number, ...fields: Buffer[]): Buffer => str(Buffer.concat([Buffer.of(type), ...fields]))

/** Answers, written from draft-ietf-secsh-filexfer-02 without ferry's own code. */
export const answer = {
  version: (version: number, extensions: Readonly<Record<string, string>> = {}) =>
    packet(2, u32(version), ...Object.entries(extensions).flatMap(([name, value]) => [str(name), str(value)])),
  status: (id: number, code: number, message?: string) =>
    packet(101, u32(id), u32(code), ...(message === undefined ? [] : [str(message), str('en')])),
  handle: (id: number, bytes: string | Buffer) => packet(102, u32(id), str(bytes)),
  data: (id: number, bytes: string | Buffer) => packet(103, u32(id), str(bytes)),
  names: (id: number, ...names: (string | Buffer)[]) =>
    packet(104, u32(id), u32(names.length), ...names.flatMap((name) => [str(name), str('long name'), u32(0)])),
  attributes: (id: number, ...fields: Buffer[]) => packet(105, u32(id), ...fields),
  extended: (id: number, ...fields: Buffer[]) => packet(201, u32(id), ...fields),
}

/** A session whose server announced these extensions, and its peer. */
export async function openRaw(
  options: { timeoutMs?: number; extensions?: Readonly<Record<string, string>> } = {},
): Promise<{ session: SftpSession; peer: RawPeer }> {
  const peer = new RawPeer()
  const session = openSession(peer.channel, { timeoutMs: options.timeoutMs ?? 0, signal: new AbortController().signal })
  await peer.next()
  peer.send(answer.version(3, options.extensions))
  return { session: await session, peer }
}
