import { lstatSync, readdirSync, type Stats, statSync } from 'node:fs'
import { FerryError } from '../errors/ferry-error.ts'
import { localError } from '../errors/local-error.ts'
import { type Attributes, isDirectory } from '../model/attributes.ts'
import { compareNames } from '../model/byte-order.ts'
import { decodeName, fsPath } from '../model/name-bytes.ts'
import { joinRemote, type RemotePath } from '../model/remote-path.ts'
import { joinLocal, readLocalLink } from '../transfer/local-target.ts'
import { endsAll, reasonOf, told } from '../transfer/transfer-error.ts'
import { type Standing, timesOf, type UploadFileOptions, uploadFile } from '../transfer/upload-file.ts'
import { once } from './once.ts'
import { placeLink } from './place-link.ts'
import type { TransferRun } from './transfer-run.ts'
import { belowSource, checkDepth } from './tree-limits.ts'

interface Place {
  readonly from: string
  readonly to: RemotePath
  /** Below the source, `''` for the source itself. */
  readonly below: string
  readonly depth: number
  /** Device and inode of the directories above, to know a cycle by. */
  readonly above: readonly string[]
  readonly intoExisting: boolean
  /** Makes the directories above: those that are left out wait for something in them that is not. */
  readonly openAbove: () => Promise<unknown>
}

interface Made extends Place {
  readonly stats: Stats
  readonly fresh: boolean
}

/** The walk of an upload: directories first, files as they are found, links after all files, directories' modes and times at last. */
export class UploadTree {
  readonly #run: TransferRun
  readonly #options: UploadFileOptions
  readonly #links: { readonly from: string; readonly to: RemotePath }[] = []
  readonly #made: Made[] = []

  constructor(run: TransferRun, fsync: boolean) {
    this.#run = run
    const onOpened = (sizeBytes: number): void => run.report.found(sizeBytes)
    this.#options = { ...run.copying(fsync), leftovers: run.leftovers, onOpened }
  }

  root(from: string, to: RemotePath, stats: Stats, intoExisting: boolean, alone: boolean): void {
    this.#directory({ from, to, below: '', depth: 0, above: [], intoExisting, openAbove: async () => {} }, stats, alone)
  }

  /** Uploads one file, and resolves once it is begun; `alone` where it is all that is uploaded. */
  file(from: string, to: RemotePath, standing: Standing, alone = false): Promise<void> {
    const { session, report } = this.#run
    return this.#run.queue.file(async () => {
      try {
        const bytes = await uploadFile(session, from, to, this.#options, standing)
        report.done(from, to, bytes)
      } catch (error) {
        this.#run.fail(from, to, error, alone)
      }
    })
  }

  /** What has to wait until every file is there. */
  async finish(): Promise<void> {
    const { queue } = this.#run
    await queue.finished()
    for (const link of this.#links) await queue.file(() => this.#link(link.from, link.to))
    await queue.finished()
    await this.#run.deepestFirst(this.#made, (directory) => this.#seal(directory))
  }

  #directory(place: Place, stats: Stats, alone = false): void {
    this.#run.queue.directory(async () => {
      const { from, to, below, depth } = place
      const open = once(() => this.#open(place, stats))
      let entries: Listed[]
      try {
        checkDepth('upload', from, depth)
        // Before anything is made: the tree may hold its own destination.
        entries = listLocal(from)
        if (below === '' || this.#run.filter.takes(below, true)) await open()
      } catch (error) {
        return this.#fail(from, to, error, alone)
      }
      for (const entry of entries) await this.#entry(place, stats, entry, open)
    })
  }

  async #open(place: Place, stats: Stats): Promise<boolean> {
    await place.openAbove()
    const fresh = !place.intoExisting && (await this.#make(place.to, stats))
    this.#run.report.directory()
    this.#made.push({ ...place, stats, fresh })
    return fresh
  }

  async #entry(place: Place, parent: Stats, { name, isRegular }: Listed, open: () => Promise<boolean>): Promise<void> {
    const { report, links, filter } = this.#run
    const from = joinLocal(place.from, name)
    const to = joinRemote(place.to, name)
    const below = belowSource(place.below, name)
    try {
      // Most are: those are looked at when they are open.
      if (isRegular) {
        if (filter.takes(below, false)) await this.file(from, to, { fresh: await open(), noFollow: true })
        return
      }
      let stats = lstatSync(fsPath(from))
      if (stats.isSymbolicLink() && links === 'follow') stats = statSync(fsPath(from))
      const isDirectory = stats.isDirectory()
      if (!filter.takes(below, isDirectory) && !(isDirectory && filter.mayTakeBelow)) return
      if (stats.isFile()) return await this.file(from, to, { fresh: await open(), noFollow: links !== 'follow' })
      if (isDirectory) return this.#below(place, parent, { from, to, below, openAbove: open }, stats)
      if (!stats.isSymbolicLink()) return report.skip(from, specialKind(stats))
      if (links === 'skip') return report.skip(from, 'a symbolic link')
      await open()
      report.found(0)
      this.#links.push({ from, to })
    } catch (error) {
      this.#fail(from, to, error instanceof FerryError ? error : localError('stat', from, error))
    }
  }

  #below(
    { above, depth }: Place,
    parent: Stats,
    found: Pick<Place, 'from' | 'to' | 'below' | 'openAbove'>,
    stats: Stats,
  ): void {
    const chain = [...above, identity(parent)]
    if (chain.includes(identity(stats))) {
      const { from } = found
      throw new FerryError('operation_failed', `${from}: a directory that holds itself`, { path: from })
    }
    this.#directory({ ...found, depth: depth + 1, above: chain, intoExisting: false }, stats)
  }

  /** Makes a directory that can be filled, or finds one; gives whether it is new. */
  async #make(to: RemotePath, { mode }: Stats): Promise<boolean> {
    const { session } = this.#run
    try {
      await session.mkdir(to, { permissions: (mode & 0o777) | 0o300 })
      return true
    } catch (error) {
      if (endsAll(error)) throw error
      // Servers answer FAILURE, or anything, for a directory that exists.
      const existing = await session.stat(to).catch(() => undefined)
      if (existing === undefined) throw error
      if (isDirectory(existing)) return false
      throw new FerryError('wrong_kind', `${to}: not a directory`, { path: to })
    }
  }

  async #link(from: string, to: RemotePath): Promise<void> {
    const { session, overwrite, report, leftovers } = this.#run
    try {
      await placeLink(session, readLocalLink(from), to, { overwrite, leftovers })
      report.done(from, to, 0)
    } catch (error) {
      this.#fail(from, to, error)
    }
  }

  async #seal({ to, stats, fresh, intoExisting }: Made): Promise<void> {
    const { session, preserve, report } = this.#run
    const mode = stats.mode & 0o777
    try {
      if (preserve && !intoExisting) await session.setstat(to, { permissions: mode, times: timesOf(stats) })
      else if (fresh && (mode & 0o300) !== 0o300) await session.setstat(to, within(await session.stat(to), mode))
    } catch (error) {
      if (endsAll(error) || !(error instanceof FerryError)) throw error
      report.warn(to, `attributes not kept: ${reasonOf(error)}`)
    }
  }

  #fail(from: string, to: string, error: unknown, alone = false): void {
    this.#run.fail(from, to, told(`upload ${from} -> ${to}`, error, { path: from }), alone)
  }
}

/** What the server's umask left of a mode, without what was added to fill the directory. */
const within = ({ permissions }: Attributes, mode: number): Attributes =>
  permissions === undefined ? {} : { permissions: permissions & mode }

const identity = ({ dev, ino }: Stats): string => `${dev}:${ino}`

/** A name in a local directory, and what the directory tells of it. */
interface Listed {
  readonly name: string
  readonly isRegular: boolean
}

function listLocal(path: string): Listed[] {
  try {
    return readdirSync(fsPath(path), { encoding: 'buffer', withFileTypes: true })
      .map((entry) => ({ name: decodeName(entry.name), isRegular: entry.isFile() }))
      .sort((one, other) => compareNames(one.name, other.name))
  } catch (error) {
    throw localError('list', path, error)
  }
}

function specialKind(stats: Stats): string {
  if (stats.isFIFO()) return 'a FIFO'
  return stats.isSocket() ? 'a socket' : 'a device'
}
