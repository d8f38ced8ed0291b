import { decodeName, encodeName } from '../../../src/model/name-bytes.ts'

/** Numbers of draft-ietf-secsh-filexfer-02 §3. */
export const packetType = {
  init: 1,
  version: 2,
  open: 3,
  close: 4,
  read: 5,
  write: 6,
  lstat: 7,
  fstat: 8,
  setstat: 9,
  fsetstat: 10,
  opendir: 11,
  readdir: 12,
  remove: 13,
  mkdir: 14,
  rmdir: 15,
  realpath: 16,
  stat: 17,
  rename: 18,
  readlink: 19,
  symlink: 20,
  status: 101,
  handle: 102,
  data: 103,
  name: 104,
  attributes: 105,
  extended: 200,
  extendedReply: 201,
} as const

/** Attributes as they are on the wire; `size` may be a bigint, so that a lie can be larger than a number. */
export interface WireAttributes {
  readonly size?: number | bigint
  readonly owner?: { readonly uid: number; readonly gid: number }
  readonly permissions?: number
  readonly times?: { readonly atime: number; readonly mtime: number }
  readonly extended?: readonly (readonly [type: string, data: string])[]
}

/** Draft §5: which fields follow. */
const present = { size: 1, owner: 2, permissions: 4, times: 8, extended: 0x80000000 } as const

/** A name as the client will see it: text is sent as `src/model/name-bytes.ts` makes bytes of it, other bytes as they are. */
export type WireName = string | Uint8Array

const nameBytes = (name: WireName): Uint8Array => (typeof name === 'string' ? encodeName(name) : name)

export function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32BE(value >>> 0)
  return bytes
}

export function uint64(value: number | bigint): Buffer {
  const bytes = Buffer.alloc(8)
  bytes.writeBigUInt64BE(BigInt.asUintN(64, BigInt(value)))
  return bytes
}

export function string(value: WireName): Buffer {
  const bytes = nameBytes(value)
  return Buffer.concat([uint32(bytes.length), bytes])
}

export function attributes(value: WireAttributes): Buffer {
  const { size, owner, permissions, times, extended } = value
  const fields: Buffer[] = []
  let flags = 0
  if (size !== undefined) {
    flags |= present.size
    fields.push(uint64(size))
  }
  if (owner !== undefined) {
    flags |= present.owner
    fields.push(uint32(owner.uid), uint32(owner.gid))
  }
  if (permissions !== undefined) {
    flags |= present.permissions
    fields.push(uint32(permissions))
  }
  if (times !== undefined) {
    flags |= present.times
    fields.push(uint32(times.atime), uint32(times.mtime))
  }
  if (extended !== undefined) {
    flags |= present.extended
    fields.push(uint32(extended.length), ...extended.flatMap(([type, data]) => [string(type), string(data)]))
  }
  return Buffer.concat([uint32(flags), ...fields])
}

/** `type` and what follows it, with the length before. */
export function frame(type: number, ...fields: readonly Uint8Array[]): Buffer {
  const length = fields.reduce((sum, field) => sum + field.length, 1)
  return Buffer.concat([uint32(length), Buffer.of(type), ...fields])
}

/** The client's packet ends before its fields do, or a field is not what the draft has. */
export class BadPacket extends Error {}

/** Takes the fields of one packet in order. */
export class Fields {
  readonly #bytes: Buffer
  #at = 0

  constructor(bytes: Buffer) {
    this.#bytes = bytes
  }

  uint8(): number {
    return this.#take(1).readUInt8()
  }

  uint32(): number {
    return this.#take(4).readUInt32BE()
  }

  uint64(): number {
    return Number(this.#take(8).readBigUInt64BE())
  }

  bytes(): Buffer {
    return this.#take(this.uint32())
  }

  text(): string {
    return decodeName(this.bytes())
  }

  isEmpty(): boolean {
    return this.#at === this.#bytes.length
  }

  attributes(): WireAttributes {
    const flags = this.uint32()
    const has = (bit: number): boolean => (flags & bit) !== 0
    return {
      ...(has(present.size) && { size: this.uint64() }),
      ...(has(present.owner) && { owner: { uid: this.uint32(), gid: this.uint32() } }),
      ...(has(present.permissions) && { permissions: this.uint32() }),
      ...(has(present.times) && { times: { atime: this.uint32(), mtime: this.uint32() } }),
      ...(has(present.extended) && { extended: this.#pairs() }),
    }
  }

  #pairs(): [string, string][] {
    const count = this.uint32()
    const pairs: [string, string][] = []
    while (pairs.length < count) pairs.push([this.text(), this.text()])
    return pairs
  }

  #take(length: number): Buffer {
    const end = this.#at + length
    if (end > this.#bytes.length) throw new BadPacket('a field is longer than its packet')
    const taken = this.#bytes.subarray(this.#at, end)
    this.#at = end
    return taken
  }
}
