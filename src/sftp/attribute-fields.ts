import type { Attributes } from '../model/attributes.ts'
import type { FieldReader, FieldWriter } from './fields.ts'

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
export function writeAttributes(to: FieldWriter, { size, owner, permissions, times }: Attributes): void {
  const flags =
    (size === undefined ? 0 : flag.size) |
    (owner === undefined ? 0 : flag.owner) |
    (permissions === undefined ? 0 : flag.permissions) |
    (times === undefined ? 0 : flag.times)
  to.uint32(flags)
  if (size !== undefined) to.uint64(size)
  if (owner !== undefined) {
    to.uint32(owner.uid)
    to.uint32(owner.gid)
  }
  if (permissions !== undefined) to.uint32(permissions)
  if (times !== undefined) {
    to.uint32(seconds(times.atime))
    to.uint32(seconds(times.mtime))
  }
}

const seconds = (time: number): number => Math.min(Math.max(Math.floor(time), 0), 0xffff_ffff)
