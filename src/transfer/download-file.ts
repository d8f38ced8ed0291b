import { resolve } from 'node:path'
import type { Made } from '../audit/audit-entry.ts'
import { FerryError } from '../errors/ferry-error.ts'
import { type Attributes, isFile } from '../model/attributes.ts'
import type { RemotePath } from '../model/remote-path.ts'
import { asOneChange } from '../sftp/audited-session.ts'
import type { Handle, SftpSession } from '../sftp/session.ts'
import { tellContent } from './content-hash.ts'
import type { CopyOptions } from './copy-options.ts'
import { fetchAtOnce, isFetchedAtOnce } from './fetch-at-once.ts'
import { fetchFile } from './fetch-file.ts'
import { Lanes } from './lanes.ts'
import { type LocalMetadata, type LocalReplaceOptions, replaceLocal } from './replace-local.ts'
import { localRange, mostAhead, provenLength, type Resume, remoteRange } from './resume.ts'
import { told } from './transfer-error.ts'

export interface DownloadFileOptions extends CopyOptions {
  /** Is given the CLOSE of what was read: its answer tells nothing, and need not be waited for before the next file. */
  readonly closing: (request: Promise<void>) => void
}

/** Downloads one regular file, and gives the number of bytes moved. `attributes` are what a listing told. Errors read `download /b -> a: why`. */
export async function downloadFile(
  session: SftpSession,
  from: RemotePath,
  attributes: Attributes,
  to: string,
  options: DownloadFileOptions,
  { fresh = false }: Pick<LocalReplaceOptions, 'fresh'> = {},
): Promise<number> {
  const change = () => ({ operation: 'download', side: 'local', path: resolve(to), from }) as const
  return asOneChange(session, change, (inner, made) =>
    downloadTo(inner, from, attributes, to, options, { fresh, made }),
  )
}

async function downloadTo(
  session: SftpSession,
  from: RemotePath,
  attributes: Attributes,
  to: string,
  options: DownloadFileOptions,
  { fresh, made }: { readonly fresh: boolean; readonly made: Made | undefined },
): Promise<number> {
  const { overwrite, atomic, fsync, kept, verify, window, pool, signal } = options
  const { size = 0 } = attributes
  const act = `download ${from} -> ${to}`
  // What may be resumed has to be whole up to a point, and so comes over one way.
  const isAtOnce = kept === undefined && isFetchedAtOnce(session, size, options)
  const more = kept === undefined && !isAtOnce ? pool?.begin(size) : undefined
  const onBytes = (count: number): void => options.onBytes(from, count)
  const handle = await session.open(from, { read: true }).catch((error: unknown) => {
    throw told(act, error, { path: from })
  })
  let isOpen = true
  const close = (): void => {
    if (isOpen) options.closing(session.close(handle).catch(() => undefined))
    isOpen = false
  }
  try {
    const resume = kept === undefined ? undefined : await resumeOf(session, handle, kept)
    const fetchInParts = async (fd: number, start: number): Promise<number> => {
      const opened = session.fstat(handle).catch(() => attributes)
      const ahead = resume === undefined ? {} : { ahead: mostAhead }
      if (start > 0) options.onResumed(start)
      const lanes = new Lanes({ session, handle, window })
      more?.widen(lanes, (other) => openSame(other, from, opened))
      const how = { size, ...ahead, offset: start, window, lanes, onBytes, signal }
      const bytes = await fetchFile(session, handle, fd, how).finally(() => lanes.end())
      await checkEnd(session, handle, start + bytes, await opened)
      if (start > 0 && identityOf(from, await session.fstat(handle)) !== resume?.identity) throw changed(from)
      return bytes
    }
    const warn = (message: string): void => options.warn(to, message)
    const readable = verify !== undefined
    const replace = { act, overwrite, atomic, fsync, fresh, readable, resume, warn, signal }
    const count = await replaceLocal(to, metadataOf(attributes, options.preserve), replace, async (fd, start) => {
      const isWhole = isAtOnce && (await fetchAtOnce(session, handle, fd, size, options))
      if (isWhole) onBytes(size)
      const bytes = isWhole ? size : await fetchInParts(fd, start)
      if (verify !== undefined) {
        // It may open the file anew, and the server may allow few open ones.
        close()
        await verify(fd, from)
      }
      if (made !== undefined && atomic) await tellContent(made, fd, signal)
      return bytes
    })
    if (made !== undefined && !atomic) await tellContent(made, to, signal)
    return count
  } finally {
    close()
  }
}

/** Opens the file in another session, unless another one has taken its name by then. */
async function openSame(session: SftpSession, path: RemotePath, opened: Promise<Attributes>): Promise<Handle> {
  const handle = await session.open(path, { read: true })
  const [one, other] = await Promise.all([opened, session.fstat(handle)])
  if (one.size === other.size && one.times?.mtime === other.times?.mtime) return handle
  await session.close(handle)
  throw new FerryError('operation_failed', `${path}: another file has its name now`, { path })
}

/** A file without a size or a time cannot be told from another one: it is copied as if nothing were there. */
async function resumeOf(session: SftpSession, handle: Handle, kept: Set<string>): Promise<Resume<number> | undefined> {
  const now = await session.fstat(handle).catch((): Attributes => ({}))
  const { size = 0 } = now
  const identity = identityOf(handle.path, now)
  if (identity === undefined) return undefined
  const source = remoteRange(session, handle)
  return { identity, kept, proven: (fd, partSize) => provenLength(localRange(fd), partSize, source, size) }
}

const identityOf = (path: string, { size = 0, times }: Attributes): string | undefined =>
  size === 0 || times === undefined ? undefined : `${size} ${times.mtime} ${path}`

const changed = (path: string): FerryError =>
  new FerryError('operation_failed', `${path}: it has changed since it was resumed`, { path })

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
