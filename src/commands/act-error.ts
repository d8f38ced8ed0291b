import { FerryError } from '../errors/ferry-error.ts'

/**
 * A failure to reach or to keep a connection, told with what it was for: `ping bank: could not connect to …`. Other messages name
 * their act already.
 */
export function forAct(error: FerryError, act: string): FerryError {
  return error.exitCode < 20 || error.message.startsWith(`${act}: `)
    ? error
    : error.with({ message: `${act}: ${error.message}` })
}

/** What ends a connection while it is used names it. */
export async function onConnection<T>(connection: string, work: Promise<T>): Promise<T> {
  try {
    return await work
  } catch (error) {
    const isOfIt = error instanceof FerryError && error.exitCode >= 20 && error.exitCode <= 24
    throw isOfIt && error.details.connection === undefined ? error.with({ connection }) : error
  }
}
