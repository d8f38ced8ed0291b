import type { Audit } from '../audit/audit.ts'
import { FerryError } from '../errors/ferry-error.ts'
import { type Connection, connectionDefaults, isActive } from '../model/connection.ts'
import type { ConnectionInput, Overrides } from '../model/connection-input.ts'
import { remotePath, resolveRemote } from '../model/remote-path.ts'
import type { Origin, Stored } from '../model/state.ts'
import { openSecret } from '../secrets/open-secret.ts'
import { sealingKeys } from '../secrets/sealing-keys.ts'
import { AuditedSession } from '../sftp/audited-session.ts'
import type { KeyMemory } from '../ssh/key-memory.ts'
import { resolveSettings, type SettingsInput } from '../ssh/resolve-settings.ts'
import { parseAddress } from '../ssh/sftp-address.ts'
import type { TransportEvents } from '../ssh/transport.ts'
import type { StateStore } from '../state/state-store.ts'
import { connectSession } from './connect-session.ts'
import type { Remote, RemotePreferences } from './remote.ts'
import { storedConnection } from './stored-objects.ts'

/** What opening a connection needs from outside. */
export interface RemoteDependencies {
  readonly store: () => Promise<StateStore>
  readonly environment: Readonly<Record<string, string | undefined>>
  readonly events: TransportEvents
  readonly signal: AbortSignal
  /** False: `!` and `lls` are refused in scripts, whatever the connection says. */
  readonly localCommands?: boolean
  /** Where changes are recorded, if they are. */
  readonly audit?: Audit
  /** Keys that were read for other connections, where several are opened. */
  readonly keys?: KeyMemory
}

/** Connects to a stored connection or an `sftp://` address, with ssh's flags over what is stored, and opens a session. */
export async function openRemote(input: ConnectionInput, dependencies: RemoteDependencies): Promise<Remote> {
  const { environment, signal, audit, keys } = dependencies
  const { value: connection, origin } = await findConnection(input.address, dependencies)
  try {
    const { overrides } = input
    const given = settingsInput({ value: connection, origin }, overrides, environment)
    const settings = await resolveSettings({ ...given, ...(keys !== undefined && { keys }) }, signal)
    const events = dependencies.events.atLevel?.(settings.logLevel) ?? dependencies.events
    const limit = bandwidthOf(connection, overrides, events)
    const { retry = 0 } = overrides
    const serial = connection.requests === 1
    const how = { ...(limit !== undefined && { limit }), serial, retry, events, signal }
    const connected = await connectSession(settings, how)
    const { session } = connected
    const preferences = preferencesOf(connection, settings.logLevel, dependencies)
    return {
      ...connected,
      session: audit === undefined ? session : new AuditedSession(session, audit.of({ connection: connection.name })),
      name: connection.name,
      preferences,
      resolve: (path) => resolveRemote(preferences.directory ?? '', remotePath(path)),
      [Symbol.asyncDispose]: () => session[Symbol.asyncDispose](),
    }
  } catch (error) {
    throw error instanceof FerryError ? explained(error, connection, origin) : error
  }
}

/** What the settings of a connection are resolved from. */
export function settingsInput(
  { value: connection, origin }: Stored<Connection>,
  overrides: Overrides,
  environment: RemoteDependencies['environment'],
): SettingsInput {
  const keys = sealingKeys({ environment, mayCreate: false })
  return {
    connection,
    overrides,
    environment,
    openSecret: (secret, what, signal) => openSecret(secret, what, { environment, keys, signal }),
    placeOf: (field) => origin.fields?.get(field) ?? origin.place,
  }
}

/** The stored connection of that name, or one made from an `sftp://` address; an inactive one is refused. */
export async function findConnection(
  address: string,
  dependencies: Pick<RemoteDependencies, 'store' | 'environment'>,
): Promise<Stored<Connection>> {
  const stored = await anyConnection(address, dependencies)
  if (!isActive(stored.value)) {
    throw new FerryError('inactive', `connection ${address} is inactive`, {
      connection: address,
      hint: `ferry connections enable ${address}`,
    })
  }
  return stored
}

/** The same, active or not. */
export async function anyConnection(
  address: string,
  { store, environment }: Pick<RemoteDependencies, 'store' | 'environment'>,
): Promise<Stored<Connection>> {
  const parsed = parseAddress(address)
  if (parsed !== undefined) return { value: { ...parsed.connection, ...secretsOf(environment) }, origin: {} }
  return storedConnection(await (await store()).read(), address)
}

/** sftp's own -l counts Kbit/s: numbers like that are hardly meant as MB/s. */
const muchForMegabytes = 1000

/** Bytes a second, where there is a limit; 1 MB is 1,000,000 bytes. */
function bandwidthOf(stored: Connection, { bandwidthLimit }: Overrides, events: TransportEvents): number | undefined {
  if (bandwidthLimit !== undefined && bandwidthLimit > muchForMegabytes) {
    events.note(0, `--limit ${bandwidthLimit} is in MB/s (8000 Kbit/s each)`)
  }
  const limit = bandwidthLimit ?? stored.bandwidth_limit
  return limit === undefined ? undefined : limit * 1_000_000
}

/** An address carries no secrets; the environment may hold them for it. */
function secretsOf(environment: RemoteDependencies['environment']): Partial<Connection> {
  return {
    ...(environment['FERRY_PASSWORD'] !== undefined && { password: { env: 'FERRY_PASSWORD' } }),
    ...(environment['FERRY_IDENTITY_PASSPHRASE'] !== undefined && {
      identity_passphrase: { env: 'FERRY_IDENTITY_PASSPHRASE' },
    }),
  }
}

function preferencesOf(
  connection: Connection,
  logLevel: number,
  { localCommands = true }: Pick<RemoteDependencies, 'localCommands'>,
): RemotePreferences {
  return {
    logLevel,
    pingCommand: connection.ping_command ?? connectionDefaults.ping_command,
    localCommands: localCommands && (connection.local_commands ?? connectionDefaults.local_commands),
    fsync: connection.fsync ?? connectionDefaults.fsync,
    ...(connection.directory !== undefined && { directory: remotePath(connection.directory) }),
    ...(connection.preserve_metadata !== undefined && { preserveMetadata: connection.preserve_metadata }),
    ...(connection.buffer_size !== undefined && { bufferSize: connection.buffer_size }),
    ...(connection.requests !== undefined && { requests: connection.requests }),
  }
}

/** A failure to connect says which connection it was, and where it was declared. */
function explained(error: FerryError, connection: Connection, origin: Origin): FerryError {
  const place = error.details.place ?? origin.place
  return error.with({ connection: connection.name, ...(place !== undefined && { place }) })
}
