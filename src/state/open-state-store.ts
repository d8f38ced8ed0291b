import { join, resolve } from 'node:path'
import { FerryError } from '../errors/ferry-error.ts'
import { stateDirectory } from '../model/home.ts'
import { fileStateStore } from './file-state-store.ts'
import type { StateStore } from './state-store.ts'

export interface StateStoreOptions {
  readonly environment: Readonly<Record<string, string | undefined>>
  /** How long an update waits for another one; 10 seconds unless it is said otherwise. */
  readonly lockTimeoutMs?: number
  readonly signal: AbortSignal
}

const defaultLockTimeoutMs = 10_000

/** The state at a location: a file, else what `FERRY_STATE` names, else the user's own. Nothing is read or made yet. */
export function openStateStore(location: string | undefined, options: StateStoreOptions): StateStore {
  const { environment, lockTimeoutMs = defaultLockTimeoutMs, signal } = options
  const given = [location, environment['FERRY_STATE']].find((text) => text !== undefined && text !== '')
  const file = given === undefined ? join(stateDirectory(environment), 'state.json') : filePath(given)
  return fileStateStore(file, { timeoutMs: lockTimeoutMs, signal })
}

function filePath(location: string): string {
  const [, scheme] = /^([a-z][a-z0-9+.-]*):\/\//i.exec(location) ?? []
  // The URL may hold a password, so it is not repeated.
  if (scheme === 'postgres' || scheme === 'postgresql') {
    throw new FerryError('usage', 'open the state: PostgreSQL is not supported by this version of ferry', {
      hint: 'give a file to --state or FERRY_STATE',
    })
  }
  if (scheme !== undefined) {
    throw new FerryError('usage', `open the state: nothing is known about ${scheme}:// locations`, {
      hint: 'give a file to --state or FERRY_STATE',
    })
  }
  if (location.includes('\0')) throw new FerryError('usage', 'open the state: a path may not hold a NUL byte')
  return resolve(location)
}
