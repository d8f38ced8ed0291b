import { type Attributes, type DirectoryEntry, isSymlink } from '../model/attributes.ts'
import type { Entry } from '../model/entry.ts'
import type { SftpSession } from '../sftp/session.ts'
import { endsAll } from '../transfer/transfer-error.ts'
import { ownerNames } from './owner-names.ts'
import { pathIn } from './plain-entries.ts'

/** A path and what a listing told of it, which may be nothing. */
export type Found = DirectoryEntry & { readonly path: string }

/** Entries that are asked for at once. */
const askedAtOnce = 64

/**
 * Adds to entries what a listing leaves out: names of owners, targets of links, attributes where the server sent none. What needs
 * no asking costs no promise: a directory may have a hundred thousand plain files.
 */
export async function completeEntries(session: SftpSession, found: readonly Found[]): Promise<readonly Entry[]> {
  const entries = await replaced<Entry>(found, needsLook, (one) => completeEntry(session, one))
  const names = ownerNames(session)
  // Most neighbours have one owner.
  const isNew = ({ attributes }: Entry, index: number): boolean =>
    !sameOwner(attributes, entries[index - 1]?.attributes ?? {})
  await names.learn(entries.filter(isNew).map(({ attributes }) => attributes))
  let previous: Attributes = {}
  let named = names.of(previous)
  return entries.map((entry) => {
    if (!sameOwner(entry.attributes, previous)) named = names.of(entry.attributes)
    previous = entry.attributes
    return named.owner === undefined && named.group === undefined ? entry : { ...entry, ...named }
  })
}

/** Asks for the kinds of those entries of a directory whose kind the server did not tell: of most servers nothing is to be waited for. */
export const completeKinds = (
  session: SftpSession,
  directory: string,
  entries: readonly DirectoryEntry[],
): readonly DirectoryEntry[] | Promise<readonly DirectoryEntry[]> =>
  entries.some(hasNoKind)
    ? replaced(entries, hasNoKind, async ({ name, attributes }) => ({
        name,
        attributes: (await orNothing(session.lstat(pathIn(directory, name)))) ?? attributes,
      }))
    : entries

/** The list with those that are `open` replaced. */
async function replaced<One>(
  list: readonly One[],
  open: (one: One) => boolean,
  replacement: (one: One) => Promise<One>,
): Promise<readonly One[]> {
  if (!list.some(open)) return list
  const result = [...list]
  const places = list.flatMap((one, index) => (open(one) ? [{ one, index }] : []))
  for (let at = 0; at < places.length; at += askedAtOnce) {
    await Promise.all(
      places.slice(at, at + askedAtOnce).map(async ({ one, index }) => {
        result[index] = await replacement(one)
      }),
    )
  }
  return result
}

const hasNoKind = ({ attributes }: DirectoryEntry): boolean => attributes.permissions === undefined
const needsLook = (one: DirectoryEntry): boolean => hasNoKind(one) || isSymlink(one.attributes)

const sameOwner = ({ owner: one }: Attributes, { owner: other }: Attributes): boolean =>
  one?.uid === other?.uid && one?.gid === other?.gid

async function completeEntry(session: SftpSession, { name, path, attributes: listed }: Found): Promise<Entry> {
  const attributes = listed.permissions === undefined ? ((await orNothing(session.lstat(path))) ?? listed) : listed
  const target = isSymlink(attributes) ? await orNothing(session.readlink(path)) : undefined
  return { name, path, attributes, ...(target !== undefined && { target }) }
}

/** An entry is shown with what could be had: it may have gone meanwhile. */
async function orNothing<T>(request: Promise<T>): Promise<T | undefined> {
  try {
    return await request
  } catch (error) {
    if (endsAll(error)) throw error
    return undefined
  }
}
