import { chmodSync, closeSync, existsSync, fchmodSync, fstatSync, fsyncSync, futimesSync } from 'node:fs'
import { FerryError } from '../errors/ferry-error.ts'
import { localError, localReason } from '../errors/local-error.ts'
import { type Attributes, isDirectory, isFile, isSymlink } from '../model/attributes.ts'
import { fsPath } from '../model/name-bytes.ts'
import { remotePath } from '../model/remote-path.ts'
import { asOneChange } from '../sftp/audited-session.ts'
import type { Handle, SftpSession } from '../sftp/session.ts'
import { tellContent } from '../transfer/content-hash.ts'
import { downloadFile } from '../transfer/download-file.ts'
import { fetchFile } from '../transfer/fetch-file.ts'
import { TransferWindow } from '../transfer/transfer-window.ts'
import type { CommandRun } from './command-run.ts'
import { openForWriting } from './local-files.ts'
import type { TransferFlags } from './transfer-flags.ts'

/** Downloads one file: in place, as sftp does, or by a temporary name. */
export async function fetchWhole(
  run: CommandRun,
  from: string,
  to: string,
  listed: Attributes,
  flags: TransferFlags,
): Promise<void> {
  const { session } = run
  const isUnknown = listed.permissions === undefined || isSymlink(listed)
  const attributes = isUnknown ? await session.stat(from) : listed
  checkKind(from, attributes, flags)
  flags.report?.found(attributes.size ?? 0)
  const bytes = await (flags.atomic ? fetchBeside : fetchInPlace)(run, from, to, attributes, flags)
  flags.report?.done(from, to, bytes)
}

/** After a failure what came stays (OpenSSH sftp-client.c, do_download). */
async function fetchInPlace(
  run: CommandRun,
  from: string,
  to: string,
  attributes: Attributes,
  flags: TransferFlags,
): Promise<number> {
  const change = { operation: 'download', side: 'local', path: run.local(to), from } as const
  return asOneChange(run.session, change, async (session, made) => {
    const reached = await fetchOpen(session, run, from, to, attributes, flags)
    if (made !== undefined) await tellContent(made, run.local(to), run.signal)
    return reached
  })
}

async function fetchOpen(
  session: SftpSession,
  run: CommandRun,
  from: string,
  to: string,
  attributes: Attributes,
  flags: TransferFlags,
): Promise<number> {
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
  return reached
}

/** A new file gets the mode that it would get in place, and one that exists keeps its own. */
async function fetchBeside(
  run: CommandRun,
  from: string,
  to: string,
  attributes: Attributes,
  { preserve, sync, window, report }: TransferFlags,
): Promise<number> {
  const { session, signal } = run
  const path = run.local(to)
  const mask = preserve ? undefined : run.umask
  const mode = createdMode(attributes)
  const isNew = !existsSync(fsPath(path))
  const masked = mask === undefined ? attributes : { ...attributes, permissions: mode & ~mask }
  const warnings: string[] = []
  const bytes = await downloadFile(session, remotePath(from), masked, path, {
    preserve,
    overwrite: true,
    atomic: true,
    fsync: sync,
    warn: (_to, message) => warnings.push(message),
    window: new TransferWindow(session, 'read', window),
    onBytes: (_from, count) => report?.moved(from, count),
    onResumed: () => undefined,
    closing: () => undefined,
    signal,
  })
  // Until here it was less, never more, than the script's own mask allows.
  if (mask !== undefined && isNew) await keep(run, to, () => chmodSync(fsPath(path), (mode | 0o200) & ~mask))
  for (const warning of warnings) await run.remark(`${to}: ${warning}`)
  return bytes
}

const createdMode = ({ permissions }: Attributes): number => (permissions === undefined ? 0o666 : permissions & 0o777)

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
  run: CommandRun,
  handle: Handle,
  to: string,
  attributes: Attributes,
  { resume, preserve, sync, window, report }: TransferFlags,
): Promise<number> {
  const { size = 0, times } = attributes
  const mode = createdMode(attributes)
  const fd = openForWriting(run.local(to), to, { mode: mode | 0o200, truncate: !resume, mask: run.umask })
  try {
    const offset = resume ? fstatSync(fd).size : 0
    if (offset > size) {
      const why = 'it cannot be resumed, the local file is larger'
      throw new FerryError('operation_failed', `${handle.path}: ${why}`, { path: handle.path })
    }
    const onBytes = (count: number): void => report?.moved(handle.path, count)
    const options = { offset, size, ...window, onBytes, signal: run.signal }
    const moved = await fetchFile(run.session, handle, fd, options)
    if (preserve) await keep(run, to, () => fchmodSync(fd, mode))
    if (preserve && times !== undefined) await keep(run, to, () => futimesSync(fd, times.atime, times.mtime))
    if (resume && moved === 0) await run.remark(`file "${to}" was not modified`)
    else if (sync) syncFile(fd, to)
    return offset + moved
  } finally {
    closeSync(fd)
  }
}

/** Modes and times that cannot be set are told; the file is there all the same. */
export async function keep(run: CommandRun, path: string, set: () => void): Promise<void> {
  try {
    set()
  } catch (error) {
    if (error instanceof FerryError) throw error
    await run.remark(`${path}: attributes not kept: ${localReason(error)}`)
  }
}

function syncFile(fd: number, path: string): void {
  try {
    fsyncSync(fd)
  } catch (error) {
    throw localError('sync', path, error)
  }
}
