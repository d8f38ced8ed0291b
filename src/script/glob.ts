import { FerryError } from '../errors/ferry-error.ts'
import { errnoOf } from '../errors/local-error.ts'
import { type Attributes, isDirectory, isSymlink } from '../model/attributes.ts'
import { compareNames } from '../model/byte-order.ts'
import { endsAll } from '../transfer/transfer-error.ts'
import { inGroups } from './in-groups.ts'
import { type Component, matchesName, type NamePattern, type PathPattern } from './match.ts'

/** Where names are looked for: the server, or this machine. Everything rejects with FerryError. */
export interface GlobTree {
  /** Names in a directory, without `.` and `..`, and those that were refused. */
  list(directory: string): Promise<{ readonly names: readonly Named[]; readonly refused: readonly FerryError[] }>
  lstat(path: string): Promise<Attributes>
  stat(path: string): Promise<Attributes>
}

/** A name in a directory, with what the listing told of it. */
export interface Named {
  readonly name: string
  readonly attributes?: Attributes
}

export interface Match {
  readonly path: string
  /** Of the path, or of what a link leads to; where neither was looked at, nothing. */
  readonly attributes?: Attributes
}

export interface Matches {
  readonly matches: readonly Match[]
  /** Names that a server sent and that cannot be names. */
  readonly refused: readonly FerryError[]
  /** Where something may not be looked at, the first of these. */
  readonly denied?: FerryError
}

export interface GlobOptions {
  /** Looks at every match, and ends those that are directories, or links to one, with a slash. */
  readonly mark?: boolean
  /** By the bytes of the path, unless false: then in the server's order. */
  readonly sort?: boolean
}

/** Directories listed at once, and paths looked at. */
const listingsAtOnce = 16
const looksAtOnce = 64

/** The paths that match a pattern, or one of several (OpenSSH openbsd-compat/glob.c, with sftp-glob.c's lookups). */
export async function glob(
  tree: GlobTree,
  patterns: readonly PathPattern[],
  { mark = false, sort = true }: GlobOptions = {},
): Promise<Matches> {
  const search = new Search(tree)
  let matches: Match[] = []
  for (const pattern of patterns) matches = matches.concat(await search.pattern(pattern, mark))
  if (sort) matches.sort((one, other) => compareNames(one.path, other.path))
  return { matches, refused: search.refused, ...(search.denied !== undefined && { denied: search.denied }) }
}

class Search {
  readonly refused: FerryError[] = []
  denied: FerryError | undefined
  readonly #tree: GlobTree

  constructor(tree: GlobTree) {
    this.#tree = tree
  }

  async pattern({ components, slashesAtEnd }: PathPattern, mark: boolean): Promise<Match[]> {
    if (components.length === 0 && slashesAtEnd === '') return []
    let paths: Match[] = [{ path: '' }]
    for (const component of components) paths = await this.#below(paths, component)
    if (slashesAtEnd !== '') paths = paths.map(({ path }) => ({ path: path + slashesAtEnd }))
    const looked = await inGroups(paths, looksAtOnce, (match) => this.#look(match, mark))
    return looked.flat()
  }

  async #below(paths: readonly Match[], { slashes, match }: Component): Promise<Match[]> {
    if (typeof match === 'string') return paths.map(({ path }) => ({ path: path + slashes + match }))
    const found = await inGroups(paths, listingsAtOnce, ({ path }) => this.#names(path + slashes, match))
    return found.flat()
  }

  async #names(directory: string, pattern: NamePattern): Promise<Match[]> {
    const listing = await this.#attempt(this.#tree.list(directory === '' ? '.' : directory))
    if (listing === undefined) return []
    for (const refusal of listing.refused) this.refused.push(refusal)
    return [{ name: '.' }, { name: '..' }, ...listing.names]
      .filter(({ name }) => matchesName(pattern, name))
      .map(({ name, ...more }) => ({ path: directory + name, ...more }))
  }

  /** The match, if it is there. What a listing told is believed, but a link has to be followed to be marked. */
  async #look({ path, attributes }: Match, mark: boolean): Promise<Match[]> {
    if (attributes !== undefined && !mark) return [{ path, attributes }]
    const own = attributes?.permissions === undefined ? await this.#attempt(this.#tree.lstat(path)) : attributes
    if (own === undefined) return []
    const target = mark && isSymlink(own) ? await this.#attempt(this.#tree.stat(path)) : undefined
    const seen = target ?? own
    const isMarked = mark && isDirectory(seen) && !path.endsWith('/')
    return [{ path: isMarked ? `${path}/` : path, attributes: seen }]
  }

  /** What cannot be looked at does not match; why is kept, in case that nothing does. */
  async #attempt<T>(look: Promise<T>): Promise<T | undefined> {
    try {
      return await look
    } catch (error) {
      if (endsAll(error)) throw error
      if (isDenial(error)) this.denied ??= error
      return undefined
    }
  }
}

function isDenial(error: unknown): error is FerryError {
  if (!(error instanceof FerryError)) return false
  return error.code === 'permission_denied' || ['EACCES', 'EPERM'].includes(errnoOf(error.details.cause) ?? '')
}
