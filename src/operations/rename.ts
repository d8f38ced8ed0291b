import { FerryError } from '../errors/ferry-error.ts'
import { isDirectory } from '../model/attributes.ts'
import { orAbort } from '../model/or-abort.ts'
import { type RemotePath, remotePath, withoutTrailingSlashes } from '../model/remote-path.ts'
import { asOneChange } from '../sftp/audited-session.ts'
import type { SftpSession } from '../sftp/session.ts'
import { replacement } from '../transfer/replacement.ts'
import { endsAll, losesAnswer, told } from '../transfer/transfer-error.ts'
import { glance } from './glance.ts'

export interface RenameOptions {
  /** Replace what has the new name, in one step. */
  readonly force?: boolean
  readonly signal: AbortSignal
}

/** Gives a file or directory another path: the protocol's RENAME, which refuses an existing one, or with `force` posix-rename. */
export async function rename(
  session: SftpSession,
  from: RemotePath,
  to: RemotePath,
  { force = false, signal }: RenameOptions,
): Promise<void> {
  signal.throwIfAborted()
  const source = withoutTrailingSlashes(from)
  const target = remotePath(withoutTrailingSlashes(to))
  const act = `rename ${from} ${to}`
  // RENAME refuses as well, and without a race, but not on every server.
  if (!force && (await glance(session, target, signal)) !== undefined) throw alreadyExists(act, target)
  await renameAs(session, act, remotePath(source), target, { force, signal })
}

/** The step itself, for messages that begin with `act`. A lost answer is `outcome_unknown`. */
export async function renameAs(
  session: SftpSession,
  act: string,
  from: RemotePath,
  to: RemotePath,
  options: RenameOptions,
): Promise<void> {
  try {
    const { force = false, signal } = options
    await orAbort(force ? replace(session, act, from, to) : session.rename(from, to), signal)
  } catch (error) {
    options.signal.throwIfAborted()
    throw await whyNot(session, act, from, to, options, error)
  }
}

function replace(session: SftpSession, act: string, from: RemotePath, to: RemotePath): Promise<void> {
  return asOneChange(session, { operation: 'rename', path: to, from }, async (inner) => {
    const step = await replacement(inner, to)
    if (step !== undefined) return step(from, to)
    throw new FerryError('unsupported', `${act}: the server cannot replace in one step`, { path: to })
  })
}

async function whyNot(
  session: SftpSession,
  act: string,
  from: RemotePath,
  to: RemotePath,
  { force = false, signal }: RenameOptions,
  error: unknown,
): Promise<unknown> {
  if (losesAnswer(error)) {
    const message = `${act}: the answer was lost: it may have been done or not`
    return new FerryError('outcome_unknown', message, { path: to, cause: error })
  }
  if (!(error instanceof FerryError) || endsAll(error)) return error
  // OpenSSH's server answers NO_SUCH_FILE where a directory would replace a file, and FAILURE for the rest.
  if (error.code !== 'operation_failed' && error.code !== 'not_found') return told(act, error, { path: to })
  const source = await glance(session, from, signal)
  if (source === undefined) {
    return new FerryError('not_found', `${act}: no such file or directory`, { path: from, cause: error })
  }
  const target = await glance(session, to, signal)
  const because = (code: 'wrong_kind' | 'not_empty', reason: string): FerryError =>
    new FerryError(code, `${act}: ${to} ${reason}`, { path: to, cause: error })
  if (isDirectory(source) && `${to}/`.startsWith(`${from}/`)) {
    return new FerryError('operation_failed', `${act}: a directory cannot go into itself`, { path: to, cause: error })
  }
  if (target === undefined) return told(act, error, { path: to })
  if (!force) return alreadyExists(act, to, error)
  if (isDirectory(target) && !isDirectory(source)) return because('wrong_kind', 'is a directory')
  if (!isDirectory(target) && isDirectory(source)) return because('wrong_kind', 'is not a directory')
  return isDirectory(target) ? because('not_empty', 'is a directory that is not empty') : told(act, error, { path: to })
}

export const alreadyExists = (act: string, path: string, cause?: unknown): FerryError =>
  new FerryError('already_exists', `${act}: ${path} already exists`, {
    path,
    hint: '--force replaces it',
    ...(cause !== undefined && { cause }),
  })
