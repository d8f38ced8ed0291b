import { FerryError } from '../errors/ferry-error.ts'
import { type DirectoryEntry, isDirectory } from '../model/attributes.ts'
import { compareNames } from '../model/byte-order.ts'
import type { Entry } from '../model/entry.ts'
import { orAbort } from '../model/or-abort.ts'
import { baseName, type RemotePath, suspectName } from '../model/remote-path.ts'
import type { SftpSession } from '../sftp/session.ts'
import { readBatches } from '../transfer/read-directory.ts'
import { endsAll } from '../transfer/transfer-error.ts'
import { completeEntries, completeKinds, type Found } from './complete-entries.ts'
import { PlainEntries, pathIn } from './plain-entries.ts'
import { refusedName } from './refused-name.ts'

/** Entries in the order of their names' bytes. */
export interface Listing<Entries = readonly Entry[]> {
  readonly entries: Entries
  /** Entries whose names no file can have. */
  readonly refused: readonly FerryError[]
}

interface ListOptions {
  readonly signal: AbortSignal
}

/** What a directory holds, `.` and `..` left out; any other path gives itself. */
export async function listEntries(session: SftpSession, path: RemotePath, { signal }: ListOptions): Promise<Listing> {
  const found: Found[] = []
  const { itself, refused } = await read(session, path, signal, (entries) => {
    for (const { name, attributes } of entries) found.push({ name, path: pathIn(path, name), attributes })
  })
  if (itself !== undefined) found.push(itself)
  found.sort((one, other) => compareNames(one.name, other.name))
  return { entries: await orAbort(completeEntries(session, found), signal), refused }
}

/** The same for names and kinds alone: nothing else is asked for or kept, so that very many take little memory. */
export async function listPlain(
  session: SftpSession,
  path: RemotePath,
  { signal }: ListOptions,
): Promise<Listing<PlainEntries | readonly Entry[]>> {
  const entries = new PlainEntries(path)
  const { itself, refused } = await read(session, path, signal, async (batch) => {
    const whole = completeKinds(session, path, batch)
    entries.add(whole instanceof Promise ? await orAbort(whole, signal) : whole)
  })
  if (itself !== undefined) return { entries: [itself], refused }
  entries.sort()
  return { entries, refused }
}

/** Hands over what is in a directory, as it comes. Gives what was refused, and of any other path what it is. */
async function read(
  session: SftpSession,
  path: RemotePath,
  signal: AbortSignal,
  take: (entries: readonly DirectoryEntry[]) => void | Promise<void>,
): Promise<{ readonly refused: readonly FerryError[]; readonly itself?: Found }> {
  const refused: FerryError[] = []
  let isEmpty = true
  try {
    for await (const batch of readBatches(session, path, { signal })) {
      const entries: DirectoryEntry[] = []
      for (const entry of batch) {
        const suspect = suspectName(entry.name)
        if (suspect === undefined) entries.push(entry)
        else refused.push(refusedName('list', path, entry.name, suspect))
      }
      isEmpty &&= entries.length === 0
      await take(entries)
    }
    return { refused }
  } catch (error) {
    signal.throwIfAborted()
    if (endsAll(error) || !isEmpty) throw error
    return { refused, itself: await lookAt(session, path, signal, error) }
  }
}

/** Servers say most diverse things about listing a file, so it is looked at only when listing has failed. */
async function lookAt(session: SftpSession, path: RemotePath, signal: AbortSignal, failure: unknown): Promise<Found> {
  const attributes = await orAbort(session.lstat(path), signal).catch((error: unknown) => {
    throw endsAll(error) || !(failure instanceof FerryError) ? error : failure
  })
  const target = await orAbort(session.stat(path), signal).catch((error: unknown) => {
    if (endsAll(error)) throw error
    return attributes // a dangling link is an entry as well
  })
  if (isDirectory(target)) throw failure
  return { name: baseName(path), path, attributes }
}
