import { lstatSync, readdirSync, type Stats, statSync } from 'node:fs'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { FerryError } from '../errors/ferry-error.ts'
import { errnoOf, localError } from '../errors/local-error.ts'
import { type Attributes, type FileType, fileType, isDirectory } from '../model/attributes.ts'
import { decodeName, fsPath } from '../model/name-bytes.ts'
import type { PathFilter } from '../model/path-filter.ts'
import { joinRemote, type RemotePath, suspectName } from '../model/remote-path.ts'
import type { SftpSession } from '../sftp/session.ts'
import { joinLocal, readLocalLink } from '../transfer/local-target.ts'
import { readDirectory } from '../transfer/read-directory.ts'
import { endsAll } from '../transfer/transfer-error.ts'
import { TransferQueue } from '../transfer/transfer-queue.ts'
import { timesOf } from '../transfer/upload-file.ts'
import { refusedName } from './refused-name.ts'
import type { SyncEntry, SyncTree } from './sync-plan.ts'
import { belowSource, checkDepth } from './tree-limits.ts'

const filesAtOnce = 64
const directoriesAtOnce = 16

/** One side as it is, and what of it could not be seen. */
export interface SyncListing extends SyncTree {
  readonly failures: readonly { readonly path: string; readonly error: FerryError }[]
}

interface ListingOptions {
  readonly filter: PathFilter
  readonly signal: AbortSignal
}

class Gathered implements SyncListing {
  readonly entries = new Map<string, SyncEntry>()
  readonly unseen = new Set<string>()
  readonly failures: { readonly path: string; readonly error: FerryError }[] = []

  /** What is wrong with one directory, or something in it: the rest goes on. */
  fail(directory: string, path: string, error: unknown): void {
    if (endsAll(error) || !(error instanceof FerryError)) throw error
    this.unseen.add(directory)
    this.failures.push({ path, error })
  }
}

/** All below a local directory, without following links; nothing where it does not exist. */
export async function listLocalTree(root: string, { filter, signal }: ListingOptions): Promise<SyncListing> {
  const found = new Gathered()
  const stats = statIfAny(root)
  if (stats === undefined) return found
  if (!stats.isDirectory()) throw new FerryError('wrong_kind', `sync ${root}: not a directory`, { path: root })
  found.entries.set('', localEntry('', root, stats))
  const waiting = [{ path: '', depth: 0 }]
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    signal.throwIfAborted()
    await nextTurn()
    const { path, depth } = next
    const place = localPlace(root, path)
    try {
      checkDepth('sync', place, depth)
      for (const bytes of readdirSync(fsPath(place), { encoding: 'buffer' })) {
        const below = belowSource(path, decodeName(bytes))
        const entry = lookAtLocal(found, path, below, localPlace(root, below))
        if (entry?.kind === 'directory' && isWalked(filter, below)) waiting.push({ path: below, depth: depth + 1 })
      }
    } catch (error) {
      found.fail(path, place, localError('list', place, error))
    }
  }
  return found
}

/** All below a remote directory, many directories at once, without following links; nothing where it does not exist. */
export async function listRemoteTree(
  session: SftpSession,
  root: RemotePath,
  { filter, signal }: ListingOptions,
): Promise<SyncListing> {
  const found = new Gathered()
  const attributes = await session.stat(root).catch((error: unknown) => {
    if (error instanceof FerryError && error.code === 'not_found') return undefined
    throw error
  })
  if (attributes === undefined) return found
  if (!isDirectory(attributes)) throw new FerryError('wrong_kind', `sync ${root}: not a directory`, { path: root })
  found.entries.set('', remoteEntry('', attributes, 'directory'))
  const { handles } = session.limits
  const directories = handles === 0 ? directoriesAtOnce : Math.max(1, Math.min(directoriesAtOnce, handles - 1))
  const queue = new TransferQueue({ files: filesAtOnce, directories, signal })
  const list = (path: string, depth: number): void =>
    queue.directory(async () => {
      const place = remotePlace(root, path)
      try {
        checkDepth('sync', place, depth)
        for await (const { name, attributes: listed } of readDirectory(session, place, { signal })) {
          const below = belowSource(path, name)
          const suspect = suspectName(name) ?? (found.entries.has(below) ? 'a name that is listed twice' : undefined)
          if (suspect !== undefined) {
            found.fail(path, place, refusedName('sync', place, name, suspect))
            continue
          }
          const isKnown = listed.permissions !== undefined
          const entry = remoteEntry(below, listed, fileType(listed))
          found.entries.set(below, entry)
          if (!isKnown || entry.kind === 'symlink') await queue.file(() => look(path, entry, isKnown, depth))
          else if (entry.kind === 'directory' && isWalked(filter, below)) list(below, depth + 1)
        }
      } catch (error) {
        found.fail(path, place, error)
      }
    })
  /** What a listing does not tell. */
  const look = async (directory: string, { path, ...listed }: SyncEntry, isKnown: boolean, depth: number) => {
    const place = remotePlace(root, path)
    try {
      const seen = isKnown ? undefined : await session.lstat(place)
      const entry = seen === undefined ? { path, ...listed } : remoteEntry(path, seen, fileType(seen))
      const target = entry.kind === 'symlink' ? { target: await session.readlink(place) } : {}
      found.entries.set(path, { ...entry, ...target })
      if (entry.kind === 'directory' && isWalked(filter, path)) list(path, depth + 1)
    } catch (error) {
      found.fail(directory, place, error)
    }
  }
  list('', 0)
  await queue.finished()
  return found
}

/** A path of a tree as the user would type it. */
export const localPlace = (root: string, path: string): string => (path === '' ? root : joinLocal(root, path))
export const remotePlace = (root: RemotePath, path: string): RemotePath => (path === '' ? root : joinRemote(root, path))

const isWalked = (filter: PathFilter, path: string): boolean => filter.mayTakeBelow || filter.takes(path, true)

function lookAtLocal(found: Gathered, directory: string, path: string, place: string): SyncEntry | undefined {
  try {
    const entry = localEntry(path, place, lstatSync(fsPath(place)))
    found.entries.set(path, entry)
    return entry
  } catch (error) {
    found.fail(directory, place, localError('stat', place, error))
    return undefined
  }
}

function localEntry(path: string, place: string, stats: Stats): SyncEntry {
  const kind = kindOf(stats)
  const target = kind === 'symlink' ? { target: readLocalLink(place) } : {}
  return { path, kind, size: stats.size, mtime: timesOf(stats).mtime, mode: stats.mode & 0o777, ...target }
}

function remoteEntry(path: string, { size = 0, times, permissions }: Attributes, kind: FileType): SyncEntry {
  const mode = permissions === undefined ? {} : { mode: permissions & 0o777 }
  return { path, kind, size, ...mode, ...(times && { mtime: times.mtime }) }
}

function kindOf(stats: Stats): FileType {
  if (stats.isFile()) return 'file'
  if (stats.isDirectory()) return 'directory'
  return stats.isSymbolicLink() ? 'symlink' : 'other'
}

function statIfAny(path: string): Stats | undefined {
  try {
    return statSync(fsPath(path))
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return undefined
    throw localError('stat', path, error)
  }
}
