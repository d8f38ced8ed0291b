import type { Entry } from '../model/entry.ts'
import { orAbort } from '../model/or-abort.ts'
import { baseName, type RemotePath } from '../model/remote-path.ts'
import type { SftpSession } from '../sftp/session.ts'
import { completeEntries } from './complete-entries.ts'

/** What the server tells of a path: of a link itself, or with `follow` of what it points to. */
export async function info(
  session: SftpSession,
  path: RemotePath,
  { follow = false, signal }: { readonly follow?: boolean; readonly signal: AbortSignal },
): Promise<Entry> {
  signal.throwIfAborted()
  const attributes = await orAbort(follow ? session.stat(path) : session.lstat(path), signal)
  const [entry] = await orAbort(completeEntries(session, [{ name: baseName(path), path, attributes }]), signal)
  return entry ?? { name: baseName(path), path, attributes }
}
