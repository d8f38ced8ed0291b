import { FerryError } from '../errors/ferry-error.ts'
import type { Handle, SftpSession } from '../sftp/session.ts'
import type { Lanes } from './lanes.ts'
import { TransferWindow, type WindowOptions } from './transfer-window.ts'

/** How a transfer gets more sessions to the same server. */
export interface MoreConnections {
  /** Opens one without asking anybody anything. */
  readonly open: (signal: AbortSignal) => Promise<SftpSession>
  /** Why one could not be had: the transfer goes on with fewer. */
  readonly note: (text: string) => void
}

export interface ConnectionPoolOptions extends WindowOptions {
  /** Connections for one file, the present one among them; absent: as many as pay. */
  readonly connections?: number | undefined
  readonly more?: MoreConnections | undefined
  readonly signal: AbortSignal
}

/** Logging in takes some fifteen round trips, in which one channel moves 30 MiB or more: a shorter file does not earn them back. */
const worthwhileBytes = 64 << 20
/** Where a number was asked for, each connection has to have this much to do. */
const smallestBytes = 1 << 20

/** Connections that pay at a round trip of so many milliseconds, by measurement: below, one channel fills the line. */
function worthwhile(direction: 'read' | 'write', roundTripMs: number): number {
  if (roundTripMs >= 50) return 4
  return direction === 'write' && roundTripMs >= 20 ? 2 : 1
}

/** Further sessions of one transfer: opened when the first large file comes, used by all large files, closed with the transfer. */
export class ConnectionPool implements AsyncDisposable {
  readonly #session: SftpSession
  readonly #direction: 'read' | 'write'
  readonly #options: ConnectionPoolOptions
  readonly #left = new AbortController()
  readonly #opening: Promise<SftpSession | undefined>[] = []
  readonly #windows = new WeakMap<SftpSession, TransferWindow>()
  #roundTripMs: Promise<number> | undefined

  constructor(session: SftpSession, direction: 'read' | 'write', options: ConnectionPoolOptions) {
    this.#session = session
    this.#direction = direction
    this.#options = options
  }

  /** How many connections a file of this size is worth. Asks the server for the round trip once, where that matters. */
  async worth(sizeBytes: number): Promise<number> {
    const { connections, more } = this.#options
    if (more === undefined || connections === 1) return 1
    if (connections !== undefined) return Math.max(1, Math.min(connections, Math.floor(sizeBytes / smallestBytes)))
    if (sizeBytes < worthwhileBytes) return 1
    this.#roundTripMs ??= roundTripMs(this.#session)
    return worthwhile(this.#direction, await this.#roundTripMs)
  }

  /** Adds to a file's lanes while it is under way; `open` opens the file in another session. */
  widen(lanes: Lanes, count: number, open: (session: SftpSession) => Promise<Handle>): void {
    for (let index = 0; index < count - 1; index += 1) void this.#join(lanes, index, open)
  }

  async #join(lanes: Lanes, index: number, open: (session: SftpSession) => Promise<Handle>): Promise<void> {
    this.#opening[index] ??= this.#open()
    const session = await this.#opening[index]
    if (session === undefined) return
    try {
      const handle = await open(session)
      if (!lanes.add({ session, handle, window: this.#window(session) })) await session.close(handle)
    } catch (error) {
      this.#note(error)
    }
  }

  async #open(): Promise<SftpSession | undefined> {
    try {
      return await this.#options.more?.open(AbortSignal.any([this.#options.signal, this.#left.signal]))
    } catch (error) {
      this.#note(error)
      return undefined
    }
  }

  #window(session: SftpSession): TransferWindow {
    const window = this.#windows.get(session) ?? new TransferWindow(session, this.#direction, this.#options)
    this.#windows.set(session, window)
    return window
  }

  #note(error: unknown): void {
    if (this.#left.signal.aborted || this.#options.signal.aborted) return
    const reason = error instanceof Error ? error.message : String(error)
    this.#options.more?.note(`another connection could not be used: ${reason}`)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#left.abort(new FerryError('cancelled', 'the transfer is over'))
    const sessions = await Promise.all(this.#opening)
    await Promise.all(sessions.map((session) => session?.[Symbol.asyncDispose]()))
  }
}

async function roundTripMs(session: SftpSession): Promise<number> {
  const startedAt = performance.now()
  await session.realpath('.').catch(() => undefined) // a refusal takes as long
  return performance.now() - startedAt
}
