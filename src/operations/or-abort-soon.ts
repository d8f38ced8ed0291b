import { setMaxListeners } from 'node:events'
import { FerryError } from '../errors/ferry-error.ts'

/** Enough for the requests in flight and a last few, too short for a person to notice. */
const graceMs = 1500

/**
 * Settles with `work`. After an abort it has a moment to tidy up; then the signal's reason is thrown, whatever it failed with or still waits
 * for. Only that something may have been done all the same is worth more than the reason.
 */
export async function orAbortSoon<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  let start = (): void => undefined
  const late = new Promise<never>((_resolve, reject) => {
    start = () => {
      timer = setTimeout(() => reject(signal.reason), graceMs)
    }
    setMaxListeners(0, signal)
    if (signal.aborted) start()
    else signal.addEventListener('abort', start)
  })
  try {
    return await Promise.race([work, late])
  } catch (error) {
    const isUnknown = error instanceof FerryError && error.code === 'outcome_unknown'
    throw signal.aborted && !isUnknown ? signal.reason : error
  } finally {
    signal.removeEventListener('abort', start)
    clearTimeout(timer)
  }
}
