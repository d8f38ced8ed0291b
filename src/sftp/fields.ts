import { FerryError } from '../errors/ferry-error.ts'
import { decodeName, writeName } from '../model/name-bytes.ts'

/** Reads the fields of a packet in turn (draft-ietf-secsh-filexfer-02 §3); every length is checked against the bytes that are there. */
export class FieldReader {
  readonly #packet: Buffer
  readonly #end: number
  #at: number

  /** Of the packet that `packet` holds from `at` to `end`. */
  constructor(packet: Buffer, at = 0, end = packet.length) {
    this.#packet = packet
    this.#at = at
    this.#end = end
  }

  get left(): number {
    return this.#end - this.#at
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
    return this.#packet.subarray(this.#take(this.left), this.#end)
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

const begunBytes = 128

/** Puts fields one behind the other (draft-ietf-secsh-filexfer-02 §3) into memory that grows with them. */
export class FieldWriter {
  #bytes: Buffer = Buffer.allocUnsafeSlow(begunBytes)
  #length = 0

  get length(): number {
    return this.#length
  }

  uint8(value: number): void {
    const at = this.#grow(1)
    this.#bytes[at] = value
  }

  uint32(value: number): void {
    if (!Number.isInteger(value) || value < 0 || value > 0xffff_ffff) {
      throw new FerryError('usage', `${value} is not a number of 32 bits`)
    }
    this.#setUint32(this.#grow(4), value)
  }

  uint64(value: number): void {
    if (!Number.isSafeInteger(value) || value < 0) throw new FerryError('usage', `${value} is not a size or an offset`)
    const at = this.#grow(8)
    this.#setUint32(at, Math.floor(value / 0x1_0000_0000))
    this.#setUint32(at + 4, value % 0x1_0000_0000)
  }

  string(bytes: Uint8Array): void {
    this.uint32(bytes.length)
    this.raw(bytes)
  }

  /** A path or a name. No server can take a NUL byte, and OpenSSH's ends the session over one. */
  text(name: string): void {
    if (name.includes('\0')) throw new FerryError('usage', 'the name contains a NUL byte')
    const start = this.#grow(4 + 3 * name.length)
    const length = writeName(name, this.#bytes, start + 4)
    this.#setUint32(start, length)
    this.#length = start + 4 + length
  }

  raw(bytes: Uint8Array): void {
    const at = this.#grow(bytes.length)
    this.#bytes.set(bytes, at)
  }

  /** Room for a number that is known later. */
  reserve(): number {
    return this.#grow(4)
  }

  fill(at: number, value: number): void {
    this.#setUint32(at, value)
  }

  /** Forgets what came after the first `length` bytes. */
  cut(length: number): void {
    this.#length = length
  }

  /** All that is there. */
  view(): Buffer {
    return this.#bytes.subarray(0, this.#length)
  }

  /** The memory whose first `length` bytes are here, which is the caller's now; what is behind them goes on in `next`. */
  take(length: number, next: Buffer = Buffer.allocUnsafeSlow(this.#bytes.length)): Buffer {
    const taken = this.#bytes
    const rest = taken.subarray(length, this.#length)
    this.#bytes = next
    this.#length = 0
    this.raw(rest)
    return taken
  }

  #setUint32(at: number, value: number): void {
    const bytes = this.#bytes
    bytes[at] = value >>> 24
    bytes[at + 1] = value >>> 16
    bytes[at + 2] = value >>> 8
    bytes[at + 3] = value
  }

  /** Makes room for so many bytes, and gives where they begin. */
  #grow(count: number): number {
    const start = this.#length
    this.#length = start + count
    if (this.#length > this.#bytes.length) {
      const larger = Buffer.allocUnsafeSlow(Math.max(2 * this.#bytes.length, this.#length))
      this.#bytes.copy(larger, 0, 0, start)
      this.#bytes = larger
    }
    return start
  }
}
