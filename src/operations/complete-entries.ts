import { type Attributes, type DirectoryEntry, isSymlink } from '../model/attributes.ts'
import type { Entry } from '../model/entry.ts'
import type { SftpSession } from '../sftp/session.ts'
import { endsAll } from '../transfer/transfer-error.ts'
import { ownerNames } from './owner-names.ts'

/** A path and what a listing told of it, which may be nothing. */
export type Found = DirectoryEntry & { readonly path: string }

/** Links whose targets are asked for at once. */
const linksAtOnce = 64

/**
 * Adds to entries what a listing leaves out: names of owners, targets of links, attributes where the server sent none. What needs
 * no asking costs no promise: a directory may have a hundred thousand plain files. With `plain` only a kind that is not known is asked for.
 */
export async function completeEntries(
  session: SftpSession,
  found: readonly Found[],
  plain = false,
): Promise<readonly Entry[]> {
  if (plain && found.every(hasKind)) return found
  const entries: Entry[] = [...found]
  const isComplete = plain ? hasKind : hasAll
  const open = found.flatMap((one, index) => (isComplete(one) ? [] : [index]))
  for (let at = 0; at < open.length; at += linksAtOnce) {
    await Promise.all(
      open.slice(at, at + linksAtOnce).map(async (index) => {
        const one = found[index]
        if (one !== undefined) entries[index] = await completeEntry(session, one)
      }),
    )
  }
  if (plain) return entries
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

const hasKind = ({ attributes }: Found): boolean => attributes.permissions !== undefined
const hasAll = (one: Found): boolean => hasKind(one) && !isSymlink(one.attributes)

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
