import { FerryError } from '../errors/ferry-error.ts'
import { type Attributes, isDirectory, isSymlink } from '../model/attributes.ts'
import { type ModeChange, octal } from '../model/mode.ts'
import { orAbort } from '../model/or-abort.ts'
import { type RemotePath, remotePath, withoutTrailingSlashes } from '../model/remote-path.ts'
import type { SftpSession } from '../sftp/session.ts'
import type { TransferFailure } from '../transfer/progress.ts'
import { told } from '../transfer/transfer-error.ts'
import { orAbortSoon } from './or-abort-soon.ts'
import { visitTree } from './remote-tree.ts'

export interface ChangeModeOptions {
  /** Of a directory everything below it as well, links excepted. */
  readonly recursive?: boolean
  readonly signal: AbortSignal
}

export interface Changed {
  readonly changed: number
  readonly failures: readonly TransferFailure[]
}

/** Changes permissions; a link that is given is followed, those in a tree are left alone. */
export async function changeMode(
  session: SftpSession,
  path: RemotePath,
  change: ModeChange,
  { recursive = false, signal }: ChangeModeOptions,
): Promise<Changed> {
  signal.throwIfAborted()
  const set = async (at: RemotePath, attributes: Attributes): Promise<void> => {
    const permissions = newMode(at, attributes, change)
    await session.setstat(at, { permissions }).catch((error: unknown) => {
      throw told(`chmod ${octal(permissions)} ${at}`, error, { path: at })
    })
  }
  const target = recursive ? remotePath(withoutTrailingSlashes(path)) : path
  const look = (request: Promise<Attributes>): Promise<Attributes> =>
    orAbort(request, signal).catch((error: unknown) => {
      throw told(`chmod ${path}`, error, { path })
    })
  const present = await look(recursive ? session.lstat(target) : session.stat(target))
  if (!recursive || !isDirectory(present)) {
    const followed = isSymlink(present) ? await look(session.stat(target)) : present
    await orAbort(set(target, followed), signal)
    return { changed: 1, failures: [] }
  }
  return changeTree(session, target, change, set, signal)
}

async function changeTree(
  session: SftpSession,
  root: RemotePath,
  change: ModeChange,
  set: (path: RemotePath, attributes: Attributes) => Promise<void>,
  signal: AbortSignal,
): Promise<Changed> {
  let changed = 0
  const apply = async (path: RemotePath, attributes: Attributes): Promise<void> => {
    await set(path, attributes)
    changed += 1
  }
  /** Whether the owner can still list a directory and reach what is in it. */
  const staysOpen = (attributes: Attributes, path: RemotePath): boolean =>
    (newMode(path, attributes, change) & 0o500) === 0o500
  const visitor = {
    act: 'chmod',
    enter: async (path: RemotePath, attributes: Attributes) => {
      if (staysOpen(attributes, path)) await apply(path, attributes)
    },
    visit: async (path: RemotePath, attributes: Attributes) => {
      if (!isSymlink(attributes)) await apply(path, attributes)
    },
    leave: async (path: RemotePath, attributes: Attributes) => {
      if (!staysOpen(attributes, path)) await apply(path, attributes)
    },
  }
  const failures = await orAbortSoon(visitTree(session, root, visitor, signal), signal)
  return { changed, failures }
}

/** A change that does not depend on the present mode works where the server does not tell it. */
function newMode(path: string, attributes: Attributes, change: ModeChange): number {
  const directory = isDirectory(attributes)
  const { permissions } = attributes
  if (permissions !== undefined) return change(permissions, directory)
  const mode = change(0, directory)
  if (mode === change(0o7777, directory)) return mode
  throw new FerryError('unsupported', `chmod ${path}: the server does not tell the present mode`, { path })
}
