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
