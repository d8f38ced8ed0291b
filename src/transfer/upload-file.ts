import { closeSync, constants, fstatSync, openSync, type Stats } from 'node:fs'
import { FerryError } from '../errors/ferry-error.ts'
import { localError } from '../errors/local-error.ts'
import type { Attributes } from '../model/attributes.ts'
import { fsPath } from '../model/name-bytes.ts'
import type { RemotePath } from '../model/remote-path.ts'
import type { SftpSession } from '../sftp/session.ts'
import { type ReplaceOptions, replaceRemote } from './replace-remote.ts'
import { sendFile } from './send-file.ts'
import { told } from './transfer-error.ts'
import type { TransferWindow } from './transfer-window.ts'

export interface UploadFileOptions
  extends Pick<ReplaceOptions, 'overwrite' | 'atomic' | 'fsync' | 'fresh' | 'leftovers' | 'warn' | 'signal'> {
  readonly preserve: boolean
  readonly window: TransferWindow
  readonly onBytes: (count: number) => void
}

/** Uploads one regular file, and gives its size. Errors read `upload a -> /b: why`. */
export async function uploadFile(
  session: SftpSession,
  from: string,
  to: RemotePath,
  options: UploadFileOptions,
): Promise<number> {
  const act = `upload ${from} -> ${to}`
  const { fd, stats } = openSource(from, act)
  try {
    const { preserve, window, onBytes, ...replace } = options
    const mode = stats.mode & 0o777
    const changes: Attributes = { permissions: mode, times: timesOf(stats) }
    const named = { ...replace, act, ...(preserve && { changes }), mode }
    return await replaceRemote(session, to, named, (handle, onLastAsked) =>
      sendFile(session, handle, fd, { size: stats.size, window, onBytes, onLastAsked, signal: options.signal }),
    )
  } finally {
    closeSync(fd)
  }
}

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
