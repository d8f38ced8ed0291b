/** Fewer bytes are not worth keeping. */
export const smallestLent = 16 * 1024
/** Who is done with one is so soon after it came that hardly more are ever free. */
const mostFree = 4

const free: Buffer[] = []
/** What may be given back, once. */
const lent = new WeakSet<ArrayBufferLike>()

/**
 * A buffer for a packet, with anything in it. V8 knows little of what lies outside its heap and lets tens of megabytes of it wait, so the
 * buffer of a large packet is used again where whoever got it gives it back; packets of full answers are all of one length.
 */
export function packetBuffer(length: number): Buffer {
  if (length < smallestLent) return Buffer.allocUnsafe(length)
  const buffer = (free[0]?.length === length ? free.pop() : undefined) ?? Buffer.allocUnsafeSlow(length)
  lent.add(buffer.buffer)
  return buffer
}

/** Gives back the packet that this is a part of: nobody may look at either any more. Any other bytes are left alone. */
export function giveBack({ buffer }: Uint8Array): void {
  if (!lent.delete(buffer)) return
  if (free[0]?.length !== buffer.byteLength) free.length = 0
  if (free.length < mostFree) free.push(Buffer.from(buffer))
}

/** The bytes, where they are of a packet that may be given back; else a copy, as the memory of a chunk is used again. */
export const owned = (bytes: Buffer): Buffer => (lent.has(bytes.buffer) ? bytes : Buffer.from(bytes))
