import type { Attributes } from '../model/attributes.ts'
import { type FieldReader, uint32, uint64 } from './fields.ts'

/** draft-ietf-secsh-filexfer-02 §5. */
const flag = { size: 1, owner: 2, permissions: 4, times: 8, extended: 0x8000_0000 } as const

type Mutable<T> = { -readonly [Key in keyof T]: T[Key] }

/** Unknown flags are ignored, as OpenSSH does; extended pairs are checked and skipped. */
export function readAttributes(fields: FieldReader): Attributes {
  const attributes: Mutable<Attributes> = {}
  const flags = fields.uint32()
  if (flags & flag.size) attributes.size = fields.size()
  if (flags & flag.owner) attributes.owner = { uid: fields.uint32(), gid: fields.uint32() }
  if (flags & flag.permissions) attributes.permissions = fields.uint32()
  if (flags & flag.times) attributes.times = { atime: fields.uint32(), mtime: fields.uint32() }
  if (flags & flag.extended) skipExtended(fields)
  return attributes
}

function skipExtended(fields: FieldReader): void {
  for (let left = fields.count(8); left > 0; left -= 1) {
    fields.string()
    fields.string()
  }
}

/** Times that 32 bits do not hold become the nearest that they do. */
export function attributeFields(attributes: Attributes): Buffer {
  const { size, owner, permissions, times } = attributes
  const parts: Buffer[] = []
  let flags = 0
  if (size !== undefined) {
    flags |= flag.size
    parts.push(uint64(size))
  }
  if (owner !== undefined) {
    flags |= flag.owner
    parts.push(uint32(owner.uid), uint32(owner.gid))
  }
  if (permissions !== undefined) {
    flags |= flag.permissions
    parts.push(uint32(permissions))
  }
  if (times !== undefined) {
    flags |= flag.times
    parts.push(uint32(seconds(times.atime)), uint32(seconds(times.mtime)))
  }
  return Buffer.concat([uint32(flags), ...parts])
}

const seconds = (time: number): number => Math.min(Math.max(Math.floor(time), 0), 0xffff_ffff)
