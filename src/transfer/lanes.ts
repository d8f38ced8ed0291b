import type { Handle, SftpSession } from '../sftp/session.ts'
import type { TransferWindow } from './transfer-window.ts'

/** One way to the server for pieces of a file: a session, and the file open in it. */
export interface Lane {
  readonly session: SftpSession
  readonly handle: Handle
  readonly window: TransferWindow
}

/** The ways that the pieces of one file take: the first one all along, others as they become ready. */
export class Lanes {
  readonly first: Lane
  readonly #others: Lane[] = []
  #hasEnded = false
  #isSplit = false
  #onArrival: () => void = () => undefined

  constructor(first: Lane) {
    this.first = first
  }

  /** Whether there ever was more than one. */
  get isSplit(): boolean {
    return this.#isSplit
  }

  /** Takes room for one request in the lane that has the most, or in one that comes while all are full. One taker at a time. */
  async take(bytes: number): Promise<Lane> {
    for (;;) {
      const lane = this.#roomiest()
      const granted = lane.window.take(bytes)
      if (granted === undefined) return lane
      const isGranted = await new Promise<boolean>((resolve) => {
        this.#onArrival = () => resolve(false)
        void granted.then(() => resolve(true))
      })
      if (isGranted) return lane
      void granted.then(() => lane.window.give(bytes))
    }
  }

  #roomiest(): Lane {
    let best = this.first
    for (const lane of this.#others) if (lane.window.load < best.window.load) best = lane
    return best
  }

  /** False where it comes too late: whoever brings it closes it. */
  add(lane: Lane): boolean {
    if (this.#hasEnded) return false
    this.#others.push(lane)
    this.#isSplit = true
    this.#onArrival()
    return true
  }

  /** Leaves a lane whose session failed, so that its piece can take the first one; false for the first one itself. */
  drop(lane: Lane): boolean {
    if (lane === this.first) return false
    const at = this.#others.indexOf(lane)
    if (at >= 0) this.#others.splice(at, 1)
    return true
  }

  /** Takes no more lanes, and closes the file in those that came. */
  async end(): Promise<void> {
    this.#hasEnded = true
    const others = this.#others.splice(0)
    await Promise.all(others.map(({ session, handle }) => session.close(handle).catch(() => undefined)))
  }
}
