import { FerryError } from '../errors/ferry-error.ts'
import type { TransferFailure, TransferSummary } from '../transfer/progress.ts'

/** One path, or several, as a list. */
export const listOf = (paths: string | readonly string[]): readonly string[] =>
  typeof paths === 'string' ? [paths] : paths

/** The summary of a transfer of which nothing failed. */
export function whole(summary: TransferSummary, act: string): TransferSummary {
  throwFailures(summary.failures, act)
  return summary
}

/** One failure is thrown as it is; several become `partial`, with the first as its cause. */
export function throwFailures(failures: readonly TransferFailure[], act: string): void {
  const [first] = failures
  if (first === undefined) return
  if (failures.length === 1) throw first.error
  const errors = failures.map(({ path, error }) => ({ file: path, message: error.message }))
  throw new FerryError('partial', `${act}: ${failures.length} failed, the first: ${first.error.message}`, {
    cause: first.error,
    errors,
  })
}
