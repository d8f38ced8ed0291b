import { FerryError } from '../errors/ferry-error.ts'
import { type Attributes, isDirectory } from '../model/attributes.ts'
import { orAbort } from '../model/or-abort.ts'
import type { RemotePath } from '../model/remote-path.ts'
import type { Handle, SftpSession } from '../sftp/session.ts'
import { openHandle } from '../transfer/open-handle.ts'
import { TransferWindow, type WindowOptions } from '../transfer/transfer-window.ts'

export interface ReadFileOptions extends WindowOptions {
  /** Where to begin. */
  readonly offset?: number
  readonly signal: AbortSignal
}

interface Asked {
  readonly offset: number
  readonly length: number
  readonly data: Promise<Buffer | null>
}

/** The bytes of a remote file in their order, until its end; what is read ahead is bounded. */
export async function* readFile(
  session: SftpSession,
  path: RemotePath,
  { offset = 0, signal, ...sizes }: ReadFileOptions,
): AsyncGenerator<Buffer, void, undefined> {
  signal.throwIfAborted()
  const { chunk, widest } = new TransferWindow(session, 'read', sizes)
  const handle = await openHandle(session, session.open(path, { read: true }), signal)
  const opened = session.fstat(handle).catch((): Attributes => ({}))
  const asked: Asked[] = []
  const ask = (at: number, length: number): Asked => {
    const data = session.read(handle, at, length)
    data.catch(() => undefined) // looked at when its turn comes
    return { offset: at, length, data }
  }
  let width = 1
  let next = offset
  try {
    for (;;) {
      for (; asked.length < width; next += chunk) asked.push(ask(next, chunk))
      const head = asked.shift()
      if (head === undefined) return
      const data = await orAbort(head.data, signal).catch(async (error: unknown) => {
        throw await whyNotRead(path, opened, error)
      })
      if (data === null) return checkEnd(path, head.offset, await orAbort(opened, signal))
      const end = head.offset + data.length
      if (data.length < head.length) asked.unshift(ask(end, head.length - data.length))
      else width = Math.min(width * 2, widest)
      yield data
    }
  } finally {
    await leave(session, handle, signal)
  }
}

async function leave(session: SftpSession, handle: Handle, signal: AbortSignal): Promise<void> {
  const closed = session.close(handle).catch(() => undefined)
  if (!signal.aborted) await closed
}

/** OpenSSH's server opens directories, and then cannot read them. */
async function whyNotRead(path: string, opened: Promise<Attributes>, error: unknown): Promise<unknown> {
  if (!(error instanceof FerryError) || error.code !== 'operation_failed' || !isDirectory(await opened)) return error
  return new FerryError('wrong_kind', `read ${path}: is a directory`, { path, cause: error })
}

/** Size 0 is what the files of /proc have; any other is a promise. */
function checkEnd(path: string, end: number, { size = 0 }: Attributes): void {
  if (end >= size) return
  throw new FerryError('operation_failed', `read ${path}: it ended after ${end} of ${size} bytes`, { path })
}
