/**
 * File names are bytes. Inside ferry they are strings that remember their bytes: valid UTF-8 is decoded, and each byte that is
 * not becomes a lone surrogate U+DC80–U+DCFF, which goes back to the same byte (Python's `surrogateescape`, PEP 383).
 */
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
const escapedByte = /[\udc80-\udcff]/

export function decodeName(bytes: Uint8Array): string {
  try {
    return utf8.decode(bytes)
  } catch {
    return decodeLossless(bytes)
  }
}

function decodeLossless(bytes: Uint8Array): string {
  let text = ''
  for (let at = 0; at < bytes.length; ) {
    const length = sequenceLength(bytes, at)
    text += length === 0 ? String.fromCharCode(0xdc00 + (bytes[at] ?? 0)) : utf8.decode(bytes.subarray(at, at + length))
    at += Math.max(length, 1)
  }
  return text
}

/** Length of the valid UTF-8 sequence at `at`, or 0 where there is none. */
function sequenceLength(bytes: Uint8Array, at: number): number {
  const lead = bytes[at] ?? 0
  const length = lead < 0x80 ? 1 : lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : lead >= 0xc2 ? 2 : 0
  if (length === 0 || at + length > bytes.length) return 0
  try {
    utf8.decode(bytes.subarray(at, at + length))
    return length
  } catch {
    return 0
  }
}

export function encodeName(name: string): Buffer {
  if (!escapedByte.test(name)) return Buffer.from(name, 'utf8')
  const parts: Buffer[] = []
  let plain = ''
  for (const character of name) {
    const code = character.charCodeAt(0)
    if (character.length === 1 && code >= 0xdc80 && code <= 0xdcff) {
      parts.push(Buffer.from(plain, 'utf8'), Buffer.of(code - 0xdc00))
      plain = ''
    } else {
      plain += character
    }
  }
  parts.push(Buffer.from(plain, 'utf8'))
  return Buffer.concat(parts)
}

/** Puts the bytes of a name into others, which have room for three a character; gives their number. */
export const writeName = (name: string, into: Buffer, at: number): number =>
  escapedByte.test(name) ? encodeName(name).copy(into, at) : into.write(name, at)

/** A local path as `fs` must be given it: text, or bytes where the name is not UTF-8. */
export function fsPath(path: string): string | Buffer {
  return escapedByte.test(path) ? encodeName(path) : path
}
