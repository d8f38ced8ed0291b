import { encodeName } from './name-bytes.ts'

/** Orders names by their bytes, as sftp's ls and the C locale do. */
export function compareNames(one: string, other: string): number {
  const shorter = Math.min(one.length, other.length)
  for (let at = 0; at < shorter; at += 1) {
    const a = one.charCodeAt(at)
    const b = other.charCodeAt(at)
    if (a === b) continue
    // Below the surrogates, UTF-16 and UTF-8 agree on the order.
    return a < 0xd800 && b < 0xd800 ? a - b : Buffer.compare(encodeName(one), encodeName(other))
  }
  return one.length - other.length
}

/** The same for two names in one text, where each ends with a NUL: very many are not cut out only to be compared. */
export function compareNamesAt(text: string, one: number, other: number): number {
  for (let at = 0; ; at += 1) {
    const a = text.charCodeAt(one + at)
    const b = text.charCodeAt(other + at)
    if (a === b && a !== 0) continue
    if (a < 0xd800 && b < 0xd800) return a - b
    return compareNames(text.slice(one, text.indexOf('\0', one)), text.slice(other, text.indexOf('\0', other)))
  }
}
