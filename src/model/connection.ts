import type { Secret, StoredSecret } from './secret.ts'

/**
 * A connection as the manifest declares it: the keys are the schema's, and only what was set is there. Defaults apply when the
 * connection is used, after ssh_config. `S` is what its secrets may be: anything in a manifest, references and sealed ones in the state.
 */
export interface ConnectionFields<S = Secret> {
  readonly name: string
  readonly active?: boolean
  readonly host: string
  readonly port?: number
  readonly username?: string
  readonly address_family?: 'any' | 'ipv4' | 'ipv6'
  readonly password?: S
  readonly identity_file?: string | readonly string[]
  readonly identity_passphrase?: S
  readonly private_key?: S
  readonly ssh_config_file?: string
  readonly known_hosts_file?: string | readonly string[]
  readonly host_key?: readonly string[]
  /** Keyword of ssh_config(5) to its value; a list where the keyword is repeated. */
  readonly ssh_options?: Readonly<Record<string, string | readonly string[]>>
  readonly local_commands?: boolean
  readonly transport?: TransportName
  readonly command?: readonly string[]
  /** A duration in its shortest spelling, `30s`; `0` waits for ever. */
  readonly timeout?: string
  readonly ping_command?: string
  readonly log_level?: 0 | 1 | 2 | 3 | 4
  /** MB/s, 1 MB = 1,000,000 bytes. */
  readonly bandwidth_limit?: number
  readonly buffer_size?: number
  readonly requests?: number
  readonly preserve_metadata?: boolean
  readonly compression?: boolean
  readonly fsync?: boolean
  readonly directory?: string
  readonly tags?: readonly string[]
  readonly description?: string
}

export type TransportName = 'auto' | 'ssh' | 'openssh' | 'command'
export type Connection = ConnectionFields<StoredSecret>
export type ConnectionField = Exclude<keyof Connection, 'name'>

/** Fields whose value is a secret: never shown, never stored in clear. */
export const secretFields = [
  'password',
  'identity_passphrase',
  'private_key',
] as const satisfies readonly ConnectionField[]
export type SecretField = (typeof secretFields)[number]

export const isSecretField = (field: string): field is SecretField => secretFields.some((secret) => secret === field)

/** What holds where nothing was set by flag, stored connection or ssh_config. */
export const connectionDefaults = {
  active: true,
  port: 22,
  address_family: 'any',
  local_commands: true,
  transport: 'auto',
  timeout: '30s',
  ping_command: 'ls .',
  log_level: 0,
  preserve_metadata: true,
  compression: false,
  fsync: false,
} as const satisfies Partial<Connection>

/** Whether it may be used. */
export const isActive = ({ active = connectionDefaults.active }: Pick<Connection, 'active'>): boolean => active

/** How the address of a connection that is not stored begins. */
export const addressScheme = 'sftp://'
/** Whether a name is an address. */
export const isAddress = (name: string): boolean => name.startsWith(addressScheme)

/** Why a text cannot be a connection's name, or `undefined` where it can. */
export function nameProblem(name: string): string | undefined {
  if (name === '') return 'a name may not be empty'
  if ([...name].length > 255) return 'a name has at most 255 characters'
  if (/[\p{Cc}\u2028\u2029]/u.test(name) || /[\ud800-\udfff]/u.test(name))
    return 'a name may not hold control characters'
  if (name.trim() !== name) return 'a name may not begin or end with a blank'
  if (/^(?:[-@]|sftp:\/\/)/.test(name)) return 'a name may not begin with "-", "@" or "sftp://"'
  return undefined
}
