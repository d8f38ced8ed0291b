import { FerryError } from '../errors/ferry-error.ts'
import { isDirectory, isSymlink } from '../model/attributes.ts'
import type { RemotePath } from '../model/remote-path.ts'
import { asOneChange } from '../sftp/audited-session.ts'
import { lstatOrAbsent } from '../sftp/lstat-or-absent.ts'
import type { SftpSession } from '../sftp/session.ts'
import { makeSymlink } from '../transfer/make-symlink.ts'
import { type Replacement, replacement } from '../transfer/replacement.ts'
import { temporaryName } from '../transfer/temporary-name.ts'
import { endsAll } from '../transfer/transfer-error.ts'

interface PlaceLinkOptions {
  readonly overwrite: boolean
  readonly leftovers: Set<string>
}

/** Makes a symbolic link, or replaces in one step what has its name and is no directory. */
export function placeLink(
  session: SftpSession,
  target: string,
  to: RemotePath,
  options: PlaceLinkOptions,
): Promise<void> {
  return asOneChange(session, { operation: 'symlink', path: to, target }, (inner) => place(inner, target, to, options))
}

async function place(
  session: SftpSession,
  target: string,
  to: RemotePath,
  { overwrite, leftovers }: PlaceLinkOptions,
): Promise<void> {
  try {
    await makeSymlink(session, target, to)
  } catch (error) {
    if (endsAll(error)) throw error
    const existing = await lstatOrAbsent(session, to)
    if (existing === undefined) throw error
    if (!overwrite) throw new FerryError('already_exists', `${to}: already exists`, { path: to })
    if (isDirectory(existing)) throw new FerryError('wrong_kind', `${to}: is a directory`, { path: to })
    if (isSymlink(existing) && (await session.readlink(to)) === target) return
    const replace = await replacement(session, to)
    if (replace === undefined) {
      throw new FerryError('unsupported', `${to}: exists, and the server cannot replace it in one step`, { path: to })
    }
    await replaceByLink(session, target, to, replace, leftovers)
  }
}

async function replaceByLink(
  session: SftpSession,
  target: string,
  to: RemotePath,
  replace: Replacement,
  leftovers: Set<string>,
): Promise<void> {
  const part = temporaryName(to)
  await makeSymlink(session, target, part)
  leftovers.add(part)
  try {
    await replace(part, to)
  } catch (error) {
    await session.remove(part)
    leftovers.delete(part)
    throw error
  }
  leftovers.delete(part)
}
