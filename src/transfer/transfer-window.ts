import type { SftpSession } from '../sftp/session.ts'

/** The most that OpenSSH's server takes in one READ or WRITE (its `limits@openssh.com` answer). */
const largestRequest = 261_120
/** Outstanding data: more READs, or more WRITEs than a server's usual 2 MiB receive window, are slower, not faster. */
const outstanding = { read: 4 << 20, write: 2 << 20 } as const
/** Where requests are small, this many make the window. */
const mostRequests = 512

export interface WindowOptions {
  /** Bytes a request; the server's limit holds all the same. */
  readonly bufferSize?: number
  /** Requests in flight. */
  readonly requests?: number
}

/** How much data may be under way at once: the files of one transfer share it, so that memory does not grow with their number. */
export class TransferWindow {
  /** Bytes of one full request. */
  readonly chunk: number
  readonly #bytesMax: number
  readonly #requestsMax: number
  readonly #waiting: { readonly bytes: number; readonly grant: () => void }[] = []
  #bytes = 0
  #requests = 0

  constructor(session: SftpSession, direction: 'read' | 'write', { bufferSize, requests }: WindowOptions) {
    const limit = session.limits[direction]
    this.chunk = Math.min(bufferSize ?? largestRequest, limit === 0 ? largestRequest : limit, largestRequest)
    this.#bytesMax = requests === undefined ? outstanding[direction] : requests * this.chunk
    this.#requestsMax = requests ?? mostRequests
  }

  /** Full requests in flight at most. */
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
    return new Promise((resolve) => {
      this.#waiting.push({ bytes, grant: resolve })
    })
  }

  give(bytes: number): void {
    this.#bytes -= bytes
    this.#requests -= 1
    for (let next = this.#waiting[0]; next !== undefined && this.#fits(next.bytes); next = this.#waiting[0]) {
      this.#waiting.shift()
      this.#count(next.bytes)
      next.grant()
    }
  }

  #fits(bytes: number): boolean {
    return this.#requests === 0 || (this.#requests < this.#requestsMax && this.#bytes + bytes <= this.#bytesMax)
  }

  #count(bytes: number): void {
    this.#bytes += bytes
    this.#requests += 1
  }
}
