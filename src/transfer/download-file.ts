import { FerryError } from '../errors/ferry-error.ts'
import { type Attributes, isFile } from '../model/attributes.ts'
import type { RemotePath } from '../model/remote-path.ts'
import type { Handle, SftpSession } from '../sftp/session.ts'
import { fetchFile } from './fetch-file.ts'
import { type LocalMetadata, type LocalReplaceOptions, replaceLocal } from './replace-local.ts'
import { told } from './transfer-error.ts'
import type { TransferWindow } from './transfer-window.ts'

export interface DownloadFileOptions extends Omit<LocalReplaceOptions, 'act'> {
  readonly preserve: boolean
  readonly window: TransferWindow
  readonly onBytes: (count: number) => void
  /** Is given the CLOSE of what was read: its answer tells nothing, and need not be waited for before the next file. */
  readonly closing: (request: Promise<void>) => void
}

/** Downloads one regular file, and gives its size. `attributes` are what a listing told. Errors read `download /b -> a: why`. */
export async function downloadFile(
  session: SftpSession,
  from: RemotePath,
  attributes: Attributes,
  to: string,
  { preserve, window, onBytes, closing, ...options }: DownloadFileOptions,
): Promise<number> {
  const act = `download ${from} -> ${to}`
  const { signal } = options
  const handle = await session.open(from, { read: true }).catch((error: unknown) => {
    throw told(act, error, { path: from })
  })
  try {
    return await replaceLocal(to, metadataOf(attributes, preserve), { ...options, act }, async (fd) => {
      const opened = session.fstat(handle).catch(() => attributes)
      const size = attributes.size === undefined ? {} : { size: attributes.size }
      const bytes = await fetchFile(session, handle, fd, { ...size, window, onBytes, signal })
      await checkEnd(session, handle, bytes, await opened)
      return bytes
    })
  } finally {
    closing(session.close(handle).catch(() => undefined))
  }
}

function metadataOf({ permissions, times }: Attributes, preserve: boolean): LocalMetadata {
  const mode = permissions === undefined ? undefined : permissions & 0o777
  // As sftp: without preserving, the owner can write the copy.
  if (!preserve) return { mode: (mode ?? 0o666) | 0o200 }
  return {
    mode: mode === undefined ? 0o666 : 0o600,
    exact: { ...(mode !== undefined && { permissions: mode }), ...(times && { times }) },
  }
}

/** Size 0 is what the files of /proc and some appliances have; any other is a promise that the file keeps, unless it has grown. */
async function checkEnd(session: SftpSession, handle: Handle, bytes: number, opened: Attributes): Promise<void> {
  const fail = (reason: string): FerryError =>
    new FerryError('operation_failed', `${handle.path}: ${reason}`, { path: handle.path })
  if (opened.permissions !== undefined && !isFile(opened)) throw fail('not a regular file any more')
  const { size } = opened
  if (size === undefined || size === 0 || bytes === size) return
  if (bytes < size) throw fail(`it ended after ${bytes} of ${size} bytes`)
  const now = await session.fstat(handle)
  if (now.size !== undefined && now.size < bytes) throw fail(`it gave ${bytes} bytes and says that it has ${now.size}`)
}
