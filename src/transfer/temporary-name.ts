import { randomBytes } from 'node:crypto'
import { encodeName } from '../model/name-bytes.ts'

/** What most file systems allow in one component (NAME_MAX). */
const longestName = 255

/** A name beside `path` that nobody else uses and listings hide: `/www/.index.html.ferry-0a1b2c3d4e5f`. */
export function temporaryName(path: string): string {
  const start = path.lastIndexOf('/') + 1
  const suffix = `.ferry-${randomBytes(6).toString('hex')}`
  const characters = Array.from(path.slice(start))
  while (encodeName(characters.join('')).length > longestName - suffix.length - 1) characters.pop()
  return `${path.slice(0, start)}.${characters.join('')}${suffix}`
}
