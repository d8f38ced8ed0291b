import type { Remote } from '../api/remote.ts'
import type { Entry } from '../model/entry.ts'
import { longLine } from '../model/long-line.ts'
import { type RemotePath, remotePath } from '../model/remote-path.ts'
import { info } from '../operations/info.ts'
import { listEntries, listPlain } from '../operations/list-entries.ts'
import { walkEntries } from '../operations/walk-entries.ts'
import type { CommandContext } from './context.ts'
import { entryDocument } from './entry-document.ts'

/** Which entries of a listing are shown, in which order and how. */
export interface ListingView {
  /** Entries whose names begin with a dot, too. */
  readonly all: boolean
  readonly order: 'name' | 'time' | 'size'
  readonly reverse: boolean
  readonly long: boolean
  readonly human: boolean
  /** Exact names, each ended by a NUL byte. */
  readonly nul: boolean
}

/** Lists what was asked for, and gives how many entries could not be. */
type Lister = (
  context: CommandContext,
  view: ListingView,
  remote: Remote,
  paths: readonly RemotePath[],
) => Promise<number>

/** A directory's entries show by their names, any other path as it was asked for. */
export const listDirectory: Lister = async (context, view, remote, [path = remotePath('.')]) => {
  const { io, signal } = context
  const list = isPlain(context, view) ? listPlain : listEntries
  const { entries, refused } = await list(remote.session, path, { signal })
  const [only] = entries.length === 1 ? entries : []
  const isItself = only?.path === path
  const isShown = ({ name }: Entry): boolean => view.all || isItself || !name.startsWith('.')
  await print(context, view, sorted(entries, view), { isShown, nameOf: isItself ? pathOf : ({ name }) => name })
  for (const error of refused) io.problem(error)
  return refused.length
}

/** As in sftp, several matches are listed themselves, not what is in them. */
export const listMatches: Lister = async (context, view, { session }, paths) => {
  const { signal } = context
  const entries = await Promise.all(paths.map((path) => info(session, path, { signal })))
  await print(context, view, sorted(entries, view), { nameOf: pathOf })
  return 0
}

export const listTree: Lister = async (context, view, { session }, [root = remotePath('.')]) => {
  const { io, signal } = context
  let failed = 0
  for await (const found of walkEntries(session, root, { plain: isPlain(context, view), signal })) {
    if ('error' in found) {
      failed += 1
      io.problem(found.error)
      continue
    }
    const isShown = ({ path }: Entry): boolean => view.all || !isHidden(root, path)
    if (io.json) {
      for (const entry of found.entries) if (isShown(entry)) await io.record(entryDocument(entry))
    } else await print(context, view, found.entries, { isShown, nameOf: pathOf })
  }
  return failed
}

/** Whether names are all that is shown. */
const isPlain = ({ io }: CommandContext, { long, order }: ListingView): boolean => !io.json && !long && order === 'name'

/** Whether a component below the root begins with a dot: a hidden directory hides all that is in it. */
function isHidden(root: string, path: string): boolean {
  const below = path.startsWith(root) ? path.slice(root.length) : path
  return below.split('/').some((name) => name.startsWith('.') && name !== '.' && name !== '..')
}

const pathOf = ({ path }: Entry): string => path

interface Names {
  isShown?(entry: Entry): boolean
  nameOf(entry: Entry): string
}

async function print(
  { io, now }: CommandContext,
  view: ListingView,
  entries: Iterable<Entry>,
  { isShown = () => true, nameOf }: Names,
): Promise<void> {
  const at = now()
  const line = (entry: Entry): string =>
    view.long ? longLine(entry, nameOf(entry), { now: at, human: view.human }) : nameOf(entry)
  function* shown(): Generator<Entry, void, undefined> {
    for (const entry of entries) if (isShown(entry)) yield entry
  }
  await io.list(shown(), { document: entryDocument, line, nul: view.nul })
}

/** Entries come in the byte order of their names, which decides between equals. */
function sorted(entries: Iterable<Entry>, { order, reverse }: ListingView): Iterable<Entry> {
  if (order === 'name' && !reverse) return entries
  const weight = ({ attributes }: Entry): number =>
    order === 'time' ? (attributes.times?.mtime ?? 0) : order === 'size' ? (attributes.size ?? 0) : 0
  const result = [...entries]
  if (order !== 'name') result.sort((one, other) => weight(other) - weight(one))
  return reverse ? result.reverse() : result
}
