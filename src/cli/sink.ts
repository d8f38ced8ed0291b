import type { Writable } from 'node:stream'
import { errnoOf, localError } from '../errors/local-error.ts'

/** Where results go: writes wait for a slow reader, and a disk that is full is an error. */
export interface Sink {
  write(data: string | Uint8Array): Promise<void>
}

/**
 * A stream as a sink. A reader that went away is no failure: `onGone` is told, and nothing more is written. Whoever writes
 * for long learns of it from the signal that `onGone` aborts.
 */
export function sink(stream: Writable, name: string, onGone: () => void): Sink {
  let gone = false
  let failure: unknown
  const failed = (error: unknown): void => {
    if (errnoOf(error) !== 'EPIPE') failure ??= error
    else if (!gone) {
      gone = true
      onGone()
    }
  }
  stream.on('error', failed)
  return {
    write: (data) =>
      new Promise((resolve, reject) => {
        if (gone) return resolve()
        if (failure !== undefined) return reject(localError('write', name, failure))
        stream.write(data, (error) => {
          if (error === null || error === undefined) return resolve()
          failed(error)
          if (gone) resolve()
          else reject(localError('write', name, error))
        })
      }),
  }
}
