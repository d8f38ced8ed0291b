import { FerryError } from '../errors/ferry-error.ts'
import type { DirectoryEntry } from '../model/attributes.ts'
import { orAbort } from '../model/or-abort.ts'
import type { SftpSession } from '../sftp/session.ts'
import { openHandle } from './open-handle.ts'
import { endsAll } from './transfer-error.ts'

/** READDIRs in flight for one directory, once it has turned out not to be small. */
const widest = 8
/** A batch without names is legal; a server that sends nothing else would keep us for ever. */
const mostEmptyBatches = 100
/** More than directories hold, and less than fills the memory of those who keep them all. */
const mostNames = 4_000_000

interface ReadOptions {
  readonly signal: AbortSignal
  /** More names than these are taken for a listing without end. */
  readonly most?: number
}

/**
 * The entries of a directory as the server sends them, in its order, without `.` and `..`. Names that `suspectName()` refuses are
 * among them: the caller says so and leaves them alone.
 */
export async function* readDirectory(
  session: SftpSession,
  path: string,
  options: ReadOptions,
): AsyncGenerator<DirectoryEntry, void, undefined> {
  for await (const batch of readBatches(session, path, options)) yield* batch
}

/** The same, in the batches that the server sends: for many names at once this is much cheaper. */
export async function* readBatches(
  session: SftpSession,
  path: string,
  { signal, most = mostNames }: ReadOptions,
): AsyncGenerator<readonly DirectoryEntry[], void, undefined> {
  signal.throwIfAborted()
  const handle = await openHandle(session, session.opendir(path), signal)
  const asked: Promise<readonly DirectoryEntry[] | null>[] = []
  let width = 1
  let empty = 0
  let names = 0
  let hasEnded = false
  try {
    for (;;) {
      while (!hasEnded && asked.length < width) asked.push(ask(session.readdir(handle)))
      const next = asked.shift()
      if (next === undefined) return
      const batch = await orAbort(hasEnded ? orNothing(next) : next, signal)
      // Where one was asked once more it may come to the end before those behind it that got the last names.
      if (batch === null) {
        hasEnded = true
        continue
      }
      empty = batch.length === 0 ? empty + 1 : 0
      if (empty > mostEmptyBatches) {
        throw new FerryError('protocol_error', `read directory ${path}: the server sends no names and no end`, { path })
      }
      names += batch.length
      if (names > most) {
        throw new FerryError('protocol_error', `read directory ${path}: more than ${most} names, and no end`, { path })
      }
      width = Math.min(width * 2, widest)
      yield batch.filter(({ name }) => name !== '.' && name !== '..')
    }
  } finally {
    // Sent behind the requests in flight; their answers are not needed, and an abort does not wait for them.
    const closed = session.close(handle).catch(() => undefined)
    if (!signal.aborted) await closed
  }
}

/** What was asked beyond the end has no names, whatever a server says to it. */
async function orNothing<T>(request: Promise<T | null>): Promise<T | null> {
  try {
    return await request
  } catch (error) {
    if (endsAll(error)) throw error
    return null
  }
}

/** A request whose failure is looked at when its turn comes. */
function ask<T>(request: Promise<T>): Promise<T> {
  request.catch(() => undefined)
  return request
}
