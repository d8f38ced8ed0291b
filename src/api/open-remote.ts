import type { Audit } from '../audit/audit.ts'
import { FerryError } from '../errors/ferry-error.ts'
import { type Connection, connectionDefaults, isActive } from '../model/connection.ts'
import type { ConnectionInput, Overrides } from '../model/connection-input.ts'
import { remotePath, resolveRemote } from '../model/remote-path.ts'
import type { Origin, Stored } from '../model/state.ts'
import { openSecret } from '../secrets/open-secret.ts'
import { sealingKeys } from '../secrets/sealing-keys.ts'
import { AuditedSession } from '../sftp/audited-session.ts'
import { openSession } from '../sftp/open-session.ts'
import type { SftpSession } from '../sftp/session.ts'
import { connectChannel } from '../ssh/connect-channel.ts'
import { limitBandwidth } from '../ssh/limit-bandwidth.ts'
import { resolveSettings, type SettingsInput } from '../ssh/resolve-settings.ts'
import type { Settings } from '../ssh/settings.ts'
import { parseAddress } from '../ssh/sftp-address.ts'
import type { Channel, TransportEvents } from '../ssh/transport.ts'
import type { StateStore } from '../state/state-store.ts'
import type { MoreConnections } from '../transfer/connection-pool.ts'
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
}

/** Connects to a stored connection or an `sftp://` address, with ssh's flags over what is stored, and opens a session. */
export async function openRemote(input: ConnectionInput, dependencies: RemoteDependencies): Promise<Remote> {
  const { environment, signal, audit } = dependencies
  const { value: connection, origin } = await findConnection(input.address, dependencies)
  try {
    const startedAt = performance.now()
    const settings = await resolveSettings(
      settingsInput({ value: connection, origin }, input.overrides, environment),
      signal,
    )
    const events = dependencies.events.atLevel?.(settings.logLevel) ?? dependencies.events
    const channel = limited(await connectChannel(settings, events, signal), connection, input.overrides, events)
    const session = await openSession(channel, {
      timeoutMs: settings.timeoutMs,
      signal,
      note: (level, text) => events.note(level, text),
      logLevel: toldOf(settings, events),
    })
    const preferences = preferencesOf(connection, settings.logLevel, dependencies)
    const isLimited = (input.overrides.bandwidthLimit ?? connection.bandwidth_limit) !== undefined
    return {
      session: audit === undefined ? session : new AuditedSession(session, audit.of({ connection: connection.name })),
      ...(!isLimited &&
        settings.transport !== 'command' && { more: moreConnections(settings, events, channel, session) }),
      name: connection.name,
      peer: channel.peer,
      connectedInMs: performance.now() - startedAt,
      ended: channel.ended,
      preferences,
      resolve: (path) => resolveRemote(preferences.directory ?? '', remotePath(path)),
      [Symbol.asyncDispose]: () => session[Symbol.asyncDispose](),
    }
  } catch (error) {
    throw error instanceof FerryError ? explained(error, connection, origin) : error
  }
}

/** A level may change while the connection is open. */
const toldOf = ({ logLevel }: Settings, { level }: TransportEvents) => level ?? (() => logLevel)

/** Nobody is asked again for what the first connection has, and warned again of what it told. */
function moreConnections(
  settings: Settings,
  events: TransportEvents,
  { another }: Channel,
  like: SftpSession,
): MoreConnections {
  const quiet: TransportEvents = { note: (level, text) => events.note(level === 0 ? 1 : level, text) }
  const { timeoutMs } = settings
  const logLevel = toldOf(settings, events)
  const note = (level: 1 | 2 | 3 | 4, text: string): void => quiet.note(level, text)
  const options = { timeoutMs, note, logLevel }
  return {
    connection: async (signal) => openSession(await connectChannel(settings, quiet, signal), { ...options, signal }),
    ...(another && { channel: async (signal) => openSession(await another(signal), { ...options, signal, like }) }),
    note: (text) => quiet.note(1, text),
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

/** 1 MB is 1,000,000 bytes. */
function limited(
  channel: Channel,
  stored: Connection,
  { bandwidthLimit }: Overrides,
  events: TransportEvents,
): Channel {
  if (bandwidthLimit !== undefined && bandwidthLimit > muchForMegabytes) {
    events.note(0, `--limit ${bandwidthLimit} is in MB/s (8000 Kbit/s each)`)
  }
  const limit = bandwidthLimit ?? stored.bandwidth_limit
  return limit === undefined ? channel : limitBandwidth(channel, limit * 1_000_000)
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
