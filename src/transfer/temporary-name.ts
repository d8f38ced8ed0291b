import { createHash, randomBytes } from 'node:crypto'
import { encodeName } from '../model/name-bytes.ts'

/** What most file systems allow in one component (NAME_MAX). */
const longestName = 255
const shape = /^\..*\.ferry-[0-9a-f]{12}$/s

/** A name beside `path` that nobody else uses and listings hide: `/www/.index.html.ferry-0a1b2c3d4e5f`. */
export const temporaryName = (path: string): string => beside(path, randomBytes(6))

/** The same, found again by who copies the same source to `path` once more: `identity` tells one state of one source from any other. */
export const partName = (path: string, identity: string): string =>
  beside(path, createHash('sha256').update(identity, 'utf16le').digest().subarray(0, 6))

/** Whether a name, or the last one of a path, is one of those, left behind by a transfer or in use by one. */
export const isTemporaryName = (path: string): boolean => shape.test(path.slice(path.lastIndexOf('/') + 1))

function beside(path: string, tag: Buffer): string {
  const start = path.lastIndexOf('/') + 1
  const suffix = `.ferry-${tag.toString('hex')}`
  const characters = Array.from(path.slice(start))
  while (encodeName(characters.join('')).length > longestName - suffix.length - 1) characters.pop()
  return `${path.slice(0, start)}.${characters.join('')}${suffix}`
}
