import { randomBytes } from 'node:crypto'
import type { FerryConnection } from '../api/ferry-connection.ts'
import type { FerryState } from '../api/open-state.ts'
import { FerryError } from '../errors/ferry-error.ts'
import { ConnectionPool, type Lease } from './connection-pool.ts'
import { Slots } from './slots.ts'

/** Connections that a session opens at once for pings and scripts. */
const parallel = 8
/** Series of commands that are remembered for each connection. */
const remembered = 50

/** What one browser that logged in has here: it ends with all that it opened. */
export class WebSession implements AsyncDisposable {
  /** What the cookie holds. */
  readonly id = randomBytes(32).toString('base64url')
  /** What every form that changes something sends along. */
  readonly csrf = randomBytes(32).toString('base64url')
  readonly slots = new Slots(parallel)
  readonly #pool: ConnectionPool<FerryConnection>
  /** The state, whose changes are recorded as those of this browser. */
  readonly state: FerryState
  readonly #ending = new AbortController()
  readonly #runs = new Map<string, AbortController>()
  readonly #histories = new Map<string, readonly string[]>()
  lastUsedAt: number

  constructor(state: FerryState, address: string, now: () => Date) {
    // Not of the id, which lets in.
    this.state = state.inSession(`${address} ${randomBytes(4).toString('hex')}`)
    this.lastUsedAt = now().getTime()
    this.#pool = new ConnectionPool({
      open: (name, signal) => this.state.connect(name, { signal, localCommands: false }),
      now,
      signal: this.#ending.signal,
    })
  }

  /** Aborted when the session ends. */
  get signal(): AbortSignal {
    return this.#ending.signal
  }

  /** Does something over a kept connection; once more over a new one where an old one turned out to be gone and `again` allows it. */
  async withConnection<T>(
    name: string,
    work: (connection: FerryConnection) => Promise<T>,
    { again = false }: { readonly again?: boolean } = {},
  ): Promise<T> {
    const lease = await this.lease(name)
    try {
      return await work(lease.connection)
    } catch (error) {
      const isGone = error instanceof FerryError && error.exitCode === 23
      if (isGone) lease.discard()
      if (!isGone || !again || !lease.isOld) throw error
    } finally {
      lease[Symbol.dispose]()
    }
    return this.withConnection(name, work)
  }

  /** A kept connection, for as long as the lease is held. */
  async lease(name: string): Promise<Lease<FerryConnection>> {
    const { serial } = await this.state.read()
    return this.#pool.lease(name, serial)
  }

  /** Starts what can be stopped by its number; the signal is that of the page's request, too. */
  startRun(run: string, request: AbortSignal): { readonly signal: AbortSignal } & Disposable {
    this.stopRun(run)
    const controller = new AbortController()
    this.#runs.set(run, controller)
    return {
      signal: AbortSignal.any([controller.signal, this.during(request)]),
      [Symbol.dispose]: () => {
        if (this.#runs.get(run) === controller) this.#runs.delete(run)
      },
    }
  }

  stopRun(run: string): void {
    this.#runs.get(run)?.abort(new FerryError('cancelled', 'stopped'))
  }

  /** Aborted when the request is given up, or the session ends; the reason is a FerryError. */
  during(request: AbortSignal): AbortSignal {
    const gone = new AbortController()
    const abort = (): void => gone.abort(new FerryError('cancelled', 'the page was left'))
    if (request.aborted) abort()
    else request.addEventListener('abort', abort, { once: true })
    return AbortSignal.any([gone.signal, this.signal])
  }

  /** What was run on a connection, the latest first. */
  history(connection: string): readonly string[] {
    return this.#histories.get(connection) ?? []
  }

  remember(connection: string, commands: string): void {
    const others = this.history(connection).filter((one) => one !== commands)
    this.#histories.set(connection, [commands, ...others].slice(0, remembered))
  }

  /** Closes connections that are not used any more. */
  sweep(): void {
    this.#pool.sweep()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#ending.abort(new FerryError('cancelled', 'the session of the web admin has ended'))
    await this.#pool[Symbol.asyncDispose]()
  }
}
