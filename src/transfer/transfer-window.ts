import type { SftpSession } from '../sftp/session.ts'

/** The most that OpenSSH's server takes in one READ or WRITE (its `limits@openssh.com` answer). */
const largestRequest = 261_120
/** Outstanding data at first: on a short line more READs, or more WRITEs than a server's usual 2 MiB receive window, are slower, not faster. */
const outstanding = { read: 4 << 20, write: 2 << 20 } as const
/** To this machine or its neighbour less is quicker: the bytes are still in the processors' caches when the next one looks at them. */
const outstandingNearby = { read: 4 << 20, write: 1 << 20 } as const
const nearbyMs = 2
/** As far as it grows where the line is long. */
const mostOutstanding = { read: 16 << 20, write: 4 << 20 } as const
/** Where requests are small, this many make the window. */
const mostRequests = 512
/** A window that is through in so many round trips held the line up: what was under way had been answered before more was asked. */
const roundTripsHeldUp = 2.5
/** A shorter round trip is this machine or its neighbour: more under way would only take memory. */
const longLineMs = 5

export interface WindowOptions {
  /** Bytes a request; the server's limit holds all the same. */
  readonly bufferSize?: number
  /** Requests in flight. */
  readonly requests?: number
}

/**
 * How much data may be under way at once: the files of one transfer share it, so that memory does not grow with their number. It grows for
 * as long as the line takes a whole one in little more than a round trip.
 */
export class TransferWindow {
  /** Bytes of one full request. */
  readonly chunk: number
  readonly #session: SftpSession
  readonly #requestsMax: number
  readonly #bytesLimit: number
  readonly #waiting: { readonly bytes: number; readonly grant: () => void }[] = []
  #bytesMax: number
  #bytes = 0
  #requests = 0
  #round = { startedAt: 0, bytes: 0, isHeldUp: false }

  constructor(session: SftpSession, direction: 'read' | 'write', { bufferSize, requests }: WindowOptions) {
    const limit = session.limits[direction]
    this.#session = session
    this.chunk = Math.min(bufferSize ?? largestRequest, limit === 0 ? largestRequest : limit, largestRequest)
    const usual = (session.roundTripMs ?? nearbyMs) < nearbyMs ? outstandingNearby : outstanding
    this.#bytesMax = requests === undefined ? usual[direction] : requests * this.chunk
    this.#bytesLimit = requests === undefined ? mostOutstanding[direction] : this.#bytesMax
    this.#requestsMax = requests ?? mostRequests
  }

  /** Full requests in flight at most, for now. */
  get widest(): number {
    return Math.max(1, Math.min(this.#requestsMax, Math.floor(this.#bytesMax / this.chunk)))
  }

  /** How full it is: 1 or more where a request has to wait. */
  get load(): number {
    const waiting = this.#waiting.reduce((sum, { bytes }) => sum + bytes, 0)
    return Math.max(
      (this.#bytes + waiting) / this.#bytesMax,
      (this.#requests + this.#waiting.length) / this.#requestsMax,
    )
  }

  /** Takes room for one request, in the order of asking: at once (`undefined`), or when the promise resolves. */
  take(bytes: number): Promise<void> | undefined {
    if (this.#waiting.length === 0 && this.#fits(bytes)) {
      this.#count(bytes)
      return undefined
    }
    this.#round.isHeldUp = true
    return new Promise((resolve) => {
      this.#waiting.push({ bytes, grant: resolve })
    })
  }

  give(bytes: number): void {
    this.#bytes -= bytes
    this.#requests -= 1
    this.#learn(bytes)
    for (let next = this.#waiting[0]; next !== undefined && this.#fits(next.bytes); next = this.#waiting[0]) {
      this.#waiting.shift()
      this.#count(next.bytes)
      next.grant()
    }
  }

  /** A round is one whole window. */
  #learn(bytes: number): void {
    const round = this.#round
    round.bytes += bytes
    if (round.bytes < this.#bytesMax) return
    const now = performance.now()
    const roundTripMs = this.#session.roundTripMs ?? 0
    if (round.isHeldUp && roundTripMs >= longLineMs && now - round.startedAt < roundTripsHeldUp * roundTripMs) {
      this.#bytesMax = Math.min(2 * this.#bytesMax, this.#bytesLimit)
    }
    this.#round = { startedAt: now, bytes: 0, isHeldUp: this.#waiting.length > 0 }
  }

  #fits(bytes: number): boolean {
    return this.#requests === 0 || (this.#requests < this.#requestsMax && this.#bytes + bytes <= this.#bytesMax)
  }

  #count(bytes: number): void {
    if (this.#requests === 0) this.#round = { startedAt: performance.now(), bytes: 0, isHeldUp: false }
    this.#bytes += bytes
    this.#requests += 1
  }
}
