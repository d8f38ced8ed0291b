import { FerryError } from '../errors/ferry-error.ts'
import { type Attributes, isSymlink } from '../model/attributes.ts'
import { directoryName, type RemotePath, resolveRemote } from '../model/remote-path.ts'
import { lstatOrAbsent } from '../sftp/lstat-or-absent.ts'
import type { SftpSession } from '../sftp/session.ts'

/** As many links as Linux follows in one path. */
const mostLinks = 40

/** Where bytes that are meant for a path go. */
export interface RemoteTarget {
  /** Behind the links, where the path is one. */
  readonly path: RemotePath
  /** What is there now. */
  readonly existing?: Attributes
  readonly viaLink: boolean
}

/** Looks where a path leads; `seen` is what LSTAT says of it, where that was asked already. Nothing there is an answer: a new name, or what a dangling link wants. */
export async function remoteTarget(
  session: SftpSession,
  path: RemotePath,
  seen?: Promise<Attributes | undefined>,
): Promise<RemoteTarget> {
  let at = path
  for (let links = 0; links < mostLinks; links += 1) {
    const viaLink = links > 0
    const existing = await (viaLink ? lstatOrAbsent(session, at) : (seen ?? lstatOrAbsent(session, at)))
    if (existing === undefined) return { path: at, viaLink }
    if (!isSymlink(existing)) return { path: at, existing, viaLink }
    at = resolveRemote(directoryName(at), await session.readlink(at))
  }
  throw new FerryError('operation_failed', `stat ${path}: too many levels of symbolic links`, { path })
}
