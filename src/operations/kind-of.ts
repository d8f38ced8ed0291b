import { FerryError } from '../errors/ferry-error.ts'
import { type FileType, fileType } from '../model/attributes.ts'
import { orAbort } from '../model/or-abort.ts'
import type { RemotePath } from '../model/remote-path.ts'
import type { SftpSession } from '../sftp/session.ts'

/** What a path is, a link being a link unless followed; `undefined` where nothing is. Rejects when that cannot be found out. */
export async function kindOf(
  session: SftpSession,
  path: RemotePath,
  { follow = false, signal }: { readonly follow?: boolean; readonly signal: AbortSignal },
): Promise<FileType | undefined> {
  signal.throwIfAborted()
  try {
    return fileType(await orAbort(follow ? session.stat(path) : session.lstat(path), signal))
  } catch (error) {
    if (error instanceof FerryError && error.code === 'not_found') return undefined
    throw error
  }
}
