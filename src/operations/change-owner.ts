import { FerryError } from '../errors/ferry-error.ts'
import { type Attributes, isDirectory, isSymlink } from '../model/attributes.ts'
import { orAbort } from '../model/or-abort.ts'
import { type RemotePath, remotePath, withoutTrailingSlashes } from '../model/remote-path.ts'
import { offers, type SftpSession } from '../sftp/session.ts'
import { told } from '../transfer/transfer-error.ts'
import type { Changed } from './change-mode.ts'
import { orAbortSoon } from './or-abort-soon.ts'
import { type Ids, type OwnerChange, remoteIds } from './remote-ids.ts'
import { visitTree } from './remote-tree.ts'

export interface ChangeOwnerOptions {
  /** Of a directory everything below it as well; links are changed themselves, where the server can. */
  readonly recursive?: boolean
  /** A link that is given is changed itself, instead of what it points to. */
  readonly noFollow?: boolean
  readonly signal: AbortSignal
}

/** Changes owner, group or both, given by name or number; what is not given stays. */
export async function changeOwner(
  session: SftpSession,
  path: RemotePath,
  change: OwnerChange,
  { recursive = false, noFollow = false, signal }: ChangeOwnerOptions,
): Promise<Changed> {
  signal.throwIfAborted()
  const act = change.owner === undefined || change.owner === '' ? 'chgrp' : 'chown'
  const canChangeLinks = offers(session, 'lsetstat@openssh.com')
  if (noFollow && !canChangeLinks) {
    const message = `${act} ${path}: the server does not support lsetstat@openssh.com, without which links are followed`
    throw new FerryError('unsupported', message, { path })
  }
  const ids = await remoteIds(session, `${act} ${path}`, change, signal)
  if (ids.uid === undefined && ids.gid === undefined) {
    throw new FerryError('usage', `${act} ${path}: neither an owner nor a group is given`, { path })
  }
  const set = (at: RemotePath, attributes: Attributes, itself: boolean): Promise<void> =>
    session[itself ? 'lsetstat' : 'setstat'](at, { owner: newOwner(act, at, attributes, ids) }).catch((error) => {
      throw told(`${act} ${at}`, error, { path: at })
    })
  const target = recursive ? remotePath(withoutTrailingSlashes(path)) : path
  const look = (request: Promise<Attributes>): Promise<Attributes> =>
    orAbort(request, signal).catch((error: unknown) => {
      throw told(`${act} ${path}`, error, { path })
    })
  const present = await look(recursive || noFollow ? session.lstat(target) : session.stat(target))
  if (!recursive || !isDirectory(present)) {
    const followed = isSymlink(present) && !noFollow ? await look(session.stat(target)) : present
    await orAbort(set(target, followed, noFollow), signal)
    return { changed: 1, failures: [] }
  }
  let changed = 0
  const apply = async (at: RemotePath, attributes: Attributes): Promise<void> => {
    const isLink = isSymlink(attributes)
    if (isLink && !canChangeLinks) return
    await set(at, attributes, isLink)
    changed += 1
  }
  const visitor = { act, enter: apply, visit: apply }
  const failures = await orAbortSoon(visitTree(session, target, visitor, signal), signal)
  return { changed, failures }
}

/** The protocol carries both ids or none, so the one that stays is sent as it is. */
function newOwner(act: string, path: string, { owner }: Attributes, ids: Ids): { uid: number; gid: number } {
  const uid = ids.uid ?? owner?.uid
  const gid = ids.gid ?? owner?.gid
  if (uid !== undefined && gid !== undefined) return { uid, gid }
  const message = `${act} ${path}: the server does not tell the present owner, so owner and group must both be given`
  throw new FerryError('unsupported', message, { path })
}
