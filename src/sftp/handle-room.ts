import { FerryError } from '../errors/ferry-error.ts'
import type { DirectoryEntry } from '../model/attributes.ts'
import type { Handle } from './session.ts'
import { saysTooManyOpen } from './status-error.ts'

type Batch = readonly DirectoryEntry[]

/** What the room asks of the server itself, past its own door. */
export interface RoomRequests {
  /** OPENDIR of the directory that the session is in. */
  readonly openOwn: Opening
  readdir(handle: Handle): Promise<Batch | null>
  close(handle: Handle): Promise<void>
  /** Whether any request is in flight. */
  isBusy(): boolean
  /** Whether no request is answered any more. */
  isDead(): boolean
}

/** OPEN or OPENDIR; `isExplained` tells whether a handle was given back since, so that a refusal may have had that reason. */
export type Opening = (isExplained?: () => boolean) => Promise<Handle>

/** The rest of a directory, read ahead of who lists it. */
interface Rest {
  readonly batches: Batch[]
  /** It has been read to its end, and is closed. */
  readonly isWhole: boolean
}

/** So many names of a directory are kept at most. */
const mostNames = 1_000_000
/** Where nothing was in flight in so many looks in a row, whoever holds a handle waits for another one. */
const quietLooks = 20
const lookMs = 250

/**
 * Room for open handles on a server that does not say how many it allows. One that refuses another handle while it refuses to list its
 * own directory as well, or says so, has no more of them: from then on whoever wants one waits until one is given back.
 */
export class HandleRoom {
  readonly #requests: RoomRequests
  readonly #onScarce: (most: number) => void
  /** What is open, and whether it is a directory that may be read to its end. */
  readonly #open = new Map<Handle, boolean>()
  readonly #rests = new WeakMap<Handle, Promise<Rest>>()
  readonly #waiting = new Set<() => void>()
  #opening = 0
  #given = 0
  #highest = 0
  #most = Number.POSITIVE_INFINITY
  #probing: Promise<boolean> | undefined

  /** `onScarce` is called once, with the number of handles that the server seems to allow. */
  constructor(requests: RoomRequests, onScarce: (most: number) => void) {
    this.#requests = requests
    this.#onScarce = onScarce
  }

  /** Opens when there is room, and once more where there was none. */
  async take(open: Opening, isDirectory: boolean): Promise<Handle> {
    let mayRepeat = true
    for (;;) {
      let isLast = false
      while (!isLast && this.#isFull) isLast = !(await this.#room())
      const wasGiven = this.#givenSince()
      const most = this.#most
      this.#opening += 1
      try {
        const handle = await open(wasGiven)
        this.#open.set(handle, isDirectory)
        this.#highest = Math.max(this.#highest, this.#open.size)
        if (this.#waiting.size > 0) this.#readAhead()
        return handle
      } catch (error) {
        if (isLast || !(error instanceof FerryError) || error.code !== 'operation_failed') throw error
        if (await this.#isLack(error)) {
          if (this.#most === most) this.#lower()
          continue
        }
        // There is room now: it may have come just after the refusal.
        if (!mayRepeat || !wasGiven()) throw error
        mayRepeat = false
      } finally {
        this.#opening -= 1
        this.#wake()
      }
    }
  }

  /** The next batch of a directory, from what was read ahead where that was done. */
  readdir(handle: Handle): Promise<Batch | null> {
    const reading = this.#rests.get(handle)
    if (reading === undefined) return this.#requests.readdir(handle)
    return reading.then(({ batches, isWhole }) => {
      const batch = batches.shift()
      if (batch !== undefined) return batch
      return isWhole ? null : this.#requests.readdir(handle)
    })
  }

  close(handle: Handle): Promise<void> {
    if (this.#open.has(handle)) this.#open.set(handle, false)
    const reading = this.#rests.get(handle)
    if (reading === undefined) return this.#giveBack(handle)
    return reading.then(({ isWhole }) => (isWhole ? undefined : this.#giveBack(handle)))
  }

  get #isFull(): boolean {
    return this.#open.size + this.#opening >= this.#most
  }

  #givenSince(): () => boolean {
    const before = this.#given
    return () => this.#given !== before
  }

  /** It counts when it is asked for as well: another answer may come before this one's is heard of. */
  async #giveBack(handle: Handle): Promise<void> {
    this.#given += 1
    try {
      await this.#requests.close(handle)
    } finally {
      this.#given += 1
      this.#open.delete(handle)
      this.#wake()
    }
  }

  #wake(): void {
    const [go] = this.#waiting
    if (!this.#isFull) go?.()
  }

  /** Settles when there may be room, with false where nothing moves any more. */
  #room(): Promise<boolean> {
    this.#readAhead()
    return new Promise((resolve) => {
      let quiet = 0
      const settle = (isRoom: boolean): void => {
        clearInterval(looking)
        this.#waiting.delete(go)
        resolve(isRoom)
      }
      const go = (): void => settle(true)
      const looking = setInterval(() => {
        quiet = this.#requests.isBusy() ? 0 : quiet + 1
        if (quiet >= quietLooks || this.#requests.isDead()) settle(false)
      }, lookMs)
      this.#waiting.add(go)
    })
  }

  /** Whoever lists a directory may wait for files that wait for a handle, so directories do not keep theirs. */
  #readAhead(): void {
    for (const [handle, isDirectory] of this.#open) {
      if (!isDirectory) continue
      this.#open.set(handle, false)
      this.#rests.set(handle, this.#restOf(handle))
    }
  }

  async #restOf(handle: Handle): Promise<Rest> {
    const batches: Batch[] = []
    try {
      let names = 0
      while (names < mostNames) {
        const batch = await this.#requests.readdir(handle)
        if (batch !== null) {
          batches.push(batch)
          // One without names counts as well: a server may send nothing else.
          names += Math.max(batch.length, 1)
          continue
        }
        await this.#giveBack(handle).catch(() => undefined)
        return { batches, isWhole: true }
      }
    } catch {
      // Who lists it asks again, and is told.
    }
    return { batches, isWhole: false }
  }

  /** Whether it was refused for want of a handle, and one that is open will be given back. */
  #isLack(error: FerryError): Promise<boolean> {
    if (saysTooManyOpen(error)) return Promise.resolve(this.#open.size + this.#opening > 1)
    if (this.#open.size === 0) return Promise.resolve(false)
    this.#probing ??= this.#probe().finally(() => {
      this.#probing = undefined
    })
    return this.#probing
  }

  async #probe(): Promise<boolean> {
    try {
      await this.#giveBack(await this.#requests.openOwn(this.#givenSince()))
      return false
    } catch (error) {
      return error instanceof FerryError && error.code === 'operation_failed'
    }
  }

  /** To as many as ever were open, and where that is known already, to fewer. */
  #lower(): void {
    const isFirst = this.#most === Number.POSITIVE_INFINITY
    this.#most = Math.max(1, Math.min(this.#highest, this.#most - 1))
    if (isFirst) this.#onScarce(this.#most)
  }
}
