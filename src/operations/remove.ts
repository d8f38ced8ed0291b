import { FerryError } from '../errors/ferry-error.ts'
import { type Attributes, fileType } from '../model/attributes.ts'
import { orAbort } from '../model/or-abort.ts'
import { baseName, type RemotePath, remotePath, withoutTrailingSlashes } from '../model/remote-path.ts'
import type { SftpSession } from '../sftp/session.ts'
import type { TransferFailure } from '../transfer/progress.ts'
import { readDirectory } from '../transfer/read-directory.ts'
import { endsAll, told } from '../transfer/transfer-error.ts'
import { orAbortSoon } from './or-abort-soon.ts'
import { visitTree } from './remote-tree.ts'

export interface RemoveOptions {
  /** A directory with everything in it. */
  readonly recursive?: boolean
  /** An error where the path is of another kind. */
  readonly kind?: 'file' | 'directory' | 'symlink'
  readonly signal: AbortSignal
}

export interface Removed {
  readonly deleted: number
  /** What is still there, and why. */
  readonly failures: readonly TransferFailure[]
}

const kindNames = {
  file: 'a file',
  directory: 'a directory',
  symlink: 'a symbolic link',
  other: 'a special file',
} as const

/**
 * Deletes what a path names: a link itself, never what it points to. Parts of a tree that cannot be deleted are in `failures`; a path that
 * cannot be deleted at all rejects.
 */
export async function remove(
  session: SftpSession,
  path: RemotePath,
  { recursive = false, kind, signal }: RemoveOptions,
): Promise<Removed> {
  signal.throwIfAborted()
  const act = `delete ${path}`
  // With a trailing slash a link would be followed.
  const target = remotePath(withoutTrailingSlashes(path))
  const name = baseName(target)
  if (name === '/' || name === '.' || name === '..') {
    throw new FerryError('usage', `${act}: refused: "${name}" is never deleted`, { path })
  }
  const attributes = await orAbort(session.lstat(target), signal).catch((error: unknown) => {
    throw told(act, error, { path })
  })
  const found = fileType(attributes)
  if (kind !== undefined && found !== kind) {
    throw new FerryError('wrong_kind', `${act}: is ${kindNames[found]}, not ${kindNames[kind]}`, { path })
  }
  if (found === 'directory' && recursive) return removeTree(session, target, signal)
  await orAbort(found === 'directory' ? session.rmdir(target) : session.remove(target), signal).catch(
    async (error: unknown) => {
      throw await whyNot(session, act, target, attributes, signal, error)
    },
  )
  return { deleted: 1, failures: [] }
}

async function removeTree(session: SftpSession, root: RemotePath, signal: AbortSignal): Promise<Removed> {
  let deleted = 0
  const removed = async (path: RemotePath, request: Promise<void>): Promise<void> => {
    await request.catch((error: unknown) => {
      throw told(`delete ${path}`, error, { path })
    })
    deleted += 1
  }
  const visitor = {
    act: 'delete',
    visit: (path: RemotePath) => removed(path, session.remove(path)),
    leave: async (path: RemotePath, _attributes: Attributes, whole: boolean) => {
      if (whole) await removed(path, session.rmdir(path))
    },
  }
  const failures = await orAbortSoon(visitTree(session, root, visitor, signal), signal)
  return { deleted, failures }
}

/** OpenSSH's server answers FAILURE for a directory that is not empty. */
async function whyNot(
  session: SftpSession,
  act: string,
  path: RemotePath,
  attributes: Attributes,
  signal: AbortSignal,
  error: unknown,
): Promise<unknown> {
  signal.throwIfAborted()
  const unclear = error instanceof FerryError && (error.code === 'operation_failed' || error.code === 'not_empty')
  if (unclear && fileType(attributes) === 'directory' && (await holdsAny(session, path, signal))) {
    const hint = '-r deletes a directory with all that is in it'
    return new FerryError('not_empty', `${act}: directory not empty`, { path, hint, cause: error })
  }
  return told(act, error, { path })
}

async function holdsAny(session: SftpSession, path: RemotePath, signal: AbortSignal): Promise<boolean> {
  try {
    for await (const _entry of readDirectory(session, path, { signal })) return true
  } catch (error) {
    if (endsAll(error)) throw error
  }
  return false
}
