import { closeSync, openSync } from 'node:fs'
import { FerryError } from '../errors/ferry-error.ts'
import { errnoOf, localError } from '../errors/local-error.ts'
import { counted } from '../model/counted.ts'
import { fsPath } from '../model/name-bytes.ts'
import type { RemotePath } from '../model/remote-path.ts'
import type { SftpSession } from '../sftp/session.ts'
import type { TransferSummary } from '../transfer/progress.ts'
import { isTemporaryName } from '../transfer/temporary-name.ts'
import { endsAll, told } from '../transfer/transfer-error.ts'
import { canSync } from './can-sync.ts'
import { bothHashes } from './file-hashes.ts'
import { refusedLink } from './place-local-link.ts'
import { listLocalTree, listRemoteTree, localPlace, remotePlace, type SyncListing } from './sync-listing.ts'
import {
  ofOneSize,
  planSync,
  type SyncAction,
  type SyncEntry,
  type SyncPlan,
  type SyncStep,
  type SyncTree,
} from './sync-plan.ts'
import { localSide, remoteSide, type SyncSide } from './sync-sides.ts'
import { type TransferOptions, TransferRun } from './transfer-run.ts'

/** What became of one step, or with `dryRun` would become of it. */
export interface SyncStepResult {
  /** `list`: something of the tree could not be seen. */
  readonly action: SyncAction | 'list'
  /** Below the roots; `.` is the root. */
  readonly path: string
  readonly bytes?: number
  readonly error?: FerryError
}

export interface SyncOptions extends Omit<TransferOptions, 'preserve' | 'links' | 'overwrite'> {
  /** Make the local side like the remote one; else the other way round. */
  readonly pull?: boolean
  /** Delete what only the side that is changed has. */
  readonly delete?: boolean
  /** Only tell what would be done. */
  readonly dryRun?: boolean
  /** Compare the contents of files of one size, instead of their times. */
  readonly checksum?: boolean
  readonly onStep?: (result: SyncStepResult) => void
}

export interface SyncSummary extends TransferSummary {
  /** Files and links that were alike already. */
  readonly unchanged: number
}

/**
 * Makes a remote directory like a local one, or the other way round: files, directories, links, modes and times. What fails for one of
 * them is in the summary's `failures`, and the rest goes on; a lost session rejects. Links are not followed on either side.
 */
export async function sync(
  session: SftpSession,
  local: string,
  remote: RemotePath,
  options: SyncOptions,
): Promise<SyncSummary> {
  const run = new TransferRun(session, options.pull ? 'read' : 'write', options)
  let unchanged = 0
  const summary = await run.complete(async () => {
    unchanged = await new Synchronising(run, local, remote, options).work()
  })
  return { ...summary, unchanged }
}

class Synchronising {
  readonly #run: TransferRun
  readonly #local: string
  readonly #remote: RemotePath
  readonly #options: SyncOptions
  readonly #tell: (result: SyncStepResult) => void

  constructor(run: TransferRun, local: string, remote: RemotePath, options: SyncOptions) {
    this.#run = run
    this.#local = local
    this.#remote = remote
    this.#options = options
    this.#tell = options.onStep ?? (() => undefined)
  }

  async work(): Promise<number> {
    const { filter, report, session } = this.#run
    const { pull = false, dryRun = false, checksum = false } = this.#options
    const [here, there] = await this.#listings()
    const [source, target] = pull ? [there, here] : [here, there]
    if (source.entries.size === 0) throw this.#nothingThere()
    const given = withoutTemporary(source)
    const same = checksum ? await this.#sameContents(ofOneSize(given, target, filter)) : undefined
    const plan = planSync(given, this.#run.kept === undefined ? target : withoutTemporary(target), {
      filter,
      delete: this.#options.delete ?? false,
      ...(same && { same }),
    })
    for (const { path } of plan.special) report.skip(this.#place(path), 'neither file, directory nor link')
    for (const { path, error } of [...source.failures, ...target.failures]) {
      report.failed(path, path, error)
      this.#tell({ action: 'list', path, error })
    }
    const make = pull ? localSide : remoteSide
    const warn = (message: string): void => report.warn(this.#remote, message)
    const wantsFsync = this.#options.fsync ?? false
    const fsync = pull ? wantsFsync : canSync(session, wantsFsync, warn)
    const side = make(this.#run, this.#local, this.#remote, fsync)
    this.#warnOfTemporary(target, side)
    for (const { step, existing } of plan.conflicts) this.#refuse(step, existing, side)
    if (dryRun) for (const step of stepsOf(plan)) this.#pretend(step, side)
    else await this.#apply(plan, side)
    return plan.unchanged
  }

  async #listings(): Promise<[SyncListing, SyncListing]> {
    const { session, filter, signal } = this.#run
    const remote = listRemoteTree(session, this.#remote, { filter, signal })
    remote.catch(() => undefined) // looked at below
    return [await listLocalTree(this.#local, { filter, signal }), await remote]
  }

  /** Another run may be writing them, so that they are only told. */
  #warnOfTemporary({ entries }: SyncTree, side: SyncSide): void {
    if (this.#options.delete || this.#run.kept !== undefined) return
    const count = [...entries.keys()].filter(isTemporaryName).length
    if (count === 0) return
    const { to } = side.places('')
    this.#run.report.warn(
      to,
      `${counted(count, 'temporary file')} of earlier runs or of one under way; --delete removes them`,
    )
  }

  async #sameContents(paths: readonly string[]): Promise<Set<string>> {
    const { session, queue, signal } = this.#run
    const same = new Set<string>()
    for (const path of paths) {
      await queue.file(async () => {
        let fd: number | undefined
        try {
          fd = openSync(fsPath(localPlace(this.#local, path)), 'r')
          const [ours, theirs] = await bothHashes(session, fd, remotePlace(this.#remote, path), signal)
          if (ours === theirs) same.add(path)
        } catch (error) {
          // What cannot be read will say so when it is copied.
          if (errnoOf(error) === undefined && endsAll(error)) throw error
        } finally {
          if (fd !== undefined) closeSync(fd)
        }
      })
    }
    await queue.finished()
    return same
  }

  async #apply(plan: SyncPlan, side: SyncSide): Promise<void> {
    const { queue, report } = this.#run
    const act = (step: SyncStep): Promise<void> => queue.file(() => this.#do(step, side))
    const inTurn = (steps: readonly SyncStep[], sign = 1): Promise<void> =>
      this.#run.deepestFirst(
        steps.map((step) => ({ step, depth: sign * levelOf(step.entry.path) })),
        ({ step }) => this.#do(step, side),
      )
    const making = (wanted: SyncAction): SyncStep[] => plan.making.filter(({ action }) => action === wanted)
    for (const { action, entry } of plan.making) if (action === 'copy' || action === 'link') report.found(entry.size)
    await inTurn(plan.clearing)
    // A directory is there before what is in it is asked for.
    await inTurn(making('mkdir'), -1)
    for (const step of making('copy')) await act(step)
    await queue.finished()
    for (const step of making('link')) await act(step)
    await queue.finished()
    await inTurn(plan.deleting)
    for (const step of making('attributes')) if (step.entry.kind !== 'directory') await act(step)
    await queue.finished()
    await this.#seal(plan, side)
  }

  /** Directories get their modes and times when nothing in them changes any more. */
  async #seal(plan: SyncPlan, side: SyncSide): Promise<void> {
    const asked = plan.making.filter(({ action, entry }) => action === 'attributes' && entry.kind === 'directory')
    const steps = new Map(asked.map((step) => [step.entry.path, step]))
    const items = plan.sealing.map((entry) => ({ entry, depth: levelOf(entry.path) }))
    await this.#run.deepestFirst(items, async ({ entry }) => {
      const step = steps.get(entry.path)
      if (step !== undefined) return this.#do(step, side)
      await side.setAttributes(entry).catch((error: unknown) => {
        if (endsAll(error) || !(error instanceof FerryError)) throw error
        this.#run.report.warn(side.places(entry.path).to, 'attributes not kept')
      })
    })
  }

  async #do(step: SyncStep, side: SyncSide): Promise<void> {
    const { action, entry } = step
    const { report } = this.#run
    const { from, to } = side.places(entry.path)
    const path = shown(entry.path)
    try {
      const bytes = await perform(step, side)
      if (action === 'delete') report.deleted(to)
      else if (action === 'mkdir') report.directory()
      else if (action !== 'attributes') report.done(from, to, bytes ?? 0)
      this.#tell({ action, path, ...(bytes !== undefined && { bytes }) })
    } catch (error) {
      this.#failed(step, side, error)
    }
  }

  #failed({ action, entry }: SyncStep, side: SyncSide, error: unknown): void {
    const { from, to } = side.places(entry.path)
    const isDeletion = action === 'delete'
    const failure = told(isDeletion ? `delete ${to}` : `${this.#act} ${from} -> ${to}`, error, { path: to })
    this.#run.fail(isDeletion ? to : from, to, failure)
    this.#tell({ action, path: shown(entry.path), error: failure })
  }

  #refuse({ action, entry }: SyncStep, existing: SyncEntry, side: SyncSide): void {
    const { from, to } = side.places(entry.path)
    const kind = existing.kind === 'other' ? 'special file' : existing.kind
    const error = new FerryError('wrong_kind', `${this.#act} ${from} -> ${to}: a ${kind} has that name`, {
      path: to,
      hint: '--delete replaces it',
    })
    this.#run.report.failed(from, to, error)
    this.#tell({ action, path: shown(entry.path), error })
  }

  get #act(): string {
    return this.#options.pull ? 'download' : 'upload'
  }

  #pretend(step: SyncStep, side: SyncSide): void {
    const { action, entry } = step
    const { path, size, target = '' } = entry
    const refusal = action === 'link' && this.#options.pull ? refusedLink(target, this.#local, path) : undefined
    if (refusal !== undefined) {
      this.#failed(step, side, refusal)
      return
    }
    const { report } = this.#run
    if (action === 'delete') report.deleted(shown(path))
    else if (action === 'mkdir') report.directory()
    else if (action !== 'attributes') report.count(action === 'copy' ? size : 0)
    this.#tell({ action, path: shown(path), ...(action === 'copy' && { bytes: size }) })
  }

  #place(path: string): string {
    return this.#options.pull ? remotePlace(this.#remote, path) : localPlace(this.#local, path)
  }

  #nothingThere(): FerryError {
    const root = this.#place('')
    if (this.#options.pull) return new FerryError('not_found', `sync ${root}: no such directory`, { path: root })
    return localError('sync', root, Object.assign(new Error('ENOENT'), { code: 'ENOENT' }))
  }
}

async function perform(step: SyncStep, side: SyncSide): Promise<number | undefined> {
  const { action, entry } = step
  if (action === 'copy') return side.copy(step)
  if (action === 'mkdir') await side.makeDirectory(entry)
  else if (action === 'link') await side.link(entry)
  else if (action === 'delete') await side.remove(entry)
  else await side.setAttributes(entry)
  return undefined
}

/** In the order in which they are begun. */
const stepsOf = ({ clearing, making, deleting }: SyncPlan): SyncStep[] => [...clearing, ...making, ...deleting]

const levelOf = (path: string): number => (path === '' ? 0 : path.split('/').length)

const shown = (path: string): string => (path === '' ? '.' : path)

/** What a transfer has left behind, or is using, is no part of a tree. */
function withoutTemporary({ entries, unseen }: SyncTree): SyncTree {
  const kept = [...entries].filter(([path]) => !isTemporaryName(path))
  return { entries: new Map(kept), unseen }
}
