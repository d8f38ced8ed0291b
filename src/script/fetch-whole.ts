import { closeSync, fchmodSync, fstatSync, fsyncSync, futimesSync } from 'node:fs'
import { FerryError } from '../errors/ferry-error.ts'
import { localError, localReason } from '../errors/local-error.ts'
import { type Attributes, isDirectory, isFile, isSymlink } from '../model/attributes.ts'
import type { Handle } from '../sftp/session.ts'
import { fetchFile } from '../transfer/fetch-file.ts'
import type { Interpreter } from './interpreter.ts'
import { openForWriting } from './local-files.ts'
import { shownName } from './shown-name.ts'
import type { TransferFlags } from './transfer-flags.ts'

/** Downloads one file in place, as sftp does: after a failure what came stays (OpenSSH sftp-client.c, do_download). */
export async function fetchWhole(
  run: Interpreter,
  from: string,
  to: string,
  listed: Attributes,
  flags: TransferFlags,
): Promise<void> {
  const { session } = run
  const isUnknown = listed.permissions === undefined || isSymlink(listed)
  const attributes = isUnknown ? await session.stat(from) : listed
  checkKind(from, attributes, flags)
  const handle = await session.open(from, { read: true })
  let reached: number
  try {
    reached = await fill(run, handle, to, attributes, flags)
  } catch (error) {
    await session.close(handle).catch(() => undefined) // the first error is the one to report
    throw error
  }
  const [{ size: end = 0 }] = await Promise.all([
    session.fstat(handle).catch((): Attributes => ({})),
    session.close(handle),
  ])
  if (reached < end) {
    throw new FerryError('operation_failed', `${from}: it ended after ${reached} of ${end} bytes`, { path: from })
  }
}

/** What failed: `get a -> b` where it could not be written here, `get a` where it could not be had. */
export function fetchAct(command: string, from: string, to: string, error: unknown): string {
  const isTarget = error instanceof FerryError && error.code === 'local_failed'
  return isTarget ? `${command} ${from} -> ${to}` : `${command} ${from}`
}

/** A file whose mode the server does not tell is taken for a regular one. */
function checkKind(path: string, attributes: Attributes, { recursive }: TransferFlags): void {
  if (attributes.permissions === undefined || isFile(attributes)) return
  const why = isDirectory(attributes) && !recursive ? 'is a directory, and -R was not given' : 'not a regular file'
  throw new FerryError('wrong_kind', `${path}: ${why}`, { path })
}

/** Gives the size of the local file. */
async function fill(
  run: Interpreter,
  handle: Handle,
  to: string,
  attributes: Attributes,
  { resume, preserve, sync, window }: TransferFlags,
): Promise<number> {
  const { size = 0, permissions, times } = attributes
  const mode = permissions === undefined ? 0o666 : permissions & 0o777
  const fd = openForWriting(run.local(to), to, { mode: mode | 0o200, truncate: !resume, mask: run.umask })
  try {
    const offset = resume ? fstatSync(fd).size : 0
    if (offset > size) {
      const why = 'it cannot be resumed, the local file is larger'
      throw new FerryError('operation_failed', `${handle.path}: ${why}`, { path: handle.path })
    }
    const options = { offset, size, ...window, signal: run.signal }
    const moved = await fetchFile(run.session, handle, fd, options)
    if (preserve) await keep(run, to, () => fchmodSync(fd, mode))
    if (preserve && times !== undefined) await keep(run, to, () => futimesSync(fd, times.atime, times.mtime))
    if (resume && moved === 0) await run.remark(shownName(`file "${to}" was not modified`))
    else if (sync) syncFile(fd, to)
    return offset + moved
  } finally {
    closeSync(fd)
  }
}

/** Modes and times that cannot be set are told; the file is there all the same. */
export async function keep(run: Interpreter, path: string, set: () => void): Promise<void> {
  try {
    set()
  } catch (error) {
    await run.remark(shownName(`${path}: attributes not kept: ${localReason(error)}`))
  }
}

function syncFile(fd: number, path: string): void {
  try {
    fsyncSync(fd)
  } catch (error) {
    throw localError('sync', path, error)
  }
}
