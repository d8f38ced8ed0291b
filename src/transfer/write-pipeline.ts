import type { Handle, SftpSession } from '../sftp/session.ts'
import { Contiguous } from './contiguous.ts'
import type { TransferWindow } from './transfer-window.ts'

export interface PipelineOptions {
  readonly window: TransferWindow
  /** Called once, when the last WRITE has been asked and not yet answered: what is asked now arrives right behind it. */
  readonly onLastAsked?: (() => void) | undefined
  readonly onBytes?: ((count: number) => void) | undefined
  readonly signal: AbortSignal
}

/** Consecutive WRITEs to one file, many in flight. The first that fails stops the others. */
export class WritePipeline {
  /** Rejects when a WRITE fails; never resolves. */
  readonly failed: Promise<never>
  readonly #session: SftpSession
  readonly #handle: Handle
  readonly #options: PipelineOptions
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
    this.#start = start
    this.#next = start
    this.#pieces = new Contiguous(start)
    this.failed = new Promise((_resolve, reject) => {
      this.#reject = reject
    })
    this.failed.catch(() => undefined) // `finish` tells it too
  }

  /** Sends the next bytes once there is room for them; they have to stay as they are until `onWritten`. Rejects once one has failed. */
  async put(data: Uint8Array, onWritten?: () => void): Promise<void> {
    const { window, signal } = this.#options
    await window.take(data.length)
    if (this.#failure !== undefined || signal.aborted) {
      window.give(data.length)
      throw this.#failure ?? signal.reason
    }
    void this.#write(data, this.#next, onWritten)
    this.#next += data.length
  }

  /** Puts what `source` gives, waits for all answers, and gives the number of bytes. After a failure no piece is left behind a hole. */
  async run(source: () => Promise<void>): Promise<number> {
    try {
      await source()
      if (this.#failure === undefined) this.#options.onLastAsked?.()
    } catch (error) {
      this.#failure ??= error
    }
    while (this.#pending > 0) await new Promise<void>((resolve) => (this.#wake = resolve))
    const { reached, furthest } = this.#pieces
    if (this.#failure === undefined) return reached - this.#start
    if (furthest > reached) {
      await this.#session.fsetstat(this.#handle, { size: reached }).catch(() => undefined) // the first error is the one to report
    }
    throw this.#failure
  }

  async #write(data: Uint8Array, offset: number, onWritten?: () => void): Promise<void> {
    this.#pending += 1
    try {
      await this.#session.write(this.#handle, offset, data)
      this.#pieces.add(offset, data.length)
      this.#options.onBytes?.(data.length)
      onWritten?.()
    } catch (error) {
      this.#failure ??= error
      this.#reject(error)
    } finally {
      this.#pending -= 1
      this.#options.window.give(data.length)
      this.#wake()
    }
  }
}
