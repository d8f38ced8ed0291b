import { FerryError } from '../errors/ferry-error.ts'

/** Connections that one pool holds at most. */
const most = 4
/** How long a connection that nobody uses is kept. */
const idleMs = 60_000

interface Closable {
  close(): Promise<void>
}

/** A connection that somebody may use until it is disposed of. */
export interface Lease<Connection> extends Disposable {
  readonly connection: Connection
  /** It served before: the server may have ended it since. */
  readonly isOld: boolean
  /** The connection is of no more use; whoever has it may finish. */
  discard(): void
}

interface Entry<Connection> {
  readonly opening: Promise<Connection>
  /** Tells whether the stored connection is what it was. */
  readonly version: number
  readonly controller: AbortController
  users: number
  uses: number
  idleSince: number
}

export interface PoolOptions<Connection> {
  readonly open: (name: string, signal: AbortSignal) => Promise<Connection>
  readonly now: () => Date
  /** Ends connecting. */
  readonly signal: AbortSignal
}

/** Keeps connections open between the requests of one browser. */
export class ConnectionPool<Connection extends Closable> implements AsyncDisposable {
  readonly #options: PoolOptions<Connection>
  readonly #entries = new Map<string, Entry<Connection>>()
  /** Given to nobody any more, and closed by the last who has it. */
  readonly #retired = new Set<Entry<Connection>>()
  readonly #closing = new Set<Promise<void>>()

  constructor(options: PoolOptions<Connection>) {
    this.#options = options
  }

  /** A connection to use together with whoever else has it. `version` is that of the state: a later one opens a new connection. */
  async lease(name: string, version: number): Promise<Lease<Connection>> {
    const entry = this.#entryFor(name, version)
    const isOld = entry.uses > 0
    entry.users += 1
    entry.uses += 1
    try {
      const connection = await entry.opening
      return {
        connection,
        isOld,
        discard: () => this.#retire(name, entry),
        [Symbol.dispose]: () => this.#leave(entry),
      }
    } catch (error) {
      this.#retire(name, entry)
      this.#leave(entry)
      throw error
    }
  }

  /** Closes what was not used for a while. */
  sweep(): void {
    const since = this.#options.now().getTime() - idleMs
    for (const [name, entry] of this.#entries) {
      if (entry.users === 0 && entry.idleSince <= since) this.#retire(name, entry)
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const entry of [...this.#entries.values(), ...this.#retired]) {
      entry.controller.abort(new FerryError('cancelled', 'the session of the web admin has ended'))
      this.#close(entry)
    }
    this.#entries.clear()
    this.#retired.clear()
    await Promise.all(this.#closing)
  }

  #entryFor(name: string, version: number): Entry<Connection> {
    const present = this.#entries.get(name)
    if (present?.version === version) return present
    if (present !== undefined) this.#retire(name, present)
    this.#makeRoom(name)
    const controller = new AbortController()
    const signal = AbortSignal.any([controller.signal, this.#options.signal])
    const opening = this.#options.open(name, signal)
    // Whoever waits for it is told; a pool that is closed before has nobody.
    opening.catch(() => undefined)
    const entry: Entry<Connection> = { opening, version, controller, users: 0, uses: 0, idleSince: 0 }
    this.#entries.set(name, entry)
    return entry
  }

  #makeRoom(name: string): void {
    if (this.#entries.size + this.#retired.size < most) return
    const [idle] = [...this.#entries]
      .filter(([, { users }]) => users === 0)
      .sort(([, one], [, other]) => one.idleSince - other.idleSince)
    if (idle === undefined) {
      throw new FerryError('connect_failed', `connect to ${name}: ${most} connections are in use here already`, {
        connection: name,
        hint: 'wait for a transfer to end, or stop it',
      })
    }
    this.#retire(...idle)
  }

  #leave(entry: Entry<Connection>): void {
    entry.users -= 1
    entry.idleSince = this.#options.now().getTime()
    if (entry.users === 0 && this.#retired.delete(entry)) this.#close(entry)
  }

  #retire(name: string, entry: Entry<Connection>): void {
    if (this.#entries.get(name) !== entry) return
    this.#entries.delete(name)
    if (entry.users === 0) this.#close(entry)
    else this.#retired.add(entry)
  }

  #close({ opening }: Entry<Connection>): void {
    const closed = opening.then((connection) => connection.close()).catch(() => undefined)
    this.#closing.add(closed)
    void closed.finally(() => this.#closing.delete(closed))
  }
}
