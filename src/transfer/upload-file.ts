import { closeSync, constants, fstatSync, openSync, type Stats } from 'node:fs'
import { resolve } from 'node:path'
import type { Made } from '../audit/audit-entry.ts'
import { FerryError } from '../errors/ferry-error.ts'
import { localError } from '../errors/local-error.ts'
import type { Attributes } from '../model/attributes.ts'
import { fsPath } from '../model/name-bytes.ts'
import type { RemotePath } from '../model/remote-path.ts'
import { asOneChange } from '../sftp/audited-session.ts'
import type { Handle, SftpSession } from '../sftp/session.ts'
import type { ConnectionPool } from './connection-pool.ts'
import { ContentHash } from './content-hash.ts'
import type { Verify } from './download-file.ts'
import { Lanes } from './lanes.ts'
import { type ReplaceOptions, replaceRemote } from './replace-remote.ts'
import { localRange, mostAhead, provenLength, type Resume, remoteRange } from './resume.ts'
import { sendFile } from './send-file.ts'
import { told } from './transfer-error.ts'
import type { TransferWindow } from './transfer-window.ts'

export interface UploadFileOptions
  extends Pick<ReplaceOptions, 'overwrite' | 'atomic' | 'fsync' | 'fresh' | 'seen' | 'leftovers' | 'warn' | 'signal'> {
  readonly preserve: boolean
  /** Go on with what an earlier upload left, and leave as much: the parts that stay if it ends now. */
  readonly kept?: Set<string> | undefined
  readonly verify?: Verify | undefined
  /** So many bytes were there already. */
  readonly onResumed: (count: number) => void
  readonly window: TransferWindow
  readonly pool?: ConnectionPool
  readonly onBytes: (count: number) => void
}

/** Uploads one regular file, and gives the number of bytes moved. Errors read `upload a -> /b: why`. */
export async function uploadFile(
  session: SftpSession,
  from: string,
  to: RemotePath,
  options: UploadFileOptions,
): Promise<number> {
  const source = openSource(from, `upload ${from} -> ${to}`)
  try {
    const change = () => ({ operation: 'upload', path: to, from: resolve(from) }) as const
    return await asOneChange(session, change, (inner, made) =>
      uploadOpen(inner, from, source, to, { ...options, made }),
    )
  } finally {
    closeSync(source.fd)
  }
}

async function uploadOpen(
  session: SftpSession,
  from: string,
  { fd, stats }: Source,
  to: RemotePath,
  { made, ...options }: UploadFileOptions & { readonly made: Made | undefined },
): Promise<number> {
  const { preserve, kept, verify, window, pool, onBytes, onResumed, ...replace } = options
  const act = `upload ${from} -> ${to}`
  const mode = stats.mode & 0o777
  const changes: Attributes = { permissions: mode, times: timesOf(stats) }
  const resume = kept === undefined ? undefined : resumeOf(session, fd, stats, kept)
  const content = made && new ContentHash()
  let resumedAt = 0
  let end = 0
  const check = async (path: string): Promise<void> => {
    if (resumedAt > 0 && identityOf(fstatSync(fd)) !== resume?.identity) throw changed(from)
    if (end < stats.size && fstatSync(fd).size < stats.size) throw shrunk(from, end, stats.size)
    await verify?.(fd, path)
  }
  const named = { ...replace, act, ...(preserve && { changes }), mode, ...(resume && { resume }), check }
  // What may be resumed has to be whole up to a point, and what is no regular file has no offsets: both go over one way.
  const mayBeSplit = resume === undefined && options.atomic
  const more = mayBeSplit ? pool?.begin(stats.size) : undefined
  const bytes = await replaceRemote(session, to, named, async (handle, onLastAsked, start) => {
    resumedAt = start
    if (start > 0) onResumed(start)
    const ahead = resume === undefined ? {} : { ahead: mostAhead }
    const { signal } = options
    await content?.addFile(fd, signal, start)
    const lanes = new Lanes({ session, handle, window })
    more?.widen(lanes, (other) => other.open(handle.path, { write: true }))
    const sent = await sendFile(session, handle, fd, {
      offset: start,
      size: stats.size,
      ...ahead,
      window,
      lanes,
      onBytes,
      onLastAsked,
      onPiece: content?.add,
      signal,
    })
    end = start + sent
    return sent
  })
  Object.assign(made ?? {}, content?.sum())
  return bytes
}

function resumeOf(session: SftpSession, fd: number, stats: Stats, kept: Set<string>): Resume<Handle> {
  const source = localRange(fd)
  const proven = (part: Handle, size: number): Promise<number> =>
    provenLength(remoteRange(session, part), size, source, stats.size)
  return { identity: identityOf(stats), kept, proven }
}

const identityOf = ({ dev, ino, size, mtimeMs }: Stats): string => `${size} ${mtimeMs} ${dev} ${ino}`

const changed = (path: string): FerryError =>
  new FerryError('operation_failed', `${path}: it has changed since it was resumed`, { path })

/** Files of /sys end before their size as well, but keep it. */
const shrunk = (path: string, end: number, size: number): FerryError =>
  new FerryError('operation_failed', `${path}: it ended after ${end} of ${size} bytes`, { path })

/** Seconds as version 3 carries them: 32 bits without sign. */
export function timesOf(stats: Stats): { atime: number; mtime: number } {
  const seconds = (ms: number): number => Math.min(Math.max(Math.floor(ms / 1000), 0), 0xffff_ffff)
  return { atime: seconds(stats.atimeMs), mtime: seconds(stats.mtimeMs) }
}

interface Source {
  readonly fd: number
  readonly stats: Stats
}

function openSource(from: string, act: string): Source {
  let fd: number | undefined
  try {
    // Should a FIFO have taken the file's place, opening it must not wait.
    fd = openSync(fsPath(from), constants.O_RDONLY | constants.O_NONBLOCK)
    const stats = fstatSync(fd)
    if (stats.isFile()) return { fd, stats }
    throw new FerryError('wrong_kind', `${from}: not a regular file`, { path: from })
  } catch (error) {
    if (fd !== undefined) closeSync(fd)
    throw told(act, localError('open', from, error), { path: from })
  }
}
