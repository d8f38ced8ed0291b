import type { FerryError } from '../errors/ferry-error.ts'

/** What a transfer tells while it runs; paths as the user would type them. */
export type TransferEvent =
  /** More work was found: totals so far. */
  | { readonly kind: 'found'; readonly files: number; readonly bytes: number }
  | { readonly kind: 'moved'; readonly path: string; readonly bytes: number }
  | { readonly kind: 'done'; readonly from: string; readonly to: string; readonly bytes: number }
  | { readonly kind: 'failed'; readonly from: string; readonly to: string; readonly error: FerryError }
  | { readonly kind: 'deleted'; readonly path: string }
  | { readonly kind: 'skipped'; readonly path: string; readonly reason: string }
  /** A nicety that the server refused (times, modes): the transfer counts as done. */
  | { readonly kind: 'warning'; readonly path: string; readonly message: string }

export type TransferListener = (event: TransferEvent) => void

export interface TransferFailure {
  readonly path: string
  readonly error: FerryError
}

export interface TransferSummary {
  readonly files: number
  readonly directories: number
  readonly bytes: number
  readonly skipped: number
  readonly deleted: number
  readonly durationMs: number
  readonly failures: readonly TransferFailure[]
}
