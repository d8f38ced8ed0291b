import { closeSync, constants, fstatSync, openSync, type Stats } from 'node:fs'
import { resolve } from 'node:path'
import type { Made } from '../audit/audit-entry.ts'
import { FerryError } from '../errors/ferry-error.ts'
import { errnoOf, localError } from '../errors/local-error.ts'
import { fsPath } from '../model/name-bytes.ts'
import type { RemotePath } from '../model/remote-path.ts'
import { asOneChange } from '../sftp/audited-session.ts'
import type { Handle, SftpSession } from '../sftp/session.ts'
import { ContentHash } from './content-hash.ts'
import type { CopyOptions } from './copy-options.ts'
import { Lanes } from './lanes.ts'
import { type ReplaceOptions, replaceRemote } from './replace-remote.ts'
import { localRange, mostAhead, provenLength, type Resume, remoteRange } from './resume.ts'
import { isSentAtOnce, sendAtOnce } from './send-at-once.ts'
import { sendFile } from './send-file.ts'
import { told } from './transfer-error.ts'

export interface UploadFileOptions extends CopyOptions {
  /** Temporary files that are left behind if the session dies now. */
  readonly leftovers: Set<string>
  /** Told the size of each file once it is open. */
  readonly onOpened?: (sizeBytes: number) => void
}

/** What is known of a file: of its final name, and that its own is no link's. */
export interface Standing extends Pick<ReplaceOptions, 'fresh' | 'seen'> {
  readonly noFollow?: boolean
}

/** Uploads one regular file, and gives the number of bytes moved. Errors read `upload a -> /b: why`. */
export async function uploadFile(
  session: SftpSession,
  from: string,
  to: RemotePath,
  options: UploadFileOptions,
  standing: Standing = {},
): Promise<number> {
  const source = openSource(from, `upload ${from} -> ${to}`, standing)
  try {
    options.onOpened?.(source.stats.size)
    const change = () => ({ operation: 'upload', path: to, from: resolve(from) }) as const
    return await asOneChange(session, change, (inner, made) => uploadOpen(inner, source, to, options, standing, made))
  } finally {
    closeSync(source.fd)
  }
}

async function uploadOpen(
  session: SftpSession,
  { from, fd, stats }: Source,
  to: RemotePath,
  options: UploadFileOptions,
  { fresh, seen }: Standing,
  made: Made | undefined,
): Promise<number> {
  const { overwrite, atomic, fsync, preserve, kept, verify, leftovers, window, pool, signal } = options
  const { size } = stats
  const mode = stats.mode & 0o777
  const resume = kept === undefined ? undefined : resumeOf(session, fd, stats, kept)
  const content = made && new ContentHash()
  let resumedAt = 0
  let end = 0
  const replace: ReplaceOptions = {
    act: `upload ${from} -> ${to}`,
    overwrite,
    atomic,
    fsync,
    fresh,
    seen,
    mode,
    changes: preserve ? { permissions: mode, times: timesOf(stats) } : undefined,
    resume,
    leftovers,
    signal,
    warn: (message) => options.warn(to, message),
    check: (path) => {
      if (resumedAt > 0 && identityOf(fstatSync(fd)) !== resume?.identity) throw changed(from)
      if (end < size && fstatSync(fd).size < size) throw shrunk(from, end, size)
      return verify?.(fd, path)
    },
  }
  // What may be resumed has to be whole up to a point, and what is no regular file has no offsets: both go over one way.
  const isAtOnce = isSentAtOnce(size, options)
  const more = resume === undefined && atomic && !isAtOnce ? pool?.begin(size) : undefined
  const onBytes = (count: number): void => options.onBytes(from, count)
  const bytes = await replaceRemote(session, to, replace, async (handle, onLastAsked, start) => {
    const onPiece = content?.add
    if (isAtOnce && start === 0 && (await sendAtOnce(session, handle, fd, size, options, { onLastAsked, onPiece }))) {
      onBytes(size)
      end = size
      return size
    }
    resumedAt = start
    if (start > 0) options.onResumed(start)
    const ahead = resume === undefined ? {} : { ahead: mostAhead }
    await content?.addFile(fd, signal, start)
    const lanes = new Lanes({ session, handle, window })
    more?.widen(lanes, (other) => other.open(handle.path, { write: true }))
    const sending = { offset: start, size, ...ahead, window, lanes, onBytes, onLastAsked, onPiece, signal }
    const sent = await sendFile(session, handle, fd, sending)
    end = start + sent
    return sent
  })
  if (made !== undefined) Object.assign(made, content?.sum())
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

const notRegular = (path: string): FerryError => new FerryError('wrong_kind', `${path}: not a regular file`, { path })

interface Source {
  readonly from: string
  readonly fd: number
  readonly stats: Stats
}

function openSource(from: string, act: string, { noFollow = false }: Standing): Source {
  let fd: number | undefined
  try {
    // Should a FIFO have taken the file's place, opening it must not wait.
    const flags = constants.O_RDONLY | constants.O_NONBLOCK | (noFollow ? constants.O_NOFOLLOW : 0)
    fd = openSync(fsPath(from), flags)
    const stats = fstatSync(fd)
    if (stats.isFile()) return { from, fd, stats }
    throw notRegular(from)
  } catch (error) {
    if (fd !== undefined) closeSync(fd)
    const isLink = noFollow && errnoOf(error) === 'ELOOP'
    throw told(act, isLink ? notRegular(from) : localError('open', from, error), { path: from })
  }
}
