import { FerryError, type Place } from '../errors/ferry-error.ts'
import { type Connection, connectionDefaults, isAddress, secretFields } from '../model/connection.ts'
import type { Overrides } from '../model/connection-input.ts'
import { durationMs, parseDuration } from '../model/duration.ts'
import type { StoredSecret } from '../model/secret.ts'
import { askedArguments } from './asked-arguments.ts'
import { flagOptions, storedOptions } from './asked-options.ts'
import type { Credentials } from './authentication-settings.ts'
import type { Directive } from './config-options.ts'
import { type EffectiveOption, effectiveOptions } from './effective-options.ts'
import { implicitNeeds } from './implicit-needs.ts'
import { KeyMemory } from './key-memory.ts'
import { childEnvironment, type Environment, expandTilde, localAccount } from './local-account.ts'
import type {
  CommandSettings,
  Need,
  OpenSecret,
  OpensshSettings,
  Settings,
  SshSettings,
  ValueOrigin,
} from './settings.ts'
import { type ResolvedSsh, resolveSsh } from './ssh-settings.ts'
import { cannotDo } from './standings.ts'

export interface SettingsInput {
  /** A stored connection, or one made from an `sftp://` address. */
  readonly connection: Connection
  readonly overrides: Overrides
  readonly environment: Environment
  /** `signal` ends with the time that connecting may take. */
  readonly openSecret: (secret: StoredSecret, what: string, signal: AbortSignal) => Promise<string>
  /** Where a field of the connection was set. */
  readonly placeOf?: (field: string) => Place | undefined
  /** Keys that other connections of the command have read. */
  readonly keys?: KeyMemory
}

/**
 * The effective settings of a connection: flag, then stored connection, then ssh_config, then default. Rejects with `usage` where
 * an option is unknown, invalid, or asked for and not supported. Secrets are opened when a server asks for them, not here.
 */
export async function resolveSettings(input: SettingsInput, signal: AbortSignal): Promise<Settings> {
  return (await resolveAll(input, signal)).settings
}

export interface Resolution {
  readonly settings: Settings
  /** Every option of ssh_config(5) as it takes effect; none where the transport is a command. */
  readonly options: readonly EffectiveOption[]
  /** As the built-in transport would connect, whatever the transport is; absent where it is a command. */
  readonly direct?: SshSettings
}

/** The same, and what it was made of. */
export async function resolveAll(input: SettingsInput, signal: AbortSignal): Promise<Resolution> {
  const { connection, overrides, environment, placeOf = () => undefined, keys = new KeyMemory() } = input
  const originOf = (field: string): ValueOrigin => {
    const place = placeOf(field)
    return { source: 'stored', ...(place !== undefined && { place }) }
  }
  const timeout = timeoutOf(connection, overrides, originOf('timeout'))
  const { name, host } = connection
  const role = isAddress(name) ? 'address' : 'stored'
  const logLevel = overrides.logLevel ?? connection.log_level
  const account = localAccount(environment)
  if (connection.transport === 'command') {
    refuseSshFlags(connection, overrides)
    const settings: CommandSettings = {
      name,
      role,
      transport: 'command',
      host,
      port: connection.port ?? connectionDefaults.port,
      username: connection.username ?? account.name,
      timeoutMs: timeout.ms,
      logLevel: logLevel ?? connectionDefaults.log_level,
      command: commandOf(connection, originOf('command')),
      environment: childEnvironment(environment),
      origins: new Map([['timeout', timeout.origin]]),
      warnings: [],
      notes: [],
      log: [],
    }
    return { settings, options: [] }
  }
  const configFile = configFileOf(connection, overrides, placeOf('ssh_config_file'))
  const preset = [...flagOptions(overrides), ...storedOptions(connection, placeOf)]
  const resolved = await resolveSsh(
    {
      name,
      role,
      host,
      preset,
      pins: pinsOf(connection, originOf('host_key')),
      credentials: credentialsOf(input, originOf('private_key')),
    },
    {
      timeout,
      ...(logLevel !== undefined && { logLevel }),
      ...(configFile !== undefined && { configFile }),
      account,
      environment,
      keys,
      signal,
    },
  )
  const settings = await transported(resolved, connection, (needs) =>
    opensshSettings(resolved, {
      ...{ preset, destination: host, needs, environment },
      configFile: configFile?.path,
      secretVariables: secretVariables(connection),
    }),
  )
  return {
    settings,
    direct: resolved.settings,
    // Who connects does not ask.
    get options() {
      return effectiveOptions(settings, resolved.options, resolved.expansion)
    },
  }
}

/** By the built-in transport, or by the system's ssh where that was asked for or is needed. */
async function transported(
  { settings, needs }: ResolvedSsh,
  { transport = connectionDefaults.transport }: Connection,
  byOpenssh: (needs: readonly Need[]) => OpensshSettings,
): Promise<SshSettings | OpensshSettings> {
  if (transport === 'openssh') return byOpenssh([])
  const [need] = needs
  if (transport === 'ssh') {
    if (need !== undefined) throw cannotDo(need)
    return settings
  }
  const all = [...needs, ...(await implicitNeeds(settings))]
  return all.length === 0 ? settings : byOpenssh(all)
}

/** Variables of the environment that the connection's secrets are in. */
const secretVariables = (connection: Connection): string[] =>
  secretFields.flatMap((field) => {
    const secret = connection[field]
    return secret !== undefined && 'env' in secret ? [secret.env] : []
  })

/** The same connection by the system's ssh, which is told only what was asked for and reads ssh_config itself. */
function opensshSettings(
  { settings, options, expansion }: ResolvedSsh,
  given: {
    preset: readonly Directive[]
    destination: string
    needs: readonly Need[]
    configFile: string | undefined
    environment: Environment
    secretVariables: readonly string[]
  },
): OpensshSettings {
  const { name, role, host, port, username, timeoutMs, logLevel, origins, warnings, log } = settings
  const { batch, handshakeTimeoutMs, hostKeys, authentication, jumpHosts } = settings
  const { destination, configFile } = given
  const file = configFile === undefined ? undefined : expandTilde(configFile, expansion.account.home)
  return {
    ...{ name, role, host, port, username, timeoutMs, logLevel, origins, warnings, log },
    ...{ batch, handshakeTimeoutMs, hostKeys, authentication, jumpHosts, destination },
    transport: 'openssh',
    neededBy: given.needs,
    certificates: options
      .all('CertificateFile')
      .flatMap((directive) => expansion.paths(directive))
      .filter((path) => path.toLowerCase() !== 'none'),
    arguments: askedArguments(given.preset, options, expansion, file),
    environment: childEnvironment(given.environment, given.secretVariables),
    // What the built-in transport leaves out, ssh does.
    notes: [],
  }
}

function configFileOf(
  { ssh_config_file }: Connection,
  { sshConfigFile }: Overrides,
  place: Place | undefined,
): { path: string; place?: Place } | undefined {
  if (sshConfigFile !== undefined) return { path: sshConfigFile }
  if (ssh_config_file === undefined) return undefined
  return { path: ssh_config_file, ...(place !== undefined && { place }) }
}

function timeoutOf(
  { timeout }: Connection,
  { timeoutMs }: Overrides,
  origin: ValueOrigin,
): { ms: number; origin: ValueOrigin } {
  if (timeoutMs !== undefined) return { ms: timeoutMs, origin: { source: 'flag' } }
  if (timeout === undefined)
    return { ms: parseDuration(connectionDefaults.timeout, 'timeout'), origin: { source: 'default' } }
  const ms = durationMs(timeout)
  if (ms !== undefined) return { ms, origin }
  throw new FerryError('usage', `timeout: invalid duration "${timeout}"`, placed(origin))
}

/** ssh's flags mean nothing to another program. */
function refuseSshFlags(connection: Connection, overrides: Overrides): void {
  const [flag] = flagOptions(overrides)
  const label = flag?.label ?? (overrides.sshConfigFile === undefined ? undefined : '-F')
  if (label === undefined) return
  throw new FerryError('usage', `${label} means nothing to ${connection.name}: its transport is a command`, {
    hint: 'put it among the words of its command',
  })
}

function commandOf({ command = [] }: Connection, origin: ValueOrigin): readonly string[] {
  const [program] = command
  if (program !== undefined && program !== '' && !command.some((word) => word.includes('\0'))) return command
  throw new FerryError('usage', 'the transport "command" needs a command', {
    ...placed(origin),
    hint: 'as command: [program, argument, …]',
  })
}

/** Also where a reference of the manifest was replaced by something else. */
function pinsOf({ host_key = [] }: Connection, origin: ValueOrigin): string[] {
  return host_key.map((pin) => {
    if (/^SHA256:[A-Za-z0-9+/]{43}=?$/.test(pin)) return pin.replace(/=$/, '')
    throw new FerryError('usage', `host_key: "${pin}" is no fingerprint`, {
      ...placed(origin),
      hint: 'as SHA256:…, which ssh-keygen -l prints',
    })
  })
}

function credentialsOf({ connection, openSecret }: SettingsInput, keyOrigin: ValueOrigin): Credentials {
  const opener = (secret: StoredSecret, what: string): OpenSecret => {
    let opened: Promise<string> | undefined
    return (signal) => {
      opened ??= openSecret(secret, `${what} of ${connection.name}`, signal)
      return opened
    }
  }
  const { password, identity_passphrase, private_key } = connection
  return {
    ...(password !== undefined && { password: opener(password, 'password') }),
    ...(identity_passphrase !== undefined && { passphrase: opener(identity_passphrase, 'identity_passphrase') }),
    ...(private_key !== undefined && { privateKey: { open: opener(private_key, 'private_key'), origin: keyOrigin } }),
  }
}

const placed = ({ place }: ValueOrigin): { place?: Place } => (place === undefined ? {} : { place })
