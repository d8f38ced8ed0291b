import type { Answer } from './answers.ts'
import type { Request, RequestName } from './requests.ts'

/** One request on its way, as an act sees it. */
export interface Exchange {
  readonly request: Request
  /** The paths that the request names, or the path behind its handle: in full, as the client would write them. */
  readonly paths: readonly string[]
  /** Does what was asked, and gives the honest answer. */
  perform(): Answer
  /** The bytes of an answer: its packet with the length before. */
  encode(answer: Answer, id?: number): Buffer
  /** Sends at once, before what the act returns. */
  send(outcome: Outcome): void
  /** Ends our side in order, after what was sent. */
  end(): void
  /** Ends both sides at once. */
  destroy(): void
  /** Takes nothing more from the client, so that its writes fill the pipe. */
  stopReading(): void
  /** Aborted when the stream is gone. */
  readonly gone: AbortSignal
}

/** What goes out: an answer under the request's id, bytes as they are, nothing, or several of these. */
export type Outcome = Answer | Uint8Array | undefined | readonly Outcome[]

/** What to do in place of the honest `(exchange) => exchange.perform()`. */
export type Act = (exchange: Exchange) => Outcome | Promise<Outcome>

/** A request that is treated otherwise than it should be. The first fault that matches a request is the only one. */
export interface Fault {
  /** `any` is every request but INIT. */
  readonly on: RequestName | readonly RequestName[] | 'any'
  /** One of the request's paths, in full (`/inbox/a`); all when absent. */
  readonly path?: string | RegExp
  /** So many matching requests are served honestly before. */
  readonly after?: number
  /** So many are treated, and the rest is served honestly. */
  readonly times?: number
  readonly act: Act
}

/** Finds the act for each request, and counts. The list is read each time, so that a test may change it meanwhile. */
export class FaultPlan {
  readonly #faults: readonly Fault[]
  readonly #seen = new Map<Fault, number>()

  constructor(faults: readonly Fault[]) {
    this.#faults = faults
  }

  actFor(name: RequestName, paths: readonly string[]): Act | undefined {
    for (const fault of this.#faults) {
      if (!matches(fault, name, paths)) continue
      const { after = 0, times = Number.POSITIVE_INFINITY } = fault
      const seen = this.#seen.get(fault) ?? 0
      this.#seen.set(fault, seen + 1)
      if (seen >= after && seen < after + times) return fault.act
    }
    return undefined
  }
}

function matches({ on, path }: Fault, name: RequestName, paths: readonly string[]): boolean {
  const isAsked = on === 'any' ? name !== 'init' : typeof on === 'string' ? on === name : on.includes(name)
  if (!isAsked || path === undefined) return isAsked
  return paths.some((one) => (typeof path === 'string' ? path === one : path.test(one)))
}
