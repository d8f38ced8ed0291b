import { joinedBytesMax } from '../sftp/packet-sender.ts'
import type { Handle, SftpSession } from '../sftp/session.ts'
import type { CopyOptions } from './copy-options.ts'
import { readLocal, type SendOptions } from './send-file.ts'

/** Of files up to this length the memory is used again: what is sent of them is a copy. */
const smallBytes = joinedBytesMax
const mostFree = 64
const free: Buffer[] = []

/** Whether one WRITE holds a file of so many bytes. A size of 0 is no promise. */
export const isSentAtOnce = (size: number, { window }: Pick<CopyOptions, 'window'>): boolean =>
  size > 0 && size < window.chunk

/**
 * Writes such a file, which is open here, into an open remote one. False, and nothing is written, where it turns out to be shorter or
 * longer. `onLastAsked` is called when the WRITE has been asked and not yet answered.
 */
export async function sendAtOnce(
  session: SftpSession,
  handle: Handle,
  fd: number,
  size: number,
  { window, signal }: Pick<CopyOptions, 'window' | 'signal'>,
  { onLastAsked, onPiece }: Pick<SendOptions, 'onLastAsked' | 'onPiece'>,
): Promise<boolean> {
  const granted = window.take(size)
  if (granted !== undefined) await granted
  try {
    signal.throwIfAborted()
    const buffer =
      (size < smallBytes ? free.pop() : undefined) ?? Buffer.allocUnsafeSlow(Math.max(size + 1, smallBytes))
    // One byte more shows whether the file goes on.
    const isWhole = readLocal(fd, buffer, 0, size + 1) === size
    if (isWhole) {
      const data = buffer.subarray(0, size)
      onPiece?.(data)
      const written = session.write(handle, 0, data)
      onLastAsked?.()
      await written
    }
    if (buffer.length === smallBytes && free.length < mostFree) free.push(buffer)
    return isWhole
  } finally {
    window.give(size)
  }
}
