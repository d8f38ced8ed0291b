import { posix } from 'node:path'
import { directoryName, type RemotePath, remotePath, resolveRemote } from '../model/remote-path.ts'
import { asOneChange } from '../sftp/audited-session.ts'
import { lstatOrAbsent } from '../sftp/lstat-or-absent.ts'
import { isOpenssh, type SftpSession } from '../sftp/session.ts'
import { askedOnce } from './asked-once.ts'
import { temporaryName } from './temporary-name.ts'
import { endsAll } from './transfer-error.ts'

/** How a server that is not OpenSSH's takes SYMLINK. */
interface Manner {
  /** The link's path comes first, as the draft has it, and not OpenSSH's order (AsyncSSH, MySecureShell). */
  readonly linkFirst: boolean
  /** Where relative paths start: beside a relative path of a link, some rewrite its target (ProFTPD's mod_sftp). */
  readonly start: RemotePath
}

/** Makes a symbolic link that leads to what its target means; stored as it is written, where the server does that. */
export function makeSymlink(session: SftpSession, target: string, link: string): Promise<void> {
  return asOneChange(session, { operation: 'symlink', path: link, target }, async (inner) => {
    const manner = isOpenssh(inner) ? undefined : await mannerOf(inner, link)
    if (manner === undefined) return inner.symlink(target, link)
    const path = resolveRemote(manner.start, remotePath(link))
    const make = (to: string): Promise<void> => (manner.linkFirst ? inner.symlink(path, to) : inner.symlink(to, path))
    await make(target)
    const meant = posix.join(directoryName(path), target)
    if (target.startsWith('/') || (await leadsTo(inner, path, [target, meant]))) return
    // It took the target as relative to the session's directory (MySecureShell), so it is given what is meant.
    await inner.remove(path)
    await make(meant)
  })
}

async function leadsTo(session: SftpSession, path: string, targets: readonly string[]): Promise<boolean> {
  try {
    return targets.includes(await session.readlink(path))
  } catch (error) {
    if (endsAll(error)) throw error
    // Not every server that makes links reads them.
    return true
  }
}

/** In the wrong order the link would be made where its target should be, so a server is asked once a session, by a link of our own. */
const mannerOf = askedOnce<Manner>(async (session, link) => {
  const start = remotePath(await session.realpath('.'))
  const path = resolveRemote(start, remotePath(link))
  const [one, other] = [temporaryName(path), temporaryName(path)]
  try {
    await session.symlink(one, other)
  } catch (error) {
    if (endsAll(error)) throw error
    // The link itself will be refused as well, and that says why.
    return undefined
  }
  const linkFirst = (await lstatOrAbsent(session, one)) !== undefined
  await session.remove(linkFirst ? one : other)
  return { linkFirst, start }
})
