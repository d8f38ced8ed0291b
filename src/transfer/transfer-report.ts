import type { FerryError } from '../errors/ferry-error.ts'
import type { TransferFailure, TransferListener, TransferSummary } from './progress.ts'

/** Counts what a transfer does, and tells its listener. */
export class TransferReport {
  readonly #startedAt = performance.now()
  readonly #listener: TransferListener
  readonly #failures: TransferFailure[] = []
  #filesFound = 0
  #bytesFound = 0
  #files = 0
  #directories = 0
  #bytes = 0
  #skipped = 0
  #deleted = 0

  constructor(listener: TransferListener = () => undefined) {
    this.#listener = listener
  }

  found(bytes: number): void {
    this.#filesFound += 1
    this.#bytesFound += bytes
    this.#listener({ kind: 'found', files: this.#filesFound, bytes: this.#bytesFound })
  }

  /** So many bytes of what was found need not be moved. */
  resumed(bytes: number): void {
    this.#bytesFound -= bytes
    this.#listener({ kind: 'found', files: this.#filesFound, bytes: this.#bytesFound })
  }

  moved(path: string, bytes: number): void {
    this.#listener({ kind: 'moved', path, bytes })
  }

  done(from: string, to: string, bytes: number): void {
    this.count(bytes)
    this.#listener({ kind: 'done', from, to, bytes })
  }

  /** As `done`, of what is only pretended. */
  count(bytes: number): void {
    this.#files += 1
    this.#bytes += bytes
  }

  directory(): void {
    this.#directories += 1
  }

  deleted(path: string): void {
    this.#deleted += 1
    this.#listener({ kind: 'deleted', path })
  }

  failed(from: string, to: string, error: FerryError): void {
    this.#failures.push({ path: from, error })
    this.#listener({ kind: 'failed', from, to, error })
  }

  skip(path: string, reason: string): void {
    this.#skipped += 1
    this.#listener({ kind: 'skipped', path, reason })
  }

  warn(path: string, message: string): void {
    this.#listener({ kind: 'warning', path, message })
  }

  summary(): TransferSummary {
    return {
      files: this.#files,
      directories: this.#directories,
      bytes: this.#bytes,
      skipped: this.#skipped,
      deleted: this.#deleted,
      durationMs: performance.now() - this.#startedAt,
      failures: this.#failures,
    }
  }
}
