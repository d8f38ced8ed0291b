import { FerryError } from '../errors/ferry-error.ts'
import { isDirectory } from '../model/attributes.ts'
import { orAbort } from '../model/or-abort.ts'
import { baseName, joinRemote, type RemotePath, remotePath, withoutTrailingSlashes } from '../model/remote-path.ts'
import { offers, type SftpSession } from '../sftp/session.ts'
import { told } from '../transfer/transfer-error.ts'
import { glance } from './glance.ts'
import { alreadyExists, type RenameOptions, renameAs } from './rename.ts'

/**
 * Moves a file, directory or link as mv does: into an existing directory, else to the new path. An existing target is refused, or with
 * `force` replaced in one step. Gives the path that it has now.
 */
export async function move(
  session: SftpSession,
  from: RemotePath,
  to: RemotePath,
  { force = false, signal }: RenameOptions,
): Promise<RemotePath> {
  signal.throwIfAborted()
  const act = `move ${from} ${to}`
  const source = remotePath(withoutTrailingSlashes(from))
  const name = baseName(source)
  if (name === '.' || name === '..' || name === '/') {
    throw new FerryError('usage', `${act}: ${from} has no name of its own to move`)
  }
  const [present, destination] = await Promise.all([
    orAbort(session.lstat(source), signal).catch((error: unknown) => {
      throw told(act, error, { path: from })
    }),
    glance(session, to, signal, 'stat'),
  ])
  const into = destination !== undefined && isDirectory(destination)
  if (!into && to.endsWith('/') && !isDirectory(present)) {
    throw new FerryError('not_found', `${act}: ${to}: no such directory`, { path: to })
  }
  const target = into ? joinRemote(to, name) : remotePath(withoutTrailingSlashes(to))
  const existing = await glance(session, target, signal)
  // RENAME refuses as well, and without a race, but not for every kind and not on every server.
  if (existing !== undefined && !force) throw alreadyExists(act, target)
  const replaces = force && (existing !== undefined || offers(session, 'posix-rename@openssh.com'))
  await renameAs(session, act, source, target, { force: replaces, signal })
  return target
}
