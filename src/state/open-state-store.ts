import { join, resolve } from 'node:path'
import type { Audit } from '../audit/audit.ts'
import { FerryError } from '../errors/ferry-error.ts'
import { stateDirectory } from '../model/home.ts'
import { AuditedStateStore } from './audited-state-store.ts'
import { fileStateStore } from './file-state-store.ts'
import { postgresStateStore } from './postgres-state-store.ts'
import type { StateStore } from './state-store.ts'

export interface StateStoreOptions {
  readonly environment: Readonly<Record<string, string | undefined>>
  /** How long an update waits for another one; 10 seconds unless it is said otherwise. */
  readonly lockTimeoutMs?: number
  readonly signal: AbortSignal
  /** Where changes are recorded, if they are. */
  readonly audit?: Audit
}

const defaultLockTimeoutMs = 10_000

/** The state at a location, a file or a postgres:// URL: else what `FERRY_STATE` names, else the user's own file. Nothing is read or made yet. */
export function openStateStore(location: string | undefined, options: StateStoreOptions): StateStore {
  const store = storeAt(location, options)
  return options.audit === undefined ? store : new AuditedStateStore(store, options.audit)
}

function storeAt(location: string | undefined, options: StateStoreOptions): StateStore {
  const { environment, lockTimeoutMs: timeoutMs = defaultLockTimeoutMs, signal } = options
  const given = [location, environment['FERRY_STATE']].find((text) => text !== undefined && text !== '')
  if (given === undefined) return fileStateStore(join(stateDirectory(environment), 'state.json'), { timeoutMs, signal })
  const [, scheme] = /^([a-z][a-z0-9+.-]*):\/\//i.exec(given) ?? []
  if (scheme === undefined) return fileStateStore(filePath(given), { timeoutMs, signal })
  if (/^postgres(ql)?$/i.test(scheme)) return postgresStateStore(given, { timeoutMs, signal })
  // The URL may hold a password, so it is not repeated.
  throw new FerryError('usage', `open the state: nothing is known about ${scheme}:// locations`, {
    hint: 'give a file or a postgres:// URL to --state or FERRY_STATE',
  })
}

function filePath(location: string): string {
  if (location.includes('\0')) throw new FerryError('usage', 'open the state: a path may not hold a NUL byte')
  return resolve(location)
}
