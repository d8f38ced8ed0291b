import { FerryError } from '../errors/ferry-error.ts'
import { isDirectory } from '../model/attributes.ts'
import { orAbort } from '../model/or-abort.ts'
import { directoryName, type RemotePath, remotePath, withoutTrailingSlashes } from '../model/remote-path.ts'
import type { SftpSession } from '../sftp/session.ts'
import { endsAll } from '../transfer/transfer-error.ts'
import { glance } from './glance.ts'

export interface MakeDirectoryOptions {
  /** Missing parents as well; a directory that exists is fine. */
  readonly parents?: boolean
  /** Exactly this, whatever the server's umask; an existing directory keeps its own. */
  readonly mode?: number
  readonly signal: AbortSignal
}

/** Makes a remote directory. */
export async function makeDirectory(
  session: SftpSession,
  path: RemotePath,
  { parents = false, mode, signal }: MakeDirectoryOptions,
): Promise<void> {
  signal.throwIfAborted()
  const target = remotePath(withoutTrailingSlashes(path))
  const made = await make(session, target, mode, { parents, signal })
  if (made && mode !== undefined) await orAbort(session.setstat(target, { permissions: mode }), signal)
}

/** Gives whether the directory is new. */
async function make(
  session: SftpSession,
  path: RemotePath,
  mode: number | undefined,
  { parents, again = false, signal }: { parents: boolean; again?: boolean; signal: AbortSignal },
): Promise<boolean> {
  try {
    await orAbort(session.mkdir(path, mode === undefined ? {} : { permissions: mode }), signal)
    return true
  } catch (error) {
    signal.throwIfAborted()
    if (endsAll(error)) throw error
    const existing = await glance(session, path, signal, parents ? 'stat' : 'lstat')
    if (existing === undefined) {
      const parent = directoryName(path)
      if (!parents || again || parent === path || parent === '.') throw error
      await make(session, parent, undefined, { parents, signal })
      return make(session, path, mode, { parents, again: true, signal })
    }
    if (parents && isDirectory(existing)) return false
    throw new FerryError('already_exists', `mkdir ${path}: already exists`, { path, cause: error })
  }
}
