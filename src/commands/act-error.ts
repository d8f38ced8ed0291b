import type { FerryError } from '../errors/ferry-error.ts'

/**
 * A failure to reach or to keep a connection, told with what it was for: `ping bank: could not connect to …`. Other messages name
 * their act already.
 */
export function forAct(error: FerryError, act: string): FerryError {
  return error.exitCode < 20 || error.message.startsWith(`${act}: `)
    ? error
    : error.with({ message: `${act}: ${error.message}` })
}
