/** Strings as SSH writes them: a length of four bytes, and so many bytes (RFC 4251 §5). */
export function fields(...values: readonly (Buffer | string)[]): Buffer {
  return Buffer.concat(
    values.flatMap((value) => {
      const bytes = typeof value === 'string' ? Buffer.from(value) : value
      const length = Buffer.alloc(4)
      length.writeUInt32BE(bytes.length)
      return [length, bytes]
    }),
  )
}

/** The first strings of a text of such fields, views of it. Throws where there are not as many. */
export function readFields(bytes: Buffer, count: number): Buffer[] {
  const found: Buffer[] = []
  let at = 0
  while (found.length < count) {
    if (bytes.length - at < 4) throw new Error('a field is missing')
    const length = bytes.readUInt32BE(at)
    if (length > bytes.length - at - 4) throw new Error('a field is cut off')
    found.push(bytes.subarray(at + 4, at + 4 + length))
    at += 4 + length
  }
  return found
}

/** A number as SSH writes those that may be long: no leading zeros, but one where it would be negative else. */
export function multiplePrecision(bytes: Buffer): Buffer {
  const first = bytes.findIndex((byte) => byte !== 0)
  const digits = first < 0 ? Buffer.alloc(0) : bytes.subarray(first)
  return (digits[0] ?? 0) >= 0x80 ? Buffer.concat([Buffer.of(0), digits]) : digits
}
