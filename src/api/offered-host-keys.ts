import { FerryError } from '../errors/ferry-error.ts'
import { fingerprintOf } from '../ssh/fingerprint.ts'
import { keyTypeOf } from '../ssh/known-hosts.ts'
import { resolveAll } from '../ssh/resolve-settings.ts'
import { shownHostKeys } from '../ssh/shown-host-keys.ts'
import { anyConnection, type RemoteDependencies, settingsInput } from './open-remote.ts'
import { Retries } from './retries.ts'

/** A host key as a server shows it. */
export interface OfferedHostKey {
  readonly type: string
  /** `SHA256:…` */
  readonly fingerprint: string
}

/** The host keys of a connection's server, one of each type, its preferred one first. Nothing is offered to the server. */
export async function offeredHostKeys(
  address: string,
  retry: number,
  dependencies: RemoteDependencies,
): Promise<readonly OfferedHostKey[]> {
  const { environment, events, signal } = dependencies
  const stored = await anyConnection(address, dependencies)
  const { direct } = await resolveAll(settingsInput(stored, {}, environment), signal)
  if (direct === undefined) {
    throw new FerryError('usage', `${address} has no host key: its transport is a command`, { connection: address })
  }
  const retries = new Retries(retry, (text) => events.note(0, text))
  const keys = await retries.connect(() => shownHostKeys(direct, events, signal), signal)
  return keys.map((key) => ({ type: keyTypeOf(key), fingerprint: fingerprintOf(key) }))
}
