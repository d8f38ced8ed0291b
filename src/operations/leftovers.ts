import { FerryError } from '../errors/ferry-error.ts'
import { orAbortSoon } from './or-abort-soon.ts'

/** Temporary files by their paths. */
export interface Leftovers {
  /** On the server, and not gone yet. */
  readonly leftovers: ReadonlySet<string>
  /** On either side, to be resumed. */
  readonly kept: ReadonlySet<string>
}

/** Waits for a transfer. Where it fails, or is left to itself after an abort, temporary files that may be left are named. */
export async function withLeftovers<T>(work: Promise<T>, left: Leftovers, signal: AbortSignal): Promise<T> {
  try {
    return await orAbortSoon(work, signal)
  } catch (error) {
    const hint = hintOf(left)
    throw hint !== undefined && error instanceof FerryError ? error.with({ hint }) : error
  }
}

function hintOf({ leftovers, kept }: Leftovers): string | undefined {
  if (kept.size > 0) return `--resume goes on with ${named(kept)}`
  return leftovers.size > 0 ? `temporary files may be left on the server: ${named(leftovers)}` : undefined
}

function named(paths: ReadonlySet<string>): string {
  const [first = ''] = paths
  return paths.size > 1 ? `${first} and ${paths.size - 1} more` : first
}
