import type { Place } from '../errors/ferry-error.ts'
import { fields } from '../manifest/fields.ts'
import { type Connection, type ConnectionField, isAddress, isSecretField } from '../model/connection.ts'
import type { ConnectionInput, Overrides } from '../model/connection-input.ts'
import { durationText } from '../model/duration.ts'
import { sensitive } from '../model/secret.ts'
import type { Stored } from '../model/state.ts'
import { referenceText } from '../secrets/open-secret.ts'
import { type Resolution, resolveAll } from '../ssh/resolve-settings.ts'
import type { Source, ValueOrigin } from '../ssh/settings.ts'
import { anyConnection, type RemoteDependencies, settingsInput } from './open-remote.ts'

/** A setting as it takes effect, and who said so. */
export interface EffectiveSetting {
  /** A field of the connection, or a keyword of ssh_config(5). */
  readonly name: string
  readonly value: string | readonly string[]
  readonly source: Source
  readonly place?: Place
  /** Of a secret: where it is to be had. */
  readonly reference?: string
}

/** Every effective setting of a connection, active or not: its fields, then the options of ssh_config(5). Nothing is connected. */
export async function effectiveSettings(
  { address, overrides }: ConnectionInput,
  dependencies: Pick<RemoteDependencies, 'store' | 'environment' | 'signal'>,
): Promise<readonly EffectiveSetting[]> {
  const stored = await anyConnection(address, dependencies)
  const resolution = await resolveAll(settingsInput(stored, overrides, dependencies.environment), dependencies.signal)
  return [
    ...fields.flatMap(({ name }) => fieldSetting(name, stored, overrides, resolution)),
    ...resolution.options.map(({ name, value, origin }) => ({ name, value, ...origin })),
  ]
}

/** Fields that are options of ssh_config(5) by another name. */
const twins: Readonly<Partial<Record<ConnectionField, string>>> = {
  port: 'Port',
  username: 'User',
  address_family: 'AddressFamily',
  identity_file: 'IdentityFile',
  known_hosts_file: 'UserKnownHostsFile',
  compression: 'Compression',
}
const families: Readonly<Record<string, string>> = { inet: 'ipv4', inet6: 'ipv6' }

function fieldSetting(
  name: ConnectionField,
  stored: Stored<Connection>,
  overrides: Overrides,
  { settings, options }: Resolution,
): EffectiveSetting[] {
  const twin = options.find((option) => option.name === twins[name])
  if (twin !== undefined) {
    const value = name === 'address_family' ? (families[String(twin.value)] ?? twin.value) : twin.value
    return [{ name, value, ...twin.origin }]
  }
  // Each of its options is shown under its own keyword.
  if (name === 'ssh_options' || (name in twins && options.length > 0)) return []
  const origin = originOf(name, stored)
  switch (name) {
    case 'timeout':
      return [{ name, value: durationText(settings.timeoutMs), ...(settings.origins.get(name) ?? origin) }]
    case 'log_level': {
      const said = overrides.logLevel !== undefined ? flag : stored.value.log_level !== undefined ? origin : undefined
      return [{ name, value: String(settings.logLevel), ...(said ?? settings.origins.get('LogLevel') ?? origin) }]
    }
    case 'transport':
      return [{ name, value: settings.transport, ...origin }]
    case 'ssh_config_file':
      if (overrides.sshConfigFile !== undefined) return [{ name, value: overrides.sshConfigFile, ...flag }]
      break
    case 'bandwidth_limit':
      if (overrides.bandwidthLimit !== undefined) return [{ name, value: String(overrides.bandwidthLimit), ...flag }]
  }
  if (isSecretField(name)) {
    const secret = stored.value[name]
    if (secret === undefined) return []
    return [{ name, value: sensitive, ...origin, reference: 'sealed' in secret ? 'sealed' : referenceText(secret) }]
  }
  const value: unknown = stored.value[name] ?? fields.find((field) => field.name === name)?.default
  if (value === undefined) return []
  return [{ name, value: Array.isArray(value) ? value.map(String) : String(value), ...origin }]
}

const flag: ValueOrigin = { source: 'flag' }

/** What an address says was typed as well. */
function originOf(field: ConnectionField, { value, origin }: Stored<Connection>): ValueOrigin {
  if (value[field] === undefined) return { source: 'default' }
  if (isAddress(value.name)) return flag
  const place = origin.fields?.get(field) ?? origin.place
  return { source: 'stored', ...(place !== undefined && { place }) }
}
