import { FerryError } from '../errors/ferry-error.ts'
import type { TransferFailure } from '../transfer/progress.ts'
import { endsAll } from '../transfer/transfer-error.ts'
import type { CommandContext } from './context.ts'
import { errorDocument } from './error-document.ts'

/** What was done for one path, of itself and of all below it. */
export interface PathOutcome {
  readonly done: number
  readonly failures: readonly TransferFailure[]
}

/**
 * Does `act` for every path, also after a failure. One path alone fails with its own code; of several each failure is told, and the
 * end is `partial`. A lost connection or a cancelled command ends it at once. `document` is what `--json` says besides.
 */
export async function eachPath(
  context: CommandContext,
  what: string,
  paths: readonly string[],
  act: (path: string) => Promise<PathOutcome>,
  document: (done: number) => Readonly<Record<string, unknown>>,
): Promise<void> {
  const failures: TransferFailure[] = []
  let done = 0
  for (const path of paths) {
    try {
      const outcome = await act(path)
      done += outcome.done
      failures.push(...outcome.failures)
    } catch (error) {
      if (!isOfPath(error) || paths.length === 1) throw error
      failures.push({ path, error })
    }
  }
  const [first] = failures
  if (first !== undefined && failures.length === 1 && paths.length === 1 && done === 0) throw first.error
  if (!context.io.json) for (const { error } of failures) context.io.problem(error)
  await context.io.result({
    ok: first === undefined,
    ...document(done),
    ...(first !== undefined && {
      failures: failures.map(({ path, error }) => ({ path, error: errorDocument(error) })),
    }),
  })
  if (first === undefined) return
  throw new FerryError('partial', `${what}: ${failures.length} of ${done + failures.length} paths failed`)
}

/** Whether an error is of one path, and the next may fare better: the codes whose exit status is 1, and a path that is none. */
export function isOfPath(error: unknown): error is FerryError {
  return error instanceof FerryError && (error.exitCode === 1 || error.code === 'usage') && !endsAll(error)
}
