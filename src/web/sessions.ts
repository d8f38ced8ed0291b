import type { FerryState } from '../api/open-state.ts'
import { WebSession } from './web-session.ts'

/** Browsers that are logged in at most; the one that was idle longest goes first. */
const most = 16
const idleMs = 12 * 3_600_000
const sweepMs = 15_000

/** The browsers that are logged in. */
export class Sessions implements AsyncDisposable {
  readonly #state: FerryState
  readonly #now: () => Date
  readonly #sessions = new Map<string, WebSession>()
  readonly #sweeping: NodeJS.Timeout

  constructor(state: FerryState, now: () => Date) {
    this.#state = state
    this.#now = now
    this.#sweeping = setInterval(() => this.#sweep(), sweepMs).unref()
  }

  /** Starts one for a browser at that address. */
  start(address: string): WebSession {
    const [oldest] = [...this.#sessions.values()].sort((one, other) => one.lastUsedAt - other.lastUsedAt)
    if (this.#sessions.size >= most && oldest !== undefined) void this.end(oldest)
    const session = new WebSession(this.#state, address, this.#now)
    this.#sessions.set(session.id, session)
    return session
  }

  /** The session of that cookie, which is used by this. */
  find(id: string | undefined): WebSession | undefined {
    const session = id === undefined ? undefined : this.#sessions.get(id)
    if (session === undefined || this.#isOver(session)) return undefined
    session.lastUsedAt = this.#now().getTime()
    return session
  }

  async end(session: WebSession): Promise<void> {
    this.#sessions.delete(session.id)
    await session[Symbol.asyncDispose]()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#sweeping)
    await Promise.all([...this.#sessions.values()].map((session) => this.end(session)))
  }

  #isOver({ lastUsedAt }: WebSession): boolean {
    return this.#now().getTime() - lastUsedAt > idleMs
  }

  #sweep(): void {
    for (const session of this.#sessions.values()) {
      if (this.#isOver(session)) void this.end(session)
      else session.sweep()
    }
  }
}
