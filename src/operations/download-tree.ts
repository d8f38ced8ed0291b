import { mkdirSync, statSync } from 'node:fs'
import { resolve } from 'node:path'
import { FerryError } from '../errors/ferry-error.ts'
import { errnoOf, localError } from '../errors/local-error.ts'
import { type Attributes, type DirectoryEntry, fileType } from '../model/attributes.ts'
import { fsPath } from '../model/name-bytes.ts'
import { joinRemote, type RemotePath, suspectName } from '../model/remote-path.ts'
import { asLocalChange } from '../sftp/audited-session.ts'
import type { SftpSession } from '../sftp/session.ts'
import { type DownloadFileOptions, downloadFile } from '../transfer/download-file.ts'
import { joinLocal } from '../transfer/local-target.ts'
import { readDirectory } from '../transfer/read-directory.ts'
import { reasonOf, told } from '../transfer/transfer-error.ts'
import { once } from './once.ts'
import { placeLocalLink } from './place-local-link.ts'
import { refusedName } from './refused-name.ts'
import { setLocalAttributes } from './set-local-attributes.ts'
import type { TransferRun } from './transfer-run.ts'
import { belowSource, checkDepth } from './tree-limits.ts'

interface Place {
  /** Where the tree's source goes. */
  readonly root: string
  readonly from: RemotePath
  readonly to: string
  /** Below the source, `''` for the source itself. */
  readonly below: string
  readonly depth: number
  /** Where links are followed: the real paths of this directory and those above, to know a cycle by. */
  readonly real: readonly RemotePath[]
  readonly intoExisting: boolean
  /** Makes the directories above: those that are left out wait for something in them that is not. */
  readonly openAbove: () => unknown
}

type Found = Pick<Place, 'from' | 'to' | 'below'>

/** A directory whose entries are looked at; `open` makes it, and gives whether it is new. */
interface Opened extends Place {
  readonly open: () => boolean
}

interface Made extends Place {
  readonly attributes: Attributes
  readonly fresh: boolean
}

type Link = Found & Pick<Place, 'root'>

/**
 * The walk of a download. Files are written as they are found; links are made when no more bytes are written, so that nothing is ever
 * written through a link of the server's; directories get their modes and times at last.
 */
export class DownloadTree {
  readonly #run: TransferRun
  readonly #options: DownloadFileOptions
  readonly #links: Link[] = []
  readonly #made: Made[] = []

  constructor(run: TransferRun, fsync: boolean) {
    this.#run = run
    this.#options = { ...run.copying(fsync), closing: run.closing }
  }

  root(from: RemotePath, to: string, attributes: Attributes, intoExisting: boolean, alone: boolean): void {
    this.#directory(
      { root: to, from, to, below: '', depth: 0, real: [], intoExisting, openAbove: () => {} },
      attributes,
      alone,
    )
  }

  /** Downloads one file, and resolves once it is begun: `fresh` where nothing has its name here, `alone` where it is all that is downloaded. */
  file(from: RemotePath, to: string, attributes: Attributes, { fresh = false, alone = false }): Promise<void> {
    this.#run.report.found(attributes.size ?? 0)
    return this.#run.queue.file(() => this.#file(from, to, attributes, fresh, alone))
  }

  /** What has to wait until every file is there. */
  async finish(): Promise<void> {
    const { queue } = this.#run
    await queue.finished()
    for (const link of this.#links) await queue.file(() => this.#link(link))
    await queue.finished()
    await this.#run.deepestFirst(this.#made, async (directory) => this.#seal(directory))
  }

  async #file(from: RemotePath, to: string, attributes: Attributes, fresh: boolean, alone: boolean): Promise<void> {
    const { session, report } = this.#run
    try {
      const bytes = await downloadFile(session, from, attributes, to, this.#options, { fresh })
      report.done(from, to, bytes)
    } catch (error) {
      this.#run.fail(from, to, error, alone)
    }
  }

  #directory(place: Place, attributes: Attributes, alone = false): void {
    this.#run.queue.directory(async () => {
      const { session, signal, links, filter } = this.#run
      const { from, to, below, depth } = place
      const listing = readDirectory(session, from, { signal })
      const seen = new Set<string>()
      let begun = false
      try {
        checkDepth('download', from, depth)
        // Only then is anything made here: the server may refuse to list it.
        let next = await listing.next()
        const open = once(() => this.#open(place, attributes))
        if (below === '' || filter.takes(below, true)) open()
        begun = true
        const real = links === 'follow' && depth === 0 ? [await this.#realPath(from)] : place.real
        const here = { ...place, real, open, openAbove: open }
        for (; !next.done; next = await listing.next()) await this.#entry(here, next.value, seen)
      } catch (error) {
        this.#fail(from, to, error, alone && !begun)
      } finally {
        await listing.return()
      }
    })
  }

  /** Gives whether the directory is new. */
  #open(place: Place, attributes: Attributes): boolean {
    place.openAbove()
    const fresh = makeLocal(this.#run.session, place.to, attributes)
    this.#run.report.directory()
    this.#made.push({ ...place, attributes, fresh })
    return fresh
  }

  async #entry(here: Opened, { name, attributes: listed }: DirectoryEntry, seen: Set<string>): Promise<void> {
    const { session, report, links } = this.#run
    const suspect = suspectName(name) ?? (seen.has(name) ? 'a name that is listed twice' : undefined)
    if (suspect !== undefined) {
      return this.#run.fail(here.from, here.to, refusedName('download', here.from, name, suspect))
    }
    seen.add(name)
    const from = joinRemote(here.from, name)
    const to = joinLocal(here.to, name)
    const below = belowSource(here.below, name)
    try {
      const attributes = listed.permissions === undefined ? await session.lstat(from) : listed
      const kind = fileType(attributes)
      if (kind === 'symlink' && links === 'follow') {
        return await this.#run.queue.file(() => this.#follow(here, { from, to, below }))
      }
      if (!this.#wants(below, kind === 'directory')) return
      if (kind === 'directory') return this.#directory(beneath(here, { from, to, below }, name), attributes)
      if (kind === 'other') return report.skip(from, 'not a regular file')
      if (kind === 'symlink' && links === 'skip') return report.skip(from, 'a symbolic link')
      const fresh = here.open()
      if (kind === 'file') return await this.file(from, to, attributes, { fresh })
      report.found(0)
      this.#links.push({ root: here.root, from, to, below })
    } catch (error) {
      this.#fail(from, to, error)
    }
  }

  #wants(below: string, isDirectory: boolean): boolean {
    const { filter } = this.#run
    return filter.takes(below, isDirectory) || (isDirectory && filter.mayTakeBelow)
  }

  async #follow(here: Opened, { from, to, below }: Found): Promise<void> {
    try {
      const attributes = await this.#run.session.stat(from)
      const kind = fileType(attributes)
      if (!this.#wants(below, kind === 'directory')) return
      if (kind === 'directory') {
        const real = await this.#realPath(from)
        if (here.real.includes(real)) {
          throw new FerryError('operation_failed', `${from}: a directory that holds itself`, { path: from })
        }
        const chain = [...here.real, real]
        this.#directory(
          { ...here, from, to, below, depth: here.depth + 1, real: chain, intoExisting: false },
          attributes,
        )
      } else if (kind === 'file') {
        const fresh = here.open()
        this.#run.report.found(attributes.size ?? 0)
        await this.#file(from, to, attributes, fresh, false)
      } else {
        this.#run.report.skip(from, 'not a regular file')
      }
    } catch (error) {
      this.#fail(from, to, error)
    }
  }

  async #link({ root, from, to, below }: Link): Promise<void> {
    const { session, overwrite, report } = this.#run
    try {
      placeLocalLink(session, await session.readlink(from), root, below, overwrite)
      report.done(from, to, 0)
    } catch (error) {
      this.#fail(from, to, error)
    }
  }

  #seal({ to, attributes, fresh, intoExisting }: Made): void {
    const { session, preserve, report } = this.#run
    const { permissions = 0o777, times } = attributes
    const mode = permissions & 0o777
    try {
      if (preserve && !intoExisting) {
        setLocalAttributes(session, to, {
          ...(times !== undefined && { times }),
          ...(attributes.permissions !== undefined && { permissions: mode }),
        })
      } else if (fresh && (mode & 0o700) !== 0o700) {
        setLocalAttributes(session, to, { permissions: statSync(fsPath(to)).mode & mode })
      }
    } catch (error) {
      if (error instanceof FerryError) throw error
      report.warn(to, `attributes not kept: ${reasonOf(localError('set attributes of', to, error))}`)
    }
  }

  async #realPath(from: RemotePath): Promise<RemotePath> {
    return joinRemote(await this.#run.session.realpath(from), '')
  }

  #fail(from: RemotePath, to: string, error: unknown, alone = false): void {
    this.#run.fail(from, to, told(`download ${from} -> ${to}`, error, { path: from }), alone)
  }
}

function beneath(here: Place, found: Found, name: string): Place {
  const { root, depth, real, openAbove } = here
  const last = real.at(-1)
  const chain = last === undefined ? [] : [...real, joinRemote(last, `${name}/`)]
  return { ...found, root, depth: depth + 1, real: chain, intoExisting: false, openAbove }
}

/** Makes a directory that can be filled, or finds one; gives whether it is new. */
function makeLocal(session: SftpSession, path: string, { permissions = 0o777 }: Attributes): boolean {
  try {
    // What is there already is no change, and is not recorded as one.
    if (isLocalDirectory(path)) return false
    const mode = (permissions & 0o777) | 0o700
    asLocalChange(session, { operation: 'mkdir', path: resolve(path) }, () => mkdirSync(fsPath(path), mode))
    return true
  } catch (error) {
    if (errnoOf(error) !== 'EEXIST') throw localError('mkdir', path, error)
    if (isLocalDirectory(path)) return false
    throw new FerryError('wrong_kind', `${path}: not a directory`, { path })
  }
}

/** A link to a directory is one: it was there before we began, as ours come last. */
const isLocalDirectory = (path: string): boolean =>
  statSync(fsPath(path), { throwIfNoEntry: false })?.isDirectory() ?? false
