import { FerryError } from '../errors/ferry-error.ts'
import { orAbortSoon } from './or-abort-soon.ts'

/** Waits for a transfer. Where it fails, or is left to itself after an abort, temporary files that may be left are named. */
export async function withLeftovers<T>(
  work: Promise<T>,
  leftovers: ReadonlySet<string>,
  signal: AbortSignal,
): Promise<T> {
  try {
    return await orAbortSoon(work, signal)
  } catch (error) {
    const [first] = leftovers
    if (first === undefined || !(error instanceof FerryError)) throw error
    const others = leftovers.size > 1 ? ` and ${leftovers.size - 1} more` : ''
    throw error.with({ hint: `temporary files may be left on the server: ${first}${others}` })
  }
}
