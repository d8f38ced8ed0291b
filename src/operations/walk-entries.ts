import { FerryError } from '../errors/ferry-error.ts'
import { isDirectory } from '../model/attributes.ts'
import type { Entry } from '../model/entry.ts'
import { type RemotePath, remotePath } from '../model/remote-path.ts'
import type { SftpSession } from '../sftp/session.ts'
import { endsAll } from '../transfer/transfer-error.ts'
import { type Listing, listEntries, listPlain } from './list-entries.ts'
import { checkDepth } from './tree-limits.ts'

/** A piece of a walk: what is in one directory, or why something could not be seen. */
export type Walked = { readonly entries: Iterable<Entry> } | { readonly error: FerryError }

interface Place {
  readonly path: RemotePath
  readonly depth: number
  listing?: Promise<Listing<Iterable<Entry>>>
}

export interface WalkOptions {
  /** Only names and kinds, as `listPlain` has them. */
  readonly plain?: boolean
  readonly signal: AbortSignal
}

/** Directories listed before their turn, so that a long line is not waited for at each. */
const listedAhead = 8

/**
 * Everything below a directory, as it comes: a directory's entries together and in the order of their bytes, then those of the directories
 * among them. Links are not followed. What cannot be listed is an error among the rest; only the directory itself rejects.
 */
export async function* walkEntries(
  session: SftpSession,
  path: RemotePath,
  { plain = false, signal }: WalkOptions,
): AsyncGenerator<Walked, void, undefined> {
  const left = new AbortController()
  const either = AbortSignal.any([signal, left.signal])
  const waiting: Place[] = []
  let ahead = 0
  const list = (place: Place): Promise<Listing<Iterable<Entry>>> => {
    if (place.listing === undefined) {
      place.listing = listPlace(session, place, { plain, signal: either })
      place.listing.catch(() => undefined) // looked at when its turn comes
      ahead += 1
    }
    return place.listing
  }
  waiting.push({ path, depth: 0 })
  try {
    for (;;) {
      const place = waiting.pop()
      if (place === undefined) return
      const { entries, refused } = await list(place)
      ahead -= 1
      const below: Place[] = []
      for (const { path, attributes } of entries) {
        if (isDirectory(attributes)) below.push({ path: remotePath(path), depth: place.depth + 1 })
      }
      for (const next of below.reverse()) waiting.push(next)
      for (const next of waiting.slice(-listedAhead).reverse()) if (ahead < listedAhead) void list(next)
      for (const error of refused) yield { error }
      yield { entries }
    }
  } finally {
    left.abort(new FerryError('cancelled', 'the walk was left'))
  }
}

/** Below the root a directory that cannot be listed is one error among the rest. */
async function listPlace(
  session: SftpSession,
  { path, depth }: Place,
  { plain = false, signal }: WalkOptions,
): Promise<Listing<Iterable<Entry>>> {
  try {
    checkDepth('list', path, depth)
    return await (plain ? listPlain : listEntries)(session, path, { signal })
  } catch (error) {
    if (depth === 0 || endsAll(error) || !(error instanceof FerryError)) throw error
    return { entries: [], refused: [error] }
  }
}
