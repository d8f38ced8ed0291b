import type { Place } from '../errors/ferry-error.ts'
import type { KeyMemory } from './key-memory.ts'

/** Who said so: the first of these that speaks wins. */
export type Source = 'flag' | 'stored' | 'ssh_config' | 'default'

/** Where a value comes from. A default has no place. */
export interface ValueOrigin {
  readonly source: Source
  readonly place?: Place
}

/** All that is needed to open a channel: flags, the stored connection, ssh_config and the defaults, in one. */
export type Settings = SshSettings | OpensshSettings | CommandSettings

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
  /** What was asked for and has no effect; always shown. */
  readonly warnings: readonly string[]
  /** What was set and is left out, for -v. */
  readonly notes: readonly string[]
  /** Files of configuration that were read (1), and lines of them that took effect (2). */
  readonly log: readonly LogLine[]
}

/** What is told at -v and -vv. */
export interface LogLine {
  readonly level: 1 | 2
  readonly text: string
}

/** A program that speaks SFTP on its standard input and output. */
export interface CommandSettings extends CommonSettings {
  readonly transport: 'command'
  readonly command: readonly string[]
  /** What the program inherits; ferry's own variables are not in it. */
  readonly environment: Readonly<Record<string, string | undefined>>
}

/** Why only the system's ssh will do. */
export interface Need {
  /** `CertificateFile`, `Match localnetwork`, `the certificate ~/.ssh/id-cert.pub` */
  readonly what: string
  readonly origin: ValueOrigin
  /** What was typed, for messages. */
  readonly label: string
}

/** SFTP over the standard input and output of the system's ssh, which resolves all of ssh_config again itself. */
export interface OpensshSettings extends CommonSettings {
  readonly transport: 'openssh'
  /** Why the transport `auto` became this one; empty where it was asked for. */
  readonly neededBy: readonly Need[]
  /** The host as it was given: ssh's own destination. */
  readonly destination: string
  /** For ssh, with nothing secret among them: what flags and the connection say, the first wins. */
  readonly arguments: readonly string[]
  /** What ssh inherits; ferry's own variables are not in it. */
  readonly environment: Readonly<Record<string, string | undefined>>
  /** BatchMode: nobody is asked, whoever may be there. */
  readonly batch: boolean
  /** ConnectTimeout; 0 for none of its own. */
  readonly handshakeTimeoutMs: number
  readonly hostKeys: HostKeySettings
  readonly authentication: AuthenticationSettings
  /** CertificateFile, as paths. */
  readonly certificates: readonly string[]
  /** For messages: ssh goes through them by itself. */
  readonly jumpHosts: readonly SshSettings[]
}

export interface SshSettings extends CommonSettings {
  readonly transport: 'ssh'
  readonly addressFamily: 'any' | 'ipv4' | 'ipv6'
  readonly bindAddress?: string
  /** The name of a network interface. */
  readonly bindInterface?: string
  /** How often a connection is tried, a second apart. */
  readonly connectionAttempts: number
  /** A command for the user's shell, whose standard input and output lead to the server. */
  readonly proxyCommand?: string
  readonly shell: string
  /** What a ProxyCommand inherits; ferry's own variables are not in it. */
  readonly environment: Readonly<Record<string, string | undefined>>
  /** What the server is told of the environment (SendEnv, SetEnv). */
  readonly variables: ReadonlyMap<string, string>
  /** When keys are negotiated anew; 0 leaves it to the cipher, and to no time. */
  readonly rekeyLimit: { readonly bytes: number; readonly ms: number }
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
  /** CheckHostIP: the server's address is looked up besides its name. */
  readonly checkIp: boolean
  /** UpdateHostKeys: whether the other keys that a known server says it has are written down. */
  readonly update: 'yes' | 'ask' | 'no'
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
  readonly addKeysToAgent?: AddKeysToAgent
  /** Opens the connection's own password when it is wanted. */
  readonly password?: OpenSecret
  readonly passphrase?: OpenSecret
  /** Signature algorithms of keys that may be used, the preferred first. */
  readonly keyAlgorithms: readonly string[]
  /** RSA keys with fewer bits are not used. */
  readonly rsaBitsMin: number
  readonly passwordPrompts: number
  readonly keys: KeyMemory
}

/** How a key that was loaded is given to the agent (AddKeysToAgent). */
export interface AddKeysToAgent {
  readonly ask: boolean
  /** The agent asks at each use. */
  readonly confirm: boolean
  /** 0 is until it is removed. */
  readonly lifetimeSeconds: number
}

/** Opens a secret, once: whoever asks later gets the same. */
export type OpenSecret = (signal: AbortSignal) => Promise<string>

/** A private key, or a public one whose other half the agent holds. An explicit one was named by flag or connection. */
export type IdentitySource =
  | { readonly kind: 'file'; readonly path: string; readonly explicit: boolean; readonly origin: ValueOrigin }
  | { readonly kind: 'text'; readonly open: OpenSecret; readonly explicit: boolean; readonly origin: ValueOrigin }
