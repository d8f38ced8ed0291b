import { FerryError } from '../errors/ferry-error.ts'
import { type Connection, connectionDefaults } from '../model/connection.ts'
import type { ConnectionInput } from '../model/connection-input.ts'
import { remotePath, resolveRemote } from '../model/remote-path.ts'
import type { Origin, Stored } from '../model/state.ts'
import { openSecret } from '../secrets/open-secret.ts'
import { sealingKeys } from '../secrets/sealing-keys.ts'
import { openSession } from '../sftp/open-session.ts'
import { connectChannel } from '../ssh/connect-channel.ts'
import { limitBandwidth } from '../ssh/limit-bandwidth.ts'
import { resolveSettings } from '../ssh/resolve-settings.ts'
import { parseAddress } from '../ssh/sftp-address.ts'
import type { Channel, TransportEvents } from '../ssh/transport.ts'
import type { StateStore } from '../state/state-store.ts'
import type { Remote, RemotePreferences } from './remote.ts'
import { storedConnection } from './stored-objects.ts'

/** What opening a connection needs from outside. */
export interface RemoteDependencies {
  readonly store: () => Promise<StateStore>
  readonly environment: Readonly<Record<string, string | undefined>>
  readonly events: TransportEvents
  readonly signal: AbortSignal
}

/** Connects to a stored connection or an `sftp://` address, with ssh's flags over what is stored, and opens a session. */
export async function openRemote(input: ConnectionInput, dependencies: RemoteDependencies): Promise<Remote> {
  const { environment, events, signal } = dependencies
  const { value: connection, origin } = await findConnection(input.address, dependencies)
  try {
    const keys = sealingKeys({ environment, mayCreate: false })
    const startedAt = performance.now()
    const settings = await resolveSettings(
      {
        connection,
        overrides: input.overrides,
        environment,
        openSecret: (secret, what, waiting) => openSecret(secret, what, { environment, keys, signal: waiting }),
        placeOf: (field) => origin.fields?.get(field) ?? origin.place,
      },
      signal,
    )
    const channel = limited(await connectChannel(settings, events, signal), connection)
    const session = await openSession(channel, {
      timeoutMs: settings.timeoutMs,
      signal,
      note: (level, text) => events.note(level, text),
    })
    const preferences = preferencesOf(connection)
    return {
      session,
      name: connection.name,
      peer: channel.peer,
      connectedInMs: performance.now() - startedAt,
      preferences,
      resolve: (path) => resolveRemote(preferences.directory ?? '', remotePath(path)),
      [Symbol.asyncDispose]: () => session[Symbol.asyncDispose](),
    }
  } catch (error) {
    throw error instanceof FerryError ? explained(error, connection, origin) : error
  }
}

/** The stored connection of that name, or one made from an `sftp://` address; an inactive one is refused. */
export async function findConnection(
  address: string,
  { store, environment }: Pick<RemoteDependencies, 'store' | 'environment'>,
): Promise<Stored<Connection>> {
  const parsed = parseAddress(address)
  if (parsed !== undefined) return { value: { ...parsed.connection, ...secretsOf(environment) }, origin: {} }
  const state = await (await store()).read()
  const stored = storedConnection(state, address)
  if (stored.value.active === false) {
    throw new FerryError('inactive', `connection ${address} is inactive`, {
      connection: address,
      hint: `ferry connections enable ${address}`,
    })
  }
  return stored
}

/** 1 MB is 1,000,000 bytes. */
const limited = (channel: Channel, { bandwidth_limit: limit }: Connection): Channel =>
  limit === undefined ? channel : limitBandwidth(channel, limit * 1_000_000)

/** An address carries no secrets; the environment may hold them for it. */
function secretsOf(environment: RemoteDependencies['environment']): Partial<Connection> {
  return {
    ...(environment['FERRY_PASSWORD'] !== undefined && { password: { env: 'FERRY_PASSWORD' } }),
    ...(environment['FERRY_IDENTITY_PASSPHRASE'] !== undefined && {
      identity_passphrase: { env: 'FERRY_IDENTITY_PASSPHRASE' },
    }),
  }
}

function preferencesOf(connection: Connection): RemotePreferences {
  return {
    pingCommand: connection.ping_command ?? connectionDefaults.ping_command,
    localCommands: connection.local_commands ?? connectionDefaults.local_commands,
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
