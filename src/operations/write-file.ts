import type { RemotePath } from '../model/remote-path.ts'
import { asOneChange } from '../sftp/audited-session.ts'
import type { SftpSession } from '../sftp/session.ts'
import { ContentHash } from '../transfer/content-hash.ts'
import type { TransferListener } from '../transfer/progress.ts'
import { replaceRemote } from '../transfer/replace-remote.ts'
import { type ByteSource, sendBytes } from '../transfer/send-bytes.ts'
import { TransferWindow, type WindowOptions } from '../transfer/transfer-window.ts'
import { canSync } from './can-sync.ts'
import { withLeftovers } from './leftovers.ts'

export interface WriteFileOptions extends WindowOptions {
  /** Exactly this, whatever the server's umask; else an existing file keeps its own. */
  readonly mode?: number
  /** Go on at the end of the file, in place. */
  readonly append?: boolean
  /** False: a file that exists is an error. */
  readonly overwrite?: boolean
  /** True unless said otherwise: the name only ever holds the old file or the whole new one. */
  readonly atomic?: boolean
  /** Wait until the bytes are on the server's disk. */
  readonly fsync?: boolean
  /** Told of progress and of niceties that the server refused. */
  readonly listener?: TransferListener
  readonly signal: AbortSignal
}

/** Writes bytes into a remote file: all of them under its name at once, or none. */
export async function writeFile(
  session: SftpSession,
  path: RemotePath,
  source: ByteSource,
  options: WriteFileOptions,
): Promise<{ readonly bytes: number }> {
  const { mode, append = false, overwrite = true, atomic = true, fsync = false, listener, signal } = options
  signal.throwIfAborted()
  const warn = (message: string): void => listener?.({ kind: 'warning', path, message })
  const window = new TransferWindow(session, 'write', options)
  const leftovers = new Set<string>()
  const replace = {
    act: `write ${path}`,
    overwrite,
    atomic,
    append,
    fsync: canSync(session, fsync, warn),
    ...(mode !== undefined && { mode, changes: { permissions: mode }, insist: true }),
    warn,
    leftovers,
    signal,
  }
  const work = asOneChange(session, { operation: 'write', path }, async (inner, made) => {
    const content = made && new ContentHash()
    const bytes = await replaceRemote(inner, path, replace, (handle, onLastAsked, start) =>
      sendBytes(inner, handle, start, source, {
        window,
        onLastAsked,
        onBytes: (count) => listener?.({ kind: 'moved', path, bytes: count }),
        onPiece: content?.add,
        signal,
      }),
    )
    Object.assign(made ?? {}, content?.sum())
    return bytes
  })
  return { bytes: await withLeftovers(work, { leftovers, kept: new Set() }, signal) }
}
