import { FerryError } from '../errors/ferry-error.ts'
import type { TransferSummary } from '../transfer/progress.ts'
import { errorDocument } from './error-document.ts'
import { roundedMs } from './ping-document.ts'

/** A transfer's summary as `--json` prints it. */
export function summaryDocument(summary: TransferSummary): Readonly<Record<string, unknown>> {
  const { files, directories, bytes, skipped, deleted, durationMs, failures } = summary
  return {
    files,
    directories,
    bytes,
    skipped,
    deleted,
    duration_ms: roundedMs(durationMs),
    failures: failures.map(({ path, error }) => ({ path, error: errorDocument(error) })),
  }
}

/** Throws where a transfer did not do all that it was asked. `act` is the command and the connection, `upload bank`. */
export function assertWhole({ files, failures }: TransferSummary, act: string): void {
  const failed = failures.length
  if (failed > 0) throw new FerryError('partial', `${act}: ${failed} of ${files + failed} files failed`)
}
