import { FerryError } from '../errors/ferry-error.ts'
import type { Handle, SftpSession } from '../sftp/session.ts'
import type { Lanes } from './lanes.ts'
import { endsAll } from './transfer-error.ts'
import { TransferWindow, type WindowOptions } from './transfer-window.ts'

/** How a transfer gets more sessions to the same server. */
export interface MoreConnections {
  /** Logs in once more, without asking anybody anything. */
  readonly connection: (signal: AbortSignal) => Promise<SftpSession>
  /** Opens one over the present connection, in a few round trips; absent where that cannot be. */
  readonly channel?: (signal: AbortSignal) => Promise<SftpSession>
  /** Why one could not be had: the transfer goes on with fewer. */
  readonly note: (text: string) => void
}

export interface ConnectionPoolOptions extends WindowOptions {
  /** Connections for one file, the present one among them; absent: as many as pay. */
  readonly connections?: number | undefined
  readonly more?: MoreConnections | undefined
  readonly signal: AbortSignal
}

/** Further ways for the pieces of one file. */
export interface FurtherLanes {
  /** Adds them to a file's lanes as they become ready; `open` opens the file in each. */
  widen(lanes: Lanes, open: (session: SftpSession) => Promise<Handle>): void
}

/** Logging in takes some ten round trips, in which the channels of one connection move as much: a shorter file does not earn them back. */
const connectionBytes = 64 << 20
/** What one channel moves in a round trip, as the server's usual window allows: each has to have as much to do. */
const channelBytes = 2 << 20
/** Where a number was asked for, each connection has to have this much to do. */
const smallestBytes = 1 << 20

/** How many sessions of a kind pay besides the present one, at a round trip of so many milliseconds, by measurement. */
const worthwhile = {
  /** Our own window for what is read grows, the server's for what is written does not: there each channel has one. */
  channel: { read: () => 0, write: (ms: number) => (ms >= 50 ? 3 : ms >= 15 ? 1 : 0) },
  connection: { read: (ms: number) => (ms >= 50 ? 3 : 0), write: (ms: number) => (ms >= 50 ? 3 : ms >= 20 ? 1 : 0) },
} as const

type Kind = keyof typeof worthwhile

/** Further sessions of one transfer: opened when the first large file comes, used by all large files, closed with the transfer. */
export class ConnectionPool implements AsyncDisposable {
  readonly #session: SftpSession
  readonly #direction: 'read' | 'write'
  readonly #options: ConnectionPoolOptions
  readonly #left = new AbortController()
  readonly #opened = { channel: [] as Opening[], connection: [] as Opening[] }
  readonly #windows = new WeakMap<SftpSession, TransferWindow>()

  constructor(session: SftpSession, direction: 'read' | 'write', options: ConnectionPoolOptions) {
    this.#session = session
    this.#direction = direction
    this.#options = options
  }

  /** Opens as many as a file of this size is worth, unless they are there. */
  begin(sizeBytes: number): FurtherLanes {
    const wanted = (['channel', 'connection'] as const).flatMap((kind) =>
      this.#some(kind, this.#worth(kind, sizeBytes)).map((opening) => ({ kind, opening })),
    )
    return {
      widen: (lanes, open) => {
        for (const { kind, opening } of wanted) void this.#join(lanes, kind, opening, open)
      },
    }
  }

  #worth(kind: Kind, sizeBytes: number): number {
    const { connections, more } = this.#options
    if (more?.[kind] === undefined) return 0
    if (connections !== undefined) {
      return kind === 'channel' ? 0 : Math.min(connections, Math.floor(sizeBytes / smallestBytes)) - 1
    }
    const most = worthwhile[kind][this.#direction](this.#session.roundTripMs ?? 0)
    if (kind === 'connection') return sizeBytes < connectionBytes ? 0 : most
    return Math.min(most, Math.floor(sizeBytes / channelBytes) - 1)
  }

  #some(kind: Kind, count: number): Opening[] {
    const opened = this.#opened[kind]
    while (opened.length < count) opened.push(this.#open(kind))
    return opened.slice(0, Math.max(0, count))
  }

  async #join(
    lanes: Lanes,
    kind: Kind,
    opening: Opening,
    open: (session: SftpSession) => Promise<Handle>,
  ): Promise<void> {
    const session = await opening
    if (session === undefined) return
    const wasUsed = this.#windows.has(session)
    try {
      const handle = await open(session)
      if (!lanes.add({ session, handle, window: this.#window(session) })) await session.close(handle)
    } catch (error) {
      this.#note(kind, error)
      // It was lost after an earlier file, with the connection perhaps, which may have been made again.
      const other = wasUsed && endsAll(error) ? this.#replace(kind, opening) : undefined
      if (other !== undefined) await this.#join(lanes, kind, other, open)
    }
  }

  /** Another one in place of one that is lost; none where that was done, or all is over. */
  #replace(kind: Kind, lost: Opening): Opening | undefined {
    const at = this.#opened[kind].indexOf(lost)
    if (at < 0 || this.#left.signal.aborted) return undefined
    void lost.then((session) => session?.[Symbol.asyncDispose]())
    const opening = this.#open(kind)
    this.#opened[kind][at] = opening
    return opening
  }

  async #open(kind: Kind): Promise<SftpSession | undefined> {
    try {
      return await this.#options.more?.[kind]?.(AbortSignal.any([this.#options.signal, this.#left.signal]))
    } catch (error) {
      this.#note(kind, error)
      return undefined
    }
  }

  #window(session: SftpSession): TransferWindow {
    const window = this.#windows.get(session) ?? new TransferWindow(session, this.#direction, this.#options)
    this.#windows.set(session, window)
    return window
  }

  #note(kind: Kind, error: unknown): void {
    if (this.#left.signal.aborted || this.#options.signal.aborted) return
    const reason = error instanceof Error ? error.message : String(error)
    this.#options.more?.note(`another ${kind} could not be used: ${reason}`)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#left.abort(new FerryError('cancelled', 'the transfer is over'))
    const sessions = await Promise.all([...this.#opened.channel, ...this.#opened.connection])
    await Promise.all(sessions.map((session) => session?.[Symbol.asyncDispose]()))
  }
}

type Opening = Promise<SftpSession | undefined>
