import { type Handle, isOpenssh, type OpenFlags, type SftpSession } from '../sftp/session.ts'
import { askedOnce } from './asked-once.ts'
import { temporaryName } from './temporary-name.ts'
import { endsAll } from './transfer-error.ts'

export const appending: OpenFlags = { write: true, create: true, append: true }

/**
 * Whether a file that is opened to be appended to keeps what it holds. rclone's server empties it, so who is not OpenSSH's is asked once a
 * session, by a file of our own beside `path`. Where that tells nothing (a full disk, a directory that takes no file) it is believed:
 * no reason to send all of a file again.
 */
export async function keepsContent(session: SftpSession, path: string): Promise<boolean> {
  return isOpenssh(session) || ((await foundOut(session, path)) ?? true)
}

const foundOut = askedOnce<boolean>(async (session, path) => {
  const probe = temporaryName(path)
  const made = await session.open(probe, { write: true, create: true, exclusive: true }).catch(unlessOver)
  if (made === undefined) return undefined
  try {
    await writeByte(session, made, 0)
    const added = await addByte(session, probe)
    return (await session.stat(probe)).size === 1 + added
  } catch (error) {
    return unlessOver(error)
  } finally {
    await session.remove(probe).catch(() => undefined)
  }
})

/** How many bytes were added: some refuse it, as the first byte is gone. */
async function addByte(session: SftpSession, path: string): Promise<number> {
  try {
    await writeByte(session, await session.open(path, appending), 1)
    return 1
  } catch (error) {
    unlessOver(error)
    return 0
  }
}

function unlessOver(error: unknown): undefined {
  if (endsAll(error)) throw error
  return undefined
}

async function writeByte(session: SftpSession, handle: Handle, offset: number): Promise<void> {
  try {
    await session.write(handle, offset, Uint8Array.of(0x0a))
  } finally {
    await session.close(handle)
  }
}
