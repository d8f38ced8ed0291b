import type { Place } from '../errors/ferry-error.ts'

/** Who said so: the first of these that speaks wins. */
export type Source = 'flag' | 'stored' | 'ssh_config' | 'default'

/** Where a value comes from. A default has no place. */
export interface ValueOrigin {
  readonly source: Source
  readonly place?: Place
}

/** All that is needed to open a channel: flags, the stored connection, ssh_config and the defaults, in one. */
export type Settings = SshSettings | CommandSettings

interface CommonSettings {
  /** The stored name, the address, or the jump host as it was written. */
  readonly name: string
  /** What the name is, as hints differ. */
  readonly role: 'stored' | 'address' | 'jump host'
  /** The real name, after HostName. */
  readonly host: string
  readonly port: number
  readonly username: string
  /** How long silence may last, and connecting and logging in in all; 0 waits for ever. */
  readonly timeoutMs: number
  /** 0 to 4, as -v to -vvvv. */
  readonly logLevel: number
  /** Of each effective value, under its keyword of ssh_config(5) or, where that has none, its field's name. */
  readonly origins: ReadonlyMap<string, ValueOrigin>
  /** What was set and is left out, for -v. */
  readonly notes: readonly string[]
}

/** A program that speaks SFTP on its standard input and output. */
export interface CommandSettings extends CommonSettings {
  readonly transport: 'command'
  readonly command: readonly string[]
  /** What the program inherits; ferry's own variables are not in it. */
  readonly environment: Readonly<Record<string, string | undefined>>
}

export interface SshSettings extends CommonSettings {
  readonly transport: 'ssh'
  readonly addressFamily: 'any' | 'ipv4' | 'ipv6'
  readonly bindAddress?: string
  readonly tcpKeepAlive: boolean
  readonly compression: boolean
  /** BatchMode: nobody is asked, whoever may be there. */
  readonly batch: boolean
  /** ConnectTimeout: a bound for everything up to the key exchange; 0 for none of its own. */
  readonly handshakeTimeoutMs: number
  /** 0 sends no keepalives. */
  readonly serverAliveIntervalMs: number
  readonly serverAliveCountMax: number
  readonly algorithms: Algorithms
  readonly hostKeys: HostKeySettings
  readonly authentication: AuthenticationSettings
  /** Hosts to go through, the first is the nearest. None of them has jump hosts of its own. */
  readonly jumpHosts: readonly SshSettings[]
}

/** What is offered, the preferred first. */
export interface Algorithms {
  readonly kex: readonly string[]
  readonly hostKey: readonly string[]
  readonly cipher: readonly string[]
  readonly mac: readonly string[]
}

export interface HostKeySettings {
  /** How the host is called in known_hosts: `host`, `[host]:port`, or HostKeyAlias. */
  readonly lookupName: string
  /** `SHA256:…`, pinned by the connection; where there are any, known_hosts is not asked. */
  readonly pins: readonly string[]
  /** Absent: as `ask`, which is `yes` where nobody can be asked. */
  readonly checking?: 'yes' | 'ask' | 'accept-new' | 'no'
  /** Empty for none. The first of them takes new keys. */
  readonly userFiles: readonly string[]
  readonly globalFiles: readonly string[]
  readonly hashNames: boolean
  /** RSA keys with fewer bits are refused. */
  readonly rsaBitsMin: number
  /** HostKeyAlgorithms was set outright, so the order is not changed for the sake of the keys that are known. */
  readonly fixedOrder: boolean
  /** For messages that say `~`. */
  readonly home: string
}

export type AuthenticationMethod = 'publickey' | 'password' | 'keyboard-interactive'

export interface AuthenticationSettings {
  /** PreferredAuthentications without those that are switched off; absent: what was given for this connection first. */
  readonly order?: readonly AuthenticationMethod[]
  /** Methods that are switched on. */
  readonly methods: ReadonlySet<AuthenticationMethod>
  readonly identities: readonly IdentitySource[]
  readonly identitiesOnly: boolean
  readonly agentSocket?: string
  /** Opens the connection's own password when it is wanted. */
  readonly password?: OpenSecret
  readonly passphrase?: OpenSecret
  /** Signature algorithms of keys that may be used, the preferred first. */
  readonly keyAlgorithms: readonly string[]
  /** RSA keys with fewer bits are not used. */
  readonly rsaBitsMin: number
  readonly passwordPrompts: number
}

/** Opens a secret, once: whoever asks later gets the same. */
export type OpenSecret = (signal: AbortSignal) => Promise<string>

/** A private key, or a public one whose other half the agent holds. An explicit one was named by flag or connection. */
export type IdentitySource =
  | { readonly kind: 'file'; readonly path: string; readonly explicit: boolean; readonly origin: ValueOrigin }
  | { readonly kind: 'text'; readonly open: OpenSecret; readonly explicit: boolean; readonly origin: ValueOrigin }
