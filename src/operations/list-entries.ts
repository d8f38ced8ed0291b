import { FerryError } from '../errors/ferry-error.ts'
import { type Attributes, type DirectoryEntry, isDirectory } from '../model/attributes.ts'
import { compareNames } from '../model/byte-order.ts'
import type { Entry } from '../model/entry.ts'
import { orAbort } from '../model/or-abort.ts'
import { baseName, joinRemote, type RemotePath, suspectName } from '../model/remote-path.ts'
import type { SftpSession } from '../sftp/session.ts'
import { readBatches } from '../transfer/read-directory.ts'
import { endsAll } from '../transfer/transfer-error.ts'
import { completeEntries, type Found } from './complete-entries.ts'
import { refusedName } from './refused-name.ts'

export interface Listing {
  /** In the order of the names' bytes. */
  readonly entries: readonly Entry[]
  /** Entries whose names no file can have. */
  readonly refused: readonly FerryError[]
}

export interface ListOptions {
  /** Only names and kinds: nothing else is asked for or kept, so that very many names take little memory. */
  readonly plain?: boolean
  readonly signal: AbortSignal
}

/** What a directory holds, `.` and `..` left out; any other path gives itself. */
export async function listEntries(
  session: SftpSession,
  path: RemotePath,
  { plain = false, signal }: ListOptions,
): Promise<Listing> {
  const kept = plain
    ? plainEntries(path)
    : ({ name, attributes }: DirectoryEntry): Found => ({ name, path: pathIn(path, name), attributes })
  const found: Found[] = []
  const refused: FerryError[] = []
  try {
    for await (const batch of readBatches(session, path, { signal })) {
      for (const entry of batch) {
        const suspect = suspectName(entry.name)
        if (suspect === undefined) found.push(kept(entry))
        else refused.push(refusedName('list', path, entry.name, suspect))
      }
    }
  } catch (error) {
    signal.throwIfAborted()
    if (endsAll(error) || found.length > 0) throw error
    found.push(await itself(session, path, signal, error))
  }
  found.sort((one, other) => compareNames(one.name, other.name))
  return { entries: await orAbort(completeEntries(session, found, plain), signal), refused }
}

/** One of very many: its path is made when it is asked for. */
class PlainEntry implements Found {
  readonly name: string
  readonly attributes: Attributes
  readonly #directory: string

  constructor(name: string, attributes: Attributes, directory: string) {
    this.name = name
    this.attributes = attributes
    this.#directory = directory
  }

  get path(): string {
    return pathIn(this.#directory, this.name)
  }
}

/** Entries of one kind and mode share what is kept of them. */
function plainEntries(directory: string): (entry: DirectoryEntry) => Found {
  const shared = new Map<number | undefined, Attributes>()
  return ({ name, attributes: { permissions } }) => {
    const one = shared.get(permissions) ?? (permissions === undefined ? {} : { permissions })
    shared.set(permissions, one)
    return new PlainEntry(name, one, directory)
  }
}

/** As the user would type it: the current directory needs no name. */
const pathIn = (directory: string, name: string): string => (directory === '.' ? name : joinRemote(directory, name))

/** Servers say most diverse things about listing a file, so it is looked at only when listing has failed. */
async function itself(session: SftpSession, path: RemotePath, signal: AbortSignal, failure: unknown): Promise<Found> {
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
