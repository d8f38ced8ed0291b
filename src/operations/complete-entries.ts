import { type DirectoryEntry, isSymlink } from '../model/attributes.ts'
import type { Entry } from '../model/entry.ts'
import type { SftpSession } from '../sftp/session.ts'
import { endsAll } from '../transfer/transfer-error.ts'
import { ownerNames } from './owner-names.ts'

/** A path and what a listing told of it, which may be nothing. */
export type Found = DirectoryEntry & { readonly path: string }

/** Links whose targets are asked for at once. */
const linksAtOnce = 64

/** Adds to entries what a listing leaves out: names of owners, targets of links, attributes where the server sent none. */
export async function completeEntries(session: SftpSession, found: readonly Found[]): Promise<Entry[]> {
  const entries: Entry[] = []
  for (let at = 0; at < found.length; at += linksAtOnce) {
    entries.push(...(await Promise.all(found.slice(at, at + linksAtOnce).map((one) => completeEntry(session, one)))))
  }
  const names = ownerNames(session)
  await names.learn(entries.map(({ attributes }) => attributes))
  return entries.map((entry) => ({ ...entry, ...names.of(entry.attributes) }))
}

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
