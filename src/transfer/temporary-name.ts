import { createHash, randomBytes } from 'node:crypto'
import { encodeName } from '../model/name-bytes.ts'

/** What most file systems allow in one component (NAME_MAX). */
const longestName = 255
/** Of a UTF-16 unit in UTF-8. */
const mostBytesInUnit = 3
const shape = /^\..*\.ferry-[0-9a-f]{12}$/s

const tagLength = 12
/** Drawing for each name would cost more than all the rest of it. */
const drawnBytes = 4096
let drawn = ''

/** A name beside `path` that nobody else uses and listings hide: `/www/.index.html.ferry-0a1b2c3d4e5f`. */
export const temporaryName = (path: string): string => beside(path, freshTag())

/** The same, found again by who copies the same source to `path` once more: `identity` tells one state of one source from any other. */
export const partName = (path: string, identity: string): string =>
  beside(path, createHash('sha256').update(identity, 'utf16le').digest('hex').slice(0, tagLength))

/** Whether a name, or the last one of a path, is one of those, left behind by a transfer or in use by one. */
export const isTemporaryName = (path: string): boolean => shape.test(path.slice(path.lastIndexOf('/') + 1))

/** Random, and given once. */
function freshTag(): string {
  if (drawn.length < tagLength) drawn = randomBytes(drawnBytes).toString('hex')
  const tag = drawn.slice(0, tagLength)
  drawn = drawn.slice(tagLength)
  return tag
}

function beside(path: string, tag: string): string {
  const start = path.lastIndexOf('/') + 1
  const suffix = `.ferry-${tag}`
  return `${path.slice(0, start)}.${shortened(path.slice(start), longestName - suffix.length - 1)}${suffix}`
}

/** The beginning of a name, in whole characters, that has no more than so many bytes. */
function shortened(name: string, mostBytes: number): string {
  if (name.length * mostBytesInUnit <= mostBytes) return name
  const characters = Array.from(name)
  while (encodeName(characters.join('')).length > mostBytes) characters.pop()
  return characters.join('')
}
