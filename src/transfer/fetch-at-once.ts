import { giveBack } from '../sftp/packet-buffers.ts'
import { type Handle, isOpenssh, type SftpSession } from '../sftp/session.ts'
import type { CopyOptions } from './copy-options.ts'
import { writeWhole } from './fetch-file.ts'

/**
 * Whether one READ shows all of a file that should have so many bytes. It asks for one more: OpenSSH's server gives all that there is, so
 * an answer that ends where it should is the end. Others may give less than there is, and a size of 0 is no promise.
 */
export const isFetchedAtOnce = (session: SftpSession, size: number, { window }: Pick<CopyOptions, 'window'>): boolean =>
  size > 0 && size < window.chunk && isOpenssh(session)

/** Reads such a file into an open local one. False, and nothing is written, where it turns out to be shorter or longer. */
export async function fetchAtOnce(
  session: SftpSession,
  handle: Handle,
  fd: number,
  size: number,
  { window, signal }: Pick<CopyOptions, 'window' | 'signal'>,
): Promise<boolean> {
  const length = size + 1
  const granted = window.take(length)
  if (granted !== undefined) await granted
  try {
    signal.throwIfAborted()
    const data = await session.read(handle, 0, length)
    signal.throwIfAborted()
    if (data?.length !== size) return false
    writeWhole(fd, data, 0)
    giveBack(data)
    return true
  } finally {
    window.give(length)
  }
}
