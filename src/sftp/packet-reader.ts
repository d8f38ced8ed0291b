import { FerryError } from '../errors/ferry-error.ts'
import { decodeName } from '../model/name-bytes.ts'
import { excerpt } from '../model/visible.ts'
import { packetBuffer, smallestLent } from './packet-buffers.ts'

/** 256 KiB is the most that OpenSSH sends or takes (SFTP_MAX_MSG_LENGTH); some servers count without the head. */
const packetLengthMax = 256 * 1024 + 1024

/** A type, and an id or a version. */
const packetLengthMin = 5

/** Is given a packet without its length: the bytes from `start` to `end`. */
export type OnPacket = (bytes: Buffer, start: number, end: number) => void

/**
 * Cuts a stream of bytes into packets. A small one that came within one chunk lies there still, for as long as it is looked at; any other is
 * put together once, in a buffer of its own, which may be given back.
 */
export class PacketReader {
  readonly #onPacket: OnPacket
  readonly #head = Buffer.alloc(4)
  #headBytes = 0
  #packet: Buffer | undefined
  #packetBytes = 0

  constructor(onPacket: OnPacket) {
    this.#onPacket = onPacket
  }

  /** How much is here of the packet that is not complete. */
  get partialBytes(): number {
    return this.#headBytes + (this.#packet === undefined ? 0 : 4 + this.#packetBytes)
  }

  push(chunk: Buffer): void {
    let at = 0
    while (at < chunk.length) {
      at = this.#packet === undefined ? this.#begin(chunk, at) : this.#fill(this.#packet, chunk, at)
    }
  }

  #begin(chunk: Buffer, start: number): number {
    if (this.#headBytes === 0 && chunk.length - start >= 4)
      return this.#cut(chunk, start + 4, chunk.readUInt32BE(start))
    const at = start + chunk.copy(this.#head, this.#headBytes, start)
    this.#headBytes += at - start
    if (this.#headBytes < 4) return at
    this.#headBytes = 0
    return this.#cut(chunk, at, this.#head.readUInt32BE())
  }

  /** The packet whose length came right before `at`. */
  #cut(chunk: Buffer, at: number, length: number): number {
    if (length < packetLengthMin || length > packetLengthMax) throw badLength(length, chunk.subarray(at))
    if (chunk.length - at >= length && length < smallestLent) {
      this.#onPacket(chunk, at, at + length)
      return at + length
    }
    this.#packet = packetBuffer(length)
    this.#packetBytes = 0
    return at
  }

  #fill(packet: Buffer, chunk: Buffer, start: number): number {
    const at = start + chunk.copy(packet, this.#packetBytes, start)
    this.#packetBytes += at - start
    if (this.#packetBytes === packet.length) {
      this.#packet = undefined
      this.#onPacket(packet, 0, packet.length)
    }
    return at
  }
}

function badLength(length: number, after: Buffer): FerryError {
  const head = Buffer.alloc(4)
  head.writeUInt32BE(length)
  if (!isText(head)) return new FerryError('protocol_error', `the server sent a packet of ${length} bytes`)
  const [words = ''] = decodeName(Buffer.concat([head, after.subarray(0, 1024)])).split('\0')
  return new FerryError('protocol_error', `the server sent text instead of SFTP: "${excerpt(words)}"`, {
    hint: 'the start-up files of the login shell (.bashrc, .profile) may print nothing when there is no terminal',
  })
}

/**
 * Whether a head may be the start of UTF-8 text, or a short text with a packet behind it: no control bytes but blanks and escape,
 * none that UTF-8 never has.
 */
const isText = (head: Buffer): boolean => /^[\t\n\r\x1b\x20-\x7e\x80-\xf4]{2,4}\0*$/.test(head.toString('latin1'))
