import type { FileType } from '../model/attributes.ts'
import { compareNames } from '../model/byte-order.ts'
import type { PathFilter } from '../model/path-filter.ts'

/** What is below the root of one side; the root itself has the path `''`. */
export interface SyncEntry {
  readonly path: string
  readonly kind: FileType
  readonly size: number
  /** Seconds since 1970, as the protocol carries them; absent where the server tells none. */
  readonly mtime?: number
  /** Permission bits. */
  readonly mode?: number
  /** Where a link points, as it is stored. */
  readonly target?: string
}

export interface SyncTree {
  readonly entries: ReadonlyMap<string, SyncEntry>
  /** Directories of which not everything could be seen. */
  readonly unseen: ReadonlySet<string>
}

export type SyncAction = 'mkdir' | 'copy' | 'link' | 'attributes' | 'delete'

export interface SyncStep {
  readonly action: SyncAction
  /** What it is to become; of a deletion, what is there. */
  readonly entry: SyncEntry
  /** Nothing will have this name when it is made. */
  readonly fresh: boolean
}

export interface SyncPlan {
  /** What is in the way of something of another kind, and goes first; the deepest first. */
  readonly clearing: readonly SyncStep[]
  /** In the order of paths: a directory before what is in it. */
  readonly making: readonly SyncStep[]
  /** The deepest first. */
  readonly deleting: readonly SyncStep[]
  /** Directories whose modes and times are set when all else is done. */
  readonly sealing: readonly SyncEntry[]
  /** What would have to replace something of another kind that is not to be deleted. */
  readonly conflicts: readonly { readonly step: SyncStep; readonly existing: SyncEntry }[]
  /** Neither file, directory nor link. */
  readonly special: readonly SyncEntry[]
  readonly unchanged: number
}

export interface SyncPlanOptions {
  readonly filter: PathFilter
  /** Take away what only the target has, but not where parts of the source could not be seen. */
  readonly delete: boolean
  /** Files of one size whose contents were compared and are the same; absent: the times decide. */
  readonly same?: ReadonlySet<string>
}

/** What makes `target` like `source`. */
export function planSync(source: SyncTree, target: SyncTree, options: SyncPlanOptions): SyncPlan {
  const doomed = options.delete && source.unseen.size === 0 ? doomedOf(source, target, options.filter) : []
  const gone = new Set(doomed.map(({ path }) => path))
  const planning = new Planning(source, target, options, gone)
  for (const entry of inOrder(source)) planning.add(entry)
  const isInTheWay = ({ path }: SyncEntry): boolean => pathsTo(path).some((one) => planning.replaced.has(one))
  const deletions = doomed.map((entry): SyncStep => ({ action: 'delete', entry, fresh: false }))
  for (const { path } of doomed) planning.touched.add(parentOf(path))
  return {
    clearing: deletions.filter(({ entry }) => isInTheWay(entry)),
    making: planning.making,
    deleting: deletions.filter(({ entry }) => !isInTheWay(entry)),
    sealing: planning.sealing(),
    conflicts: planning.conflicts,
    special: planning.special,
    unchanged: planning.unchanged,
  }
}

/** Files that both have and that are of one size: only their contents can tell whether they are the same. */
export function ofOneSize(source: SyncTree, target: SyncTree, filter: PathFilter): string[] {
  return inOrder(source)
    .filter(({ path, kind, size }) => {
      const existing = target.entries.get(path)
      return kind === 'file' && existing?.kind === 'file' && existing.size === size && filter.takes(path, false)
    })
    .map(({ path }) => path)
}

class Planning {
  readonly making: SyncStep[] = []
  readonly conflicts: { readonly step: SyncStep; readonly existing: SyncEntry }[] = []
  readonly special: SyncEntry[] = []
  /** Paths that become something of another kind. */
  readonly replaced = new Set<string>()
  /** Directories in which something is made or taken away, which changes their times. */
  readonly touched = new Set<string>()
  unchanged = 0
  readonly #source: SyncTree
  readonly #target: SyncTree
  readonly #options: SyncPlanOptions
  readonly #gone: ReadonlySet<string>
  readonly #made = new Set<string>()
  readonly #closed: Set<string>

  constructor(source: SyncTree, target: SyncTree, options: SyncPlanOptions, gone: ReadonlySet<string>) {
    this.#source = source
    this.#target = target
    this.#options = options
    this.#gone = gone
    this.#closed = new Set(target.unseen)
  }

  add(entry: SyncEntry): void {
    const { path, kind } = entry
    const isDirectory = kind === 'directory'
    if (path !== '' && !this.#options.filter.takes(path, isDirectory)) return
    if (pathsTo(parentOf(path)).some((one) => this.#closed.has(one))) return
    if (kind === 'other') {
      this.special.push(entry)
      return
    }
    const existing = this.#target.entries.get(path)
    if (existing === undefined) this.#make(entry)
    else if (existing.kind !== kind) this.#replace(entry, existing)
    else this.#compare(entry, existing)
  }

  sealing(): SyncEntry[] {
    const paths = new Set([...this.#made, ...this.touched])
    const steps = this.making.filter(({ action, entry }) => action === 'attributes' && entry.kind === 'directory')
    for (const { entry } of steps) paths.add(entry.path)
    return inOrder(this.#source).filter(({ path, kind }) => {
      // The root that was there holds other things as well.
      if (kind !== 'directory' || !paths.has(path)) return false
      return path !== '' || this.#made.has('')
    })
  }

  #replace(entry: SyncEntry, existing: SyncEntry): void {
    if (this.#gone.has(entry.path)) {
      this.replaced.add(entry.path)
      this.#make(entry)
      return
    }
    this.conflicts.push({ step: stepOf(entry, false), existing })
    this.#closed.add(entry.path)
  }

  #compare(entry: SyncEntry, existing: SyncEntry): void {
    const { path, kind } = entry
    const attributesDiffer = differs(entry.mtime, existing.mtime) || differs(entry.mode, existing.mode)
    if (kind === 'symlink') {
      if (entry.target === existing.target) this.unchanged += 1
      else this.#push(stepOf(entry, false))
    } else if (kind === 'directory') {
      if (path !== '' && attributesDiffer) this.#push({ action: 'attributes', entry, fresh: false })
    } else if (!this.#sameContent(entry, existing)) {
      this.#push(stepOf(entry, false))
    } else if (attributesDiffer) {
      this.#push({ action: 'attributes', entry, fresh: false })
    } else {
      this.unchanged += 1
    }
  }

  #sameContent(entry: SyncEntry, existing: SyncEntry): boolean {
    if (entry.size !== existing.size) return false
    const { same } = this.#options
    return same === undefined ? entry.mtime !== undefined && entry.mtime === existing.mtime : same.has(entry.path)
  }

  #make(entry: SyncEntry): void {
    this.#push(stepOf(entry, true))
    if (entry.kind === 'directory') this.#made.add(entry.path)
  }

  /** What is taken out of a directory that is left out needs that directory all the same. */
  #push(step: SyncStep): void {
    for (const path of pathsTo(parentOf(step.entry.path))) {
      const entry = this.#source.entries.get(path)
      const isThere = this.#made.has(path) || this.#target.entries.get(path)?.kind === 'directory'
      if (entry !== undefined && !isThere && path !== step.entry.path) this.#make(entry)
    }
    this.making.push(step)
    if (step.action !== 'attributes' && step.entry.path !== '') this.touched.add(parentOf(step.entry.path))
  }
}

/** What only the target has, or has as another kind, the deepest first. What is left out stays, and so do the directories that hold it. */
function doomedOf(source: SyncTree, target: SyncTree, filter: PathFilter): SyncEntry[] {
  const needed = new Set<string>([...target.unseen].flatMap(pathsTo))
  return inOrder(target)
    .reverse()
    .filter(({ path, kind }) => {
      const wanted = source.entries.get(path)
      const isMeant = path !== '' && filter.takes(path, kind === 'directory') && wanted?.kind !== kind
      // A special file of the source is no reason to delete what has its name.
      const goes = isMeant && wanted?.kind !== 'other' && !needed.has(path)
      if (!goes) needed.add(parentOf(path))
      return goes
    })
}

/** What the source does not tell cannot be made alike. */
const differs = (wanted: number | undefined, present: number | undefined): boolean =>
  wanted !== undefined && wanted !== present

function stepOf(entry: SyncEntry, fresh: boolean): SyncStep {
  const action = entry.kind === 'directory' ? 'mkdir' : entry.kind === 'symlink' ? 'link' : 'copy'
  return { action, entry, fresh }
}

const inOrder = ({ entries }: SyncTree): SyncEntry[] =>
  [...entries.values()].sort((one, other) => compareNames(one.path, other.path))

const parentOf = (path: string): string => path.slice(0, Math.max(0, path.lastIndexOf('/')))

/** The root, the directories on the way, and the path itself. */
function pathsTo(path: string): string[] {
  const paths = ['']
  for (let end = path.indexOf('/'); end >= 0; end = path.indexOf('/', end + 1)) paths.push(path.slice(0, end))
  return path === '' ? paths : [...paths, path]
}
