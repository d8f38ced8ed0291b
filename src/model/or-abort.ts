import { setMaxListeners } from 'node:events'

/** Settles with `work`, or rejects with the signal's reason. Only the waiting stops: stopping `work` is the caller's part. */
export function orAbort<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const leave = onAbort(signal, reject)
    work.then(
      (value) => {
        leave()
        resolve(value)
      },
      (error: unknown) => {
        leave()
        reject(error)
      },
    )
    // Behind what has settled already.
    if (signal.aborted) void Promise.resolve().then(() => reject(signal.reason))
  })
}

/**
 * Gives what ends the listening. What a signal has forgotten, V8's young collections may still take for alive: nothing must lead from there
 * to a promise and all that it came to.
 */
function onAbort(signal: AbortSignal, call: (reason: unknown) => void): () => void {
  let wanted: typeof call | undefined = call
  const listener = (): void => wanted?.(signal.reason)
  // Many waits may share one signal; each removes its listener, so Node's guess at a leak would be wrong.
  setMaxListeners(0, signal)
  signal.addEventListener('abort', listener)
  return () => {
    wanted = undefined
    signal.removeEventListener('abort', listener)
  }
}
