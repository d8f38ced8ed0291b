import type { Handle, SftpSession } from '../sftp/session.ts'
import { Contiguous } from './contiguous.ts'
import { type Lane, Lanes } from './lanes.ts'
import { endsAll } from './transfer-error.ts'
import type { TransferWindow } from './transfer-window.ts'

export interface PipelineOptions {
  readonly window: TransferWindow
  /** The first one, and others of the same file; else all goes over one session. */
  readonly lanes?: Lanes | undefined
  /**
   * Called once, when the last WRITE has been asked and not yet answered: what is asked now arrives right behind it. Where there were
   * several lanes, when all are answered.
   */
  readonly onLastAsked?: (() => void) | undefined
  readonly onBytes?: ((count: number) => void) | undefined
  /** Is given what is sent, in its order. */
  readonly onPiece?: ((piece: Uint8Array) => void) | undefined
  /** Bytes that may be on their way, or there, beyond the first that is missing; no bound of its own unless said. */
  readonly ahead?: number | undefined
  readonly signal: AbortSignal
}

/** Consecutive WRITEs to one file, many in flight. The first that fails stops the others. */
export class WritePipeline {
  /** Rejects when a WRITE fails; never resolves. */
  readonly failed: Promise<never>
  readonly #session: SftpSession
  readonly #handle: Handle
  readonly #options: PipelineOptions
  readonly #lanes: Lanes
  readonly #start: number
  readonly #pieces: Contiguous
  #next: number
  #pending = 0
  #failure: unknown
  #reject: (error: unknown) => void = () => undefined
  #wake: () => void = () => undefined

  constructor(session: SftpSession, handle: Handle, start: number, options: PipelineOptions) {
    this.#session = session
    this.#handle = handle
    this.#options = options
    this.#lanes = options.lanes ?? new Lanes({ session, handle, window: options.window })
    this.#start = start
    this.#next = start
    this.#pieces = new Contiguous(start)
    this.failed = new Promise((_resolve, reject) => {
      this.#reject = reject
    })
    this.failed.catch(() => undefined) // `finish` tells it too
  }

  /**
   * Sends what `read` gives, once there is room for so many bytes: what waits is not in memory. Gives the number of bytes sent. They have to
   * stay as they are until `onWritten`. Rejects once a WRITE has failed.
   */
  async put(length: number, read: () => Uint8Array, onWritten?: () => void): Promise<number> {
    const { ahead = Number.POSITIVE_INFINITY, signal } = this.#options
    while (this.#next - this.#pieces.reached >= ahead && this.#failure === undefined && !signal.aborted) {
      await new Promise<void>((resolve) => (this.#wake = resolve))
    }
    const lane = await this.#lanes.take(length)
    let data: Uint8Array
    try {
      if (this.#failure !== undefined || signal.aborted) throw this.#failure ?? signal.reason
      data = read()
    } catch (error) {
      lane.window.give(length)
      throw error
    }
    this.#options.onPiece?.(data)
    if (data.length === 0) lane.window.give(length)
    else void this.#write(lane, length, data, this.#next, onWritten)
    this.#next += data.length
    return data.length
  }

  /** Puts what `source` gives, waits for all answers, and gives the number of bytes. After a failure no piece is left behind a hole. */
  async run(source: () => Promise<void>): Promise<number> {
    try {
      await source()
      if (this.#lanes.isSplit) await this.#settled()
      const ended = this.#lanes.end()
      if (this.#failure === undefined) this.#options.onLastAsked?.()
      await ended
    } catch (error) {
      this.#failure ??= error
    }
    await this.#settled()
    await this.#lanes.end()
    const { reached, furthest } = this.#pieces
    if (this.#failure === undefined) return reached - this.#start
    if (furthest > reached) {
      await this.#session.fsetstat(this.#handle, { size: reached }).catch(() => undefined) // the first error is the one to report
    }
    throw this.#failure
  }

  async #settled(): Promise<void> {
    while (this.#pending > 0) await new Promise<void>((resolve) => (this.#wake = resolve))
  }

  async #write(
    lane: Lane,
    length: number,
    data: Uint8Array,
    offset: number,
    onWritten: (() => void) | undefined,
  ): Promise<void> {
    this.#pending += 1
    try {
      await lane.session.write(lane.handle, offset, data).catch((error: unknown) => {
        if (!endsAll(error) || !this.#lanes.drop(lane)) throw error
        return this.#session.write(this.#handle, offset, data)
      })
      this.#pieces.add(offset, data.length)
      this.#options.onBytes?.(data.length)
      onWritten?.()
    } catch (error) {
      this.#failure ??= error
      this.#reject(error)
    } finally {
      this.#pending -= 1
      lane.window.give(length)
      this.#wake()
    }
  }
}
