import { FerryError } from '../errors/ferry-error.ts'

type Task = () => Promise<void>

/**
 * Many files in flight and directories listed ahead of them, without barriers. Tasks deal with what fails for one file alone; a task
 * that rejects stops the queue: nothing more is begun, what runs comes to its end, and `finished` rejects with the reason.
 */
export class TransferQueue {
  readonly #filesMax: number
  readonly #directoriesMax: number
  readonly #signal: AbortSignal
  readonly #directories: Task[] = []
  readonly #room: (() => void)[] = []
  #filesRunning = 0
  #directoriesRunning = 0
  #failure: unknown
  #onIdle: () => void = () => undefined

  constructor(limits: { readonly files: number; readonly directories: number; readonly signal: AbortSignal }) {
    this.#filesMax = limits.files
    this.#directoriesMax = limits.directories
    this.#signal = limits.signal
  }

  /** To be begun when its turn comes: the newest first, which keeps the tree's waiting part small. */
  directory(task: Task): void {
    this.#directories.push(task)
    this.#nextDirectory()
  }

  /** Begins the task once there is room, and resolves then; rejects when the queue has stopped. */
  async file(task: Task): Promise<void> {
    while (this.#filesRunning >= this.#filesMax && !this.#stopped) {
      await new Promise<void>((resolve) => this.#room.push(resolve))
    }
    this.#throwIfStopped()
    this.#filesRunning += 1
    void this.#run(task, () => {
      this.#filesRunning -= 1
      this.#room.shift()?.()
    })
  }

  /** Resolves when all that was given is done. More may be given afterwards. */
  async finished(): Promise<void> {
    while (!this.#idle) await new Promise<void>((resolve) => (this.#onIdle = resolve))
    this.#throwIfStopped()
  }

  get #stopped(): boolean {
    return this.#failure !== undefined || this.#signal.aborted
  }

  get #idle(): boolean {
    const waiting = this.#stopped ? 0 : this.#directories.length
    return this.#filesRunning === 0 && this.#directoriesRunning === 0 && waiting === 0
  }

  #throwIfStopped(): void {
    if (this.#failure !== undefined) throw this.#failure
    this.#signal.throwIfAborted()
  }

  #nextDirectory(): void {
    if (this.#stopped || this.#directoriesRunning >= this.#directoriesMax) return
    const task = this.#directories.pop()
    if (task === undefined) return
    this.#directoriesRunning += 1
    void this.#run(task, () => {
      this.#directoriesRunning -= 1
      this.#nextDirectory()
    })
  }

  async #run(task: Task, settled: () => void): Promise<void> {
    try {
      await task()
    } catch (error) {
      this.#stop(error)
    }
    settled()
    if (this.#stopped) for (const resume of this.#room.splice(0)) resume()
    if (this.#idle) this.#onIdle()
  }

  /** Of several reasons the first is kept, unless a later one knows that something may have happened all the same. */
  #stop(error: unknown): void {
    const unknown = error instanceof FerryError && error.code === 'outcome_unknown'
    if (this.#failure === undefined || unknown) this.#failure = error
  }
}
