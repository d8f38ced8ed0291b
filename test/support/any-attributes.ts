import fc from 'fast-check'
import type { Attributes } from '../../src/model/attributes.ts'

export const uint32 = fc.nat({ max: 0xffff_ffff })
export const size = fc.maxSafeNat()

/** Any attributes that SFTP version 3 can tell. */
export const attributes: fc.Arbitrary<Attributes> = fc.record(
  {
    size,
    owner: fc.record({ uid: uint32, gid: uint32 }),
    permissions: uint32,
    times: fc.record({ atime: uint32, mtime: uint32 }),
  },
  { requiredKeys: [] },
)
