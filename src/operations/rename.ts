import { FerryError } from '../errors/ferry-error.ts'
import { isDirectory } from '../model/attributes.ts'
import { orAbort } from '../model/or-abort.ts'
import { type RemotePath, remotePath, withoutTrailingSlashes } from '../model/remote-path.ts'
import { offers, type SftpSession } from '../sftp/session.ts'
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
  const target = withoutTrailingSlashes(to)
  await renameAs(session, `rename ${from} ${to}`, remotePath(source), remotePath(target), { force, signal })
}

/** The step itself, for messages that begin with `act`. A lost answer is `outcome_unknown`. */
export async function renameAs(
  session: SftpSession,
  act: string,
  from: RemotePath,
  to: RemotePath,
  options: RenameOptions,
): Promise<void> {
  const request = options.force ? session.posixRename(from, to) : session.rename(from, to)
  try {
    await orAbort(request, options.signal)
  } catch (error) {
    options.signal.throwIfAborted()
    throw await whyNot(session, act, from, to, options, error)
  }
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
  if (error.code === 'unsupported' && !offers(session, 'posix-rename@openssh.com')) {
    const message = `${act}: the server cannot replace in one step`
    return new FerryError('unsupported', message, { path: to, cause: error })
  }
  // OpenSSH's server answers NO_SUCH_FILE where a directory would replace a file, and FAILURE for the rest.
  if (error.code !== 'operation_failed' && error.code !== 'not_found') return told(act, error, { path: to })
  const source = await glance(session, from, signal)
  if (source === undefined) {
    return new FerryError('not_found', `${act}: no such file or directory`, { path: from, cause: error })
  }
  const target = await glance(session, to, signal)
  const because = (code: 'already_exists' | 'wrong_kind' | 'not_empty', reason: string, hint?: string): FerryError =>
    new FerryError(code, `${act}: ${to} ${reason}`, { path: to, cause: error, ...(hint !== undefined && { hint }) })
  if (isDirectory(source) && `${to}/`.startsWith(`${from}/`)) {
    return new FerryError('operation_failed', `${act}: a directory cannot go into itself`, { path: to, cause: error })
  }
  if (target === undefined) return told(act, error, { path: to })
  if (!force) return because('already_exists', 'already exists', '--force replaces it')
  if (isDirectory(target) && !isDirectory(source)) return because('wrong_kind', 'is a directory')
  if (!isDirectory(target) && isDirectory(source)) return because('wrong_kind', 'is not a directory')
  return isDirectory(target) ? because('not_empty', 'is a directory that is not empty') : told(act, error, { path: to })
}
