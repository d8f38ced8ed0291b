import { type Code, FerryError } from '../errors/ferry-error.ts'
import type { SftpSession } from './session.ts'

export interface ReconnectionOptions {
  /** Another session to the same server, or the reason why there is none, which ends everything. */
  readonly reconnect: (lost: FerryError, signal: AbortSignal) => Promise<SftpSession>
  /** Makes a new session fit for what goes on over it, before anything does. */
  readonly restore: (session: SftpSession) => Promise<void>
}

/** Asks one thing of a session, at once when it is called. */
export type Request<T> = (session: SftpSession) => Promise<T>

interface Asking<T> {
  readonly turn: number
  readonly request: Request<T>
  readonly again: Request<T>
  /** What became of it the last time. */
  readonly lost?: FerryError
}

const losses: ReadonlySet<Code> = new Set(['connection_lost', 'timed_out'])

/** A connection that is gone may come back; a server that broke the protocol would break it again. */
export const isLoss = (error: unknown): error is FerryError => error instanceof FerryError && losses.has(error.code)

/**
 * The session that requests go over at present. Where it is lost, they wait for the next one and go over that, all in the order in which
 * they were first asked: what is asked behind a WRITE counts on its place there.
 */
export class Reconnection implements AsyncDisposable {
  /** Settles once, with why, when there will be no other session any more. */
  readonly ended: Promise<FerryError>
  readonly #options: ReconnectionOptions
  readonly #closing = new AbortController()
  readonly #waiting: { readonly turn: number; readonly go: () => void }[] = []
  #session: SftpSession
  #asked = 0
  #recovering: Promise<void> | undefined
  #end: FerryError | undefined
  #onEnd: (reason: FerryError) => void = () => undefined

  constructor(session: SftpSession, options: ReconnectionOptions) {
    this.#session = session
    this.#options = options
    this.ended = new Promise((resolve) => {
      this.#onEnd = resolve
    })
  }

  /** The present one, or the last. */
  get session(): SftpSession {
    return this.#session
  }

  /** Asks; where the answer was lost with the session, asks `again` over the next one. */
  ask<T>(first: Request<T>, again: Request<T> = first): Promise<T> {
    this.#asked += 1
    return this.#inTurn({ turn: this.#asked, request: first, again })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const reason = new FerryError('connection_lost', 'the session was closed')
    this.#closing.abort(reason)
    await this.#recovering
    this.#die(reason)
    await this.#session[Symbol.asyncDispose]()
  }

  #inTurn<T>(asking: Asking<T>): Promise<T> {
    return new Promise((resolve) => {
      const go = (): void => resolve(this.#send(asking))
      if (this.#recovering === undefined) go()
      else this.#waiting.push({ turn: asking.turn, go })
    })
  }

  async #send<T>({ turn, request, again, lost }: Asking<T>): Promise<T> {
    if (this.#end !== undefined && lost !== undefined) throw told(lost, this.#end)
    const session = this.#session
    try {
      return await request(session)
    } catch (error) {
      if (!isLoss(error)) throw error
      if (this.#end !== undefined) throw told(error, this.#end)
      if (session === this.#session) this.#recovering ??= this.#recover(error)
      return this.#inTurn({ turn, request: again, again, lost: error })
    }
  }

  async #recover(reason: FerryError): Promise<void> {
    try {
      let lost = reason
      for (;;) {
        void this.#session[Symbol.asyncDispose]() // it has a deadline of its own
        this.#session = await this.#options.reconnect(lost, this.#closing.signal)
        try {
          await this.#options.restore(this.#session)
          break
        } catch (error) {
          if (!isLoss(error)) throw error
          lost = error
        }
      }
    } catch (error) {
      void this.#session[Symbol.asyncDispose]()
      this.#die(error instanceof FerryError ? error : new FerryError('bug', String(error), { cause: error }))
    }
    this.#recovering = undefined
    const waiting = this.#waiting.splice(0).sort((one, other) => one.turn - other.turn)
    for (const { go } of waiting) go()
  }

  #die(reason: FerryError): void {
    if (this.#end !== undefined) return
    this.#end = reason
    this.#onEnd(reason)
  }
}

/** What was asked and lost says so itself, and why there was no second time. */
function told(lost: FerryError, end: FerryError): FerryError {
  if (!isLoss(end)) return end
  return lost.message.endsWith(end.message) ? lost : lost.with({ message: `${lost.message}; ${end.message}` })
}
