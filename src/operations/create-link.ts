import { FerryError } from '../errors/ferry-error.ts'
import { isDirectory } from '../model/attributes.ts'
import { orAbort } from '../model/or-abort.ts'
import type { RemotePath } from '../model/remote-path.ts'
import type { SftpSession } from '../sftp/session.ts'
import { makeSymlink } from '../transfer/make-symlink.ts'
import { endsAll } from '../transfer/transfer-error.ts'
import { glance } from './glance.ts'

interface LinkOptions {
  readonly signal: AbortSignal
}

/** Makes a symbolic link; its target is stored as it is written, and may not exist. */
export async function createSymlink(
  session: SftpSession,
  target: string,
  link: RemotePath,
  { signal }: LinkOptions,
): Promise<void> {
  signal.throwIfAborted()
  if (target === '') throw new FerryError('usage', `symlink ${link}: empty target`)
  if (target.includes('\0')) throw new FerryError('usage', `symlink ${link}: the target contains a NUL byte`)
  try {
    await orAbort(makeSymlink(session, target, link), signal)
  } catch (error) {
    signal.throwIfAborted()
    throw await whyNot(session, `symlink ${target} ${link}`, link, signal, error)
  }
}

/** Makes a second name for a file, where the server supports it. */
export async function createHardlink(
  session: SftpSession,
  existing: RemotePath,
  link: RemotePath,
  { signal }: LinkOptions,
): Promise<void> {
  signal.throwIfAborted()
  const act = `hardlink ${existing} ${link}`
  try {
    await orAbort(session.hardlink(existing, link), signal)
  } catch (error) {
    signal.throwIfAborted()
    const failure = await whyNot(session, act, link, signal, error)
    const unclear = failure instanceof FerryError && failure.code !== 'already_exists' && failure.code !== 'unsupported'
    const source = unclear ? await glance(session, existing, signal) : undefined
    if (source === undefined || !isDirectory(source)) throw failure
    throw new FerryError('wrong_kind', `${act}: ${existing} is a directory`, { path: existing, cause: error })
  }
}

async function whyNot(
  session: SftpSession,
  act: string,
  link: RemotePath,
  signal: AbortSignal,
  error: unknown,
): Promise<unknown> {
  if (!(error instanceof FerryError) || endsAll(error) || error.code === 'unsupported') return error
  if ((await glance(session, link, signal)) === undefined) return error
  return new FerryError('already_exists', `${act}: ${link} already exists`, { path: link, cause: error })
}
