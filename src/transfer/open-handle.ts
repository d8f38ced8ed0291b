import { orAbort } from '../model/or-abort.ts'
import type { Handle, SftpSession } from '../sftp/session.ts'

/** Waits for an OPEN or OPENDIR, unless aborted: then the handle is closed should it still come. */
export async function openHandle(session: SftpSession, opening: Promise<Handle>, signal: AbortSignal): Promise<Handle> {
  try {
    return await orAbort(opening, signal)
  } catch (error) {
    opening.then((handle) => session.close(handle)).catch(() => undefined)
    throw error
  }
}
