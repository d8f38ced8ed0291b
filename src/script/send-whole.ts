import { closeSync, constants, fstatSync, openSync, type Stats, statSync } from 'node:fs'
import type { Made } from '../audit/audit-entry.ts'
import { FerryError } from '../errors/ferry-error.ts'
import { localError } from '../errors/local-error.ts'
import { type Attributes, isDirectory } from '../model/attributes.ts'
import { fsPath } from '../model/name-bytes.ts'
import { remotePath } from '../model/remote-path.ts'
import { glance } from '../operations/glance.ts'
import { asOneChange } from '../sftp/audited-session.ts'
import type { Handle, OpenFlags, SftpSession } from '../sftp/session.ts'
import { ContentHash } from '../transfer/content-hash.ts'
import { appending, keepsContent } from '../transfer/keeps-content.ts'
import { sendFile } from '../transfer/send-file.ts'
import { TransferWindow } from '../transfer/transfer-window.ts'
import { timesOf, uploadFile } from '../transfer/upload-file.ts'
import { writeContent } from '../transfer/write-content.ts'
import type { CommandRun } from './command-run.ts'
import type { TransferFlags } from './transfer-flags.ts'

/** Uploads one file: in place, as sftp does, or by a temporary name. */
export async function sendWhole(run: CommandRun, from: string, to: string, flags: TransferFlags): Promise<void> {
  const bytes = await (flags.atomic ? sendBeside : sendInPlace)(run, from, to, flags)
  flags.report?.done(from, to, bytes)
}

interface Sending {
  readonly run: CommandRun
  readonly session: SftpSession
  readonly made: Made | undefined
  readonly fd: number
  readonly stats: Stats
}

/** After a failure what arrived stays (OpenSSH sftp-client.c, do_upload). */
async function sendInPlace(run: CommandRun, from: string, to: string, flags: TransferFlags): Promise<number> {
  const { fd, stats } = openSource(run, from, flags)
  const change = { operation: 'upload', path: to, from: run.local(from) } as const
  try {
    flags.report?.found(stats.size)
    return await asOneChange(run.session, change, (session, made) =>
      sendOpen({ run, session, made, fd, stats }, from, to, flags),
    )
  } finally {
    closeSync(fd)
  }
}

async function sendOpen(
  { run, session, made, fd, stats }: Sending,
  from: string,
  to: string,
  flags: TransferFlags,
): Promise<number> {
  const { signal } = run
  const { resume, preserve, sync, window, report } = flags
  const content = made && new ContentHash()
  const there = resume ? await sizeToResume(run, from, to, stats.size) : 0
  const start = there > 0 && (await keepsContent(session, to)) ? there : 0
  const attributes = { permissions: stats.mode & 0o777, ...(preserve && { times: timesOf(stats) }) }
  const how = resume && start === there ? appending : { write: true, create: true, truncate: true }
  const handle = await openTarget({ session, signal }, to, how, attributes)
  const warnings: string[] = []
  const ending = {
    ...(preserve && { changes: attributes }),
    fsync: sync,
    warn: (message: string) => warnings.push(message),
  }
  const onBytes = (count: number): void => report?.moved(from, count)
  await content?.addFile(fd, signal, start)
  const onPiece = content?.add
  const sending = { offset: start, size: stats.size, ...window, onBytes, onPiece, signal }
  const bytes = await writeContent(
    session,
    handle,
    ending,
    (_handle, onLastAsked) => sendFile(session, handle, fd, { ...sending, onLastAsked }),
    start,
  )
  Object.assign(made ?? {}, content?.sum())
  for (const warning of warnings) await run.remark(`${to}: ${warning}`)
  return bytes
}

/** A new file gets the mode that it would get in place, and one that exists keeps its own. */
async function sendBeside(run: CommandRun, from: string, to: string, flags: TransferFlags): Promise<number> {
  const { session, signal } = run
  const { preserve, sync, window, report } = flags
  const { fd, stats } = openSource(run, from, flags)
  closeSync(fd)
  report?.found(stats.size)
  const leftovers = new Set<string>()
  const warnings: string[] = []
  try {
    return await uploadFile(session, run.local(from), remotePath(to), {
      preserve,
      overwrite: true,
      atomic: true,
      fsync: sync,
      leftovers,
      warn: (_to, message) => warnings.push(message),
      onResumed: () => undefined,
      window: new TransferWindow(session, 'write', window),
      onBytes: (_from, count) => report?.moved(from, count),
      signal,
    })
  } finally {
    for (const path of leftovers) warnings.push(`a temporary file may be left on the server: ${path}`)
    for (const warning of warnings) await run.remark(`${to}: ${warning}`)
  }
}

/** What failed: `put a -> /b` where the server refused it, `put a` where nothing got that far. */
export function sendAct(command: string, from: string, to: string, error: unknown): string {
  const isSource = error instanceof FerryError && (error.code === 'local_failed' || error.details.path === from)
  return isSource ? `${command} ${from}` : `${command} ${from} -> ${to}`
}

/** Special files are looked at and never opened: a FIFO would wait for its writer, a device may act. */
function openSource(run: CommandRun, from: string, { recursive }: TransferFlags): { fd: number; stats: Stats } {
  const path = fsPath(run.local(from))
  let fd: number | undefined
  try {
    checkKind(from, statSync(path), recursive)
    fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK)
    const stats = fstatSync(fd)
    checkKind(from, stats, recursive)
    return { fd, stats }
  } catch (error) {
    if (fd !== undefined) closeSync(fd)
    throw localError('open', from, error)
  }
}

function checkKind(path: string, stats: Stats, recursive: boolean): void {
  if (stats.isFile()) return
  const why = stats.isDirectory() && !recursive ? 'is a directory, and -R was not given' : 'not a regular file'
  throw new FerryError('wrong_kind', `${path}: ${why}`, { path })
}

/** What the server has: less than the whole, and not nothing, as sftp insists. */
async function sizeToResume({ session }: CommandRun, from: string, to: string, localSize: number): Promise<number> {
  const { size = 0 } = await session.stat(to)
  if (size < localSize) return size
  throw new FerryError('operation_failed', `${from}: it cannot be resumed, the remote file is not smaller`, {
    path: from,
  })
}

/** Opens a remote file to write it. OpenSSH's server answers FAILURE for a directory. */
export async function openTarget(
  { session, signal }: Pick<CommandRun, 'session' | 'signal'>,
  to: string,
  flags: OpenFlags,
  attributes: Attributes,
): Promise<Handle> {
  try {
    return await session.open(to, flags, attributes)
  } catch (error) {
    const unclear = error instanceof FerryError && error.code === 'operation_failed'
    const existing = unclear ? await glance(session, to, signal, 'stat') : undefined
    if (existing === undefined || !isDirectory(existing)) throw error
    throw new FerryError('wrong_kind', `${to}: is a directory`, { path: to, cause: error })
  }
}
