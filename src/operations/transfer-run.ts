import { FerryError } from '../errors/ferry-error.ts'
import { type PathFilter, type PathPatterns, pathFilter } from '../model/path-filter.ts'
import type { SftpSession } from '../sftp/session.ts'
import { ConnectionPool, type ConnectionPoolOptions } from '../transfer/connection-pool.ts'
import type { CopyOptions, Verify } from '../transfer/copy-options.ts'
import type { TransferListener, TransferSummary } from '../transfer/progress.ts'
import { endsAll } from '../transfer/transfer-error.ts'
import { TransferQueue } from '../transfer/transfer-queue.ts'
import { TransferReport } from '../transfer/transfer-report.ts'
import { TransferWindow, type WindowOptions } from '../transfer/transfer-window.ts'
import { verifyCopy } from './file-hashes.ts'
import { withLeftovers } from './leftovers.ts'

export interface TransferOptions extends WindowOptions, PathPatterns, ConnectionPoolOptions {
  /** Carry times and permissions over; true unless said otherwise. */
  readonly preserve?: boolean
  /** False: a file that exists is an error. */
  readonly overwrite?: boolean
  /** True unless said otherwise: the final name only ever holds the old file or the whole new one. */
  readonly atomic?: boolean
  /** What becomes of links inside a tree. */
  readonly links?: 'keep' | 'follow' | 'skip'
  /** Wait until the bytes are on the disk. */
  readonly fsync?: boolean
  /** Go on with what an earlier transfer of the same files left, after proving that it is their beginning, and leave as much. */
  readonly resume?: boolean
  /** Compare hashes of each file before it gets its name. */
  readonly verify?: boolean
  readonly listener?: TransferListener
  readonly signal: AbortSignal
}

/** More files at once are no faster on a short line, and up to twice as fast where a round trip takes so many milliseconds. */
const filesAtOnce = { short: 64, long: 256 } as const
const longLineMs = 10
const directoriesAtOnce = 16
/** What all files of one upload or download share. */
export class TransferRun {
  readonly session: SftpSession
  readonly signal: AbortSignal
  readonly preserve: boolean
  readonly overwrite: boolean
  readonly atomic: boolean
  readonly links: 'keep' | 'follow' | 'skip'
  readonly report: TransferReport
  readonly queue: TransferQueue
  readonly window: TransferWindow
  readonly pool: ConnectionPool
  /** Temporary files on the server that are not gone yet. */
  readonly leftovers = new Set<string>()
  /** Parts of files, here or on the server, that a later transfer can go on with; absent where none are to be left. */
  readonly kept: Set<string> | undefined
  readonly verify: Verify | undefined
  readonly filter: PathFilter
  readonly #closing = new Set<Promise<void>>()

  constructor(session: SftpSession, direction: 'read' | 'write', options: TransferOptions) {
    this.session = session
    this.signal = options.signal
    this.preserve = options.preserve ?? true
    this.overwrite = options.overwrite ?? true
    this.atomic = options.atomic ?? true
    this.links = options.links ?? 'keep'
    this.kept = options.resume ? new Set() : undefined
    this.verify = options.verify ? (fd, path) => verifyCopy(session, fd, path, options.signal) : undefined
    this.filter = pathFilter(options)
    this.report = new TransferReport(options.listener)
    this.window = new TransferWindow(session, direction, options)
    this.pool = new ConnectionPool(session, direction, options)
    const { handles } = session.limits
    // Handles whose CLOSE is not answered yet count as well.
    const wanted = (session.roundTripMs ?? 0) < longLineMs ? filesAtOnce.short : filesAtOnce.long
    const files = handles === 0 ? wanted : Math.floor((handles - directoriesAtOnce) / 2)
    this.queue = new TransferQueue({
      files: Math.max(1, Math.min(wanted, files)),
      directories: handles === 0 || handles > 2 * directoriesAtOnce ? directoriesAtOnce : 1,
      signal: options.signal,
    })
  }

  /** Does the work; whatever happens, nothing is under way afterwards but what a dead server keeps waiting. */
  async complete(work: () => Promise<void>): Promise<TransferSummary> {
    this.signal.throwIfAborted()
    if (this.kept !== undefined && !this.atomic) {
      throw new FerryError('usage', 'what is written under its final name at once cannot be resumed')
    }
    const { leftovers, kept = new Set() } = this
    await using _more = this.pool
    await withLeftovers(this.#toTheEnd(work), { leftovers, kept }, this.signal)
    return this.report.summary()
  }

  async #toTheEnd(work: () => Promise<void>): Promise<void> {
    try {
      await work()
    } catch (error) {
      await this.queue.finished()
      throw error
    }
    await Promise.all(this.#closing)
  }

  readonly closing = (request: Promise<void>): void => {
    this.#closing.add(request)
    void request.then(() => this.#closing.delete(request))
  }

  /** How every file of this run is copied, either way. */
  copying(fsync: boolean): CopyOptions {
    const { report, preserve, overwrite, atomic, kept, verify, window, pool, signal } = this
    return {
      ...{ preserve, overwrite, atomic, fsync, kept, verify, window, pool, signal },
      warn: (to, message) => report.warn(to, message),
      onResumed: (count) => report.resumed(count),
      onBytes: (from, count) => report.moved(from, count),
    }
  }

  /** One object's failure: the rest goes on, unless nothing can, or there is nothing else. */
  fail(from: string, to: string, error: unknown, isAll = false): void {
    if (isAll || endsAll(error) || error === this.signal.reason || !(error instanceof FerryError)) throw error
    this.report.failed(from, to, error)
  }

  /** The deepest first: a parent's mode may forbid what its children still need. */
  async deepestFirst<T extends { readonly depth: number }>(
    items: readonly T[],
    task: (item: T) => Promise<void>,
  ): Promise<void> {
    let level: number | undefined
    for (const item of [...items].sort((one, other) => other.depth - one.depth)) {
      if (item.depth !== level) await this.queue.finished()
      level = item.depth
      await this.queue.file(() => task(item))
    }
    await this.queue.finished()
  }
}
