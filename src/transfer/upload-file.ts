import { closeSync, constants, fstatSync, openSync, type Stats } from 'node:fs'
import { FerryError } from '../errors/ferry-error.ts'
import { localError } from '../errors/local-error.ts'
import type { Attributes } from '../model/attributes.ts'
import { fsPath } from '../model/name-bytes.ts'
import type { RemotePath } from '../model/remote-path.ts'
import type { Handle, SftpSession } from '../sftp/session.ts'
import type { ConnectionPool } from './connection-pool.ts'
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
  const act = `upload ${from} -> ${to}`
  const { fd, stats } = openSource(from, act)
  try {
    const { preserve, kept, verify, window, pool, onBytes, onResumed, ...replace } = options
    const mode = stats.mode & 0o777
    const changes: Attributes = { permissions: mode, times: timesOf(stats) }
    const resume = kept === undefined ? undefined : resumeOf(session, fd, stats, kept)
    let resumedAt = 0
    const check = async (path: string): Promise<void> => {
      if (resumedAt > 0 && identityOf(fstatSync(fd)) !== resume?.identity) throw changed(from)
      await verify?.(fd, path)
    }
    const named = { ...replace, act, ...(preserve && { changes }), mode, ...(resume && { resume }), check }
    // What may be resumed has to be whole up to a point, and what is no regular file has no offsets: both go over one way.
    const mayBeSplit = resume === undefined && options.atomic
    const more = mayBeSplit ? pool?.begin(stats.size) : undefined
    return await replaceRemote(session, to, named, (handle, onLastAsked, start) => {
      resumedAt = start
      if (start > 0) onResumed(start)
      const ahead = resume === undefined ? {} : { ahead: mostAhead }
      const { signal } = options
      const lanes = new Lanes({ session, handle, window })
      more?.widen(lanes, (other) => other.open(handle.path, { write: true }))
      return sendFile(session, handle, fd, {
        offset: start,
        size: stats.size,
        ...ahead,
        window,
        lanes,
        onBytes,
        onLastAsked,
        signal,
      })
    })
  } finally {
    closeSync(fd)
  }
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

/** Seconds as version 3 carries them: 32 bits without sign. */
export function timesOf(stats: Stats): { atime: number; mtime: number } {
  const seconds = (ms: number): number => Math.min(Math.max(Math.floor(ms / 1000), 0), 0xffff_ffff)
  return { atime: seconds(stats.atimeMs), mtime: seconds(stats.mtimeMs) }
}

function openSource(from: string, act: string): { fd: number; stats: Stats } {
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
