import { setMaxListeners } from 'node:events'

/** Settles with `work`, or rejects with the signal's reason. Only the waiting stops: stopping `work` is the caller's part. */
export async function orAbort<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  const settled = new AbortController()
  const aborted = new Promise<never>((_resolve, reject) => {
    if (signal.aborted) reject(signal.reason)
    // Many waits may share one signal; each removes its listener, so Node's guess at a leak would be wrong.
    setMaxListeners(0, signal)
    signal.addEventListener('abort', () => reject(signal.reason), { signal: settled.signal })
  })
  return Promise.race([work, aborted]).finally(() => settled.abort())
}
