import { FerryError } from '../errors/ferry-error.ts'
import { decodeName, encodeName } from '../model/name-bytes.ts'

/** Reads the fields of a packet in turn (draft-ietf-secsh-filexfer-02 §3); every length is checked against the bytes that are there. */
export class FieldReader {
  readonly #packet: Buffer
  #at: number

  constructor(packet: Buffer, at = 0) {
    this.#packet = packet
    this.#at = at
  }

  get left(): number {
    return this.#packet.length - this.#at
  }

  uint32(): number {
    return this.#packet.readUInt32BE(this.#take(4))
  }

  uint64(): bigint {
    return this.#packet.readBigUInt64BE(this.#take(8))
  }

  /** A 64-bit size as a number; one that a number cannot hold exactly is refused. */
  size(): number {
    const at = this.#take(8)
    const high = this.#packet.readUInt32BE(at)
    if (high > 0x1f_ffff) throw new FerryError('protocol_error', 'the server sent an impossible file size')
    return high * 0x1_0000_0000 + this.#packet.readUInt32BE(at + 4)
  }

  /** A view of the packet's bytes, not a copy. */
  string(): Buffer {
    const length = this.uint32()
    const at = this.#take(length)
    return this.#packet.subarray(at, at + length)
  }

  skipString(): void {
    this.#take(this.uint32())
  }

  text(): string {
    const length = this.uint32()
    const at = this.#take(length)
    const text = this.#packet.toString('utf8', at, at + length)
    // What is not UTF-8 is told by this letter, and so is the letter itself.
    return text.includes('\ufffd') ? decodeName(this.#packet.subarray(at, at + length)) : text
  }

  /** All that is left. */
  rest(): Buffer {
    return this.#packet.subarray(this.#take(this.left))
  }

  /** A number of things to come, of which each takes at least `sizeBytes`. */
  count(sizeBytes: number): number {
    const count = this.uint32()
    if (count * sizeBytes > this.left) throw truncated()
    return count
  }

  #take(length: number): number {
    if (length > this.left) throw truncated()
    const at = this.#at
    this.#at += length
    return at
  }
}

const truncated = (): FerryError => new FerryError('protocol_error', 'the server sent a truncated packet')

export function uint32(value: number): Buffer {
  if (!Number.isInteger(value) || value < 0 || value > 0xffff_ffff) {
    throw new FerryError('usage', `${value} is not a number of 32 bits`)
  }
  const bytes = Buffer.allocUnsafe(4)
  bytes.writeUInt32BE(value)
  return bytes
}

export function uint64(value: number): Buffer {
  const bytes = Buffer.allocUnsafe(8)
  writeUint64(bytes, value, 0)
  return bytes
}

export function writeUint64(bytes: Buffer, value: number, at: number): void {
  if (!Number.isSafeInteger(value) || value < 0) throw new FerryError('usage', `${value} is not a size or an offset`)
  bytes.writeUInt32BE(Math.floor(value / 0x1_0000_0000), at)
  bytes.writeUInt32BE(value % 0x1_0000_0000, at + 4)
}

export function string(bytes: Uint8Array): Buffer {
  return Buffer.concat([uint32(bytes.length), bytes])
}

/** A path or a name. No server can take a NUL byte, and OpenSSH's ends the session over one. */
export function text(name: string): Buffer {
  if (name.includes('\0')) throw new FerryError('usage', 'the name contains a NUL byte')
  return string(encodeName(name))
}
