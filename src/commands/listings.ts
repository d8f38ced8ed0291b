import type { Remote } from '../api/remote.ts'
import type { Entry } from '../model/entry.ts'
import { longLine } from '../model/long-line.ts'
import { encodeName } from '../model/name-bytes.ts'
import { type RemotePath, remotePath } from '../model/remote-path.ts'
import { info } from '../operations/info.ts'
import { listEntries } from '../operations/list-entries.ts'
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

/** The text of a long listing is not put together at once. */
const linesAtOnce = 1000

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
  const { entries, refused } = await listEntries(remote.session, path, { plain: isPlain(context, view), signal })
  const isItself = (entry: Entry): boolean => entries.length === 1 && entry.path === path
  const shown = entries.filter((entry) => view.all || isItself(entry) || !entry.name.startsWith('.'))
  await print(context, view, sorted(shown, view), (entry) => (isItself(entry) ? entry.path : entry.name))
  for (const error of refused) io.problem(error)
  return refused.length
}

/** As in sftp, several matches are listed themselves, not what is in them. */
export const listMatches: Lister = async (context, view, { session }, paths) => {
  const { signal } = context
  const entries = await Promise.all(paths.map((path) => info(session, path, { signal })))
  await print(context, view, sorted(entries, view), (entry) => entry.path)
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
    const shown = found.entries.filter(({ path }) => view.all || !isHidden(root, path))
    if (io.json) for (const entry of shown) await io.record(entryDocument(entry))
    else await print(context, view, shown, (entry) => entry.path)
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

async function print(
  { io, now }: CommandContext,
  view: ListingView,
  entries: readonly Entry[],
  nameOf: (entry: Entry) => string,
): Promise<void> {
  if (io.json) return io.result(entries.map(entryDocument))
  const at = now()
  const lineOf = (entry: Entry): string =>
    view.long ? longLine(entry, nameOf(entry), { now: at, human: view.human }) : nameOf(entry)
  for (let next = 0; next < entries.length; next += linesAtOnce) {
    const lines = entries.slice(next, next + linesAtOnce).map(lineOf)
    if (view.nul) await io.bytes(encodeName(lines.map((line) => `${line}\0`).join('')))
    else await io.result(undefined, lines)
  }
}

/** Entries come in the byte order of their names, which decides between equals. */
function sorted(entries: readonly Entry[], { order, reverse }: ListingView): readonly Entry[] {
  if (order === 'name' && !reverse) return entries
  const weight = ({ attributes }: Entry): number =>
    order === 'time' ? (attributes.times?.mtime ?? 0) : order === 'size' ? (attributes.size ?? 0) : 0
  const result = order === 'name' ? [...entries] : [...entries].sort((one, other) => weight(other) - weight(one))
  return reverse ? result.reverse() : result
}
