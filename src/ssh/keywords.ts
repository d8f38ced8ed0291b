import { suggest } from '../model/suggest.ts'

/**
 * What ferry makes of a keyword:
 * - `structure`: Host, Match, Include
 * - `honoured`: it takes effect
 * - `adds`: left out, the connection is the same one with less; noted where ssh_config sets it
 * - `decides`: left out, host, route, identity or trust would be another; refused wherever it is set
 * - `dead`: ssh itself ignores it
 */
export type Standing = 'structure' | 'honoured' | 'adds' | 'decides' | 'dead'

export interface Keyword {
  /** As ssh_config(5) spells it. */
  readonly name: string
  readonly standing: Standing
  /** Values in lower case that say what ferry does anyway. */
  readonly already: readonly string[]
}

const structure = ['Host', 'Match', 'Include']

const honoured = [
  'AddressFamily',
  'BatchMode',
  'BindAddress',
  'Ciphers',
  'Compression',
  'ConnectTimeout',
  'GlobalKnownHostsFile',
  'HashKnownHosts',
  'HostKeyAlgorithms',
  'HostKeyAlias',
  'HostName',
  'IdentitiesOnly',
  'IdentityAgent',
  'IdentityFile',
  'IgnoreUnknown',
  'KbdInteractiveAuthentication',
  'KexAlgorithms',
  'LogLevel',
  'MACs',
  'NumberOfPasswordPrompts',
  'PasswordAuthentication',
  'Port',
  'PreferredAuthentications',
  'ProxyJump',
  'PubkeyAcceptedAlgorithms',
  'PubkeyAuthentication',
  'RefuseConnection',
  'RequiredRSASize',
  'ServerAliveCountMax',
  'ServerAliveInterval',
  'StrictHostKeyChecking',
  'TCPKeepAlive',
  'Tag',
  'User',
  'UserKnownHostsFile',
]

const adds: Readonly<Record<string, readonly string[]>> = {
  AddKeysToAgent: ['no'],
  CASignatureAlgorithms: [],
  CanonicalDomains: ['none'],
  CanonicalizeFallbackLocal: ['yes', 'no'],
  CanonicalizeMaxDots: ['1'],
  CanonicalizePermittedCNAMEs: ['none'],
  ChannelTimeout: ['none'],
  CheckHostIP: ['no'],
  ClearAllForwardings: ['yes', 'no'],
  ConnectionAttempts: ['1'],
  ControlMaster: ['no'],
  ControlPath: ['none'],
  ControlPersist: ['no'],
  DynamicForward: [],
  EnableEscapeCommandline: ['no'],
  EnableSSHKeysign: ['no'],
  EscapeChar: ['none'],
  ExitOnForwardFailure: ['yes', 'no'],
  FingerprintHash: ['sha256'],
  ForkAfterAuthentication: ['no'],
  ForwardAgent: ['no'],
  ForwardX11: ['no'],
  ForwardX11Timeout: [],
  ForwardX11Trusted: ['yes', 'no'],
  GSSAPIAuthentication: ['no'],
  GSSAPIClientIdentity: [],
  GSSAPIDelegateCredentials: ['no'],
  GSSAPIKeyExchange: ['no'],
  GSSAPIKexAlgorithms: [],
  GSSAPIRenewalForcesRekey: ['no'],
  GSSAPIServerIdentity: [],
  GSSAPITrustDns: ['no'],
  GatewayPorts: ['no'],
  HostbasedAcceptedAlgorithms: [],
  HostbasedAuthentication: ['no'],
  IPQoS: [],
  KbdInteractiveDevices: [],
  LocalCommand: [],
  LocalForward: [],
  LogVerbose: ['none'],
  NoHostAuthenticationForLocalhost: ['no'],
  ObscureKeystrokeTiming: ['no'],
  PermitLocalCommand: ['no'],
  PermitRemoteOpen: ['none'],
  ProxyUseFdpass: ['no'],
  RekeyLimit: ['default', 'default none'],
  RemoteCommand: ['none'],
  RemoteForward: [],
  RequestTTY: ['no', 'auto'],
  SecurityKeyProvider: ['internal', 'none'],
  SendEnv: [],
  SessionType: ['subsystem'],
  SetEnv: ['none'],
  StdinNull: ['no'],
  StreamLocalBindMask: [],
  StreamLocalBindUnlink: ['no'],
  SyslogFacility: [],
  Tunnel: ['no'],
  TunnelDevice: [],
  UpdateHostKeys: ['no'],
  VerifyHostKeyDNS: ['no'],
  VersionAddendum: ['none'],
  VisualHostKey: ['no'],
  WarnWeakCrypto: ['yes', 'no', 'no-pq-kex'],
  XAuthLocation: [],
}

const decides: Readonly<Record<string, readonly string[]>> = {
  BindInterface: [],
  CanonicalizeHostname: ['no'],
  CertificateFile: ['none'],
  KnownHostsCommand: ['none'],
  PKCS11Provider: ['none'],
  ProxyCommand: ['none'],
  RevokedHostKeys: ['none'],
}

/** Deprecated and unsupported ones in the table of OpenSSH's readconf.c. */
const dead = [
  'AFSTokenPassing',
  'Cipher',
  'CompressionLevel',
  'FallBackToRsh',
  'GlobalKnownHostsFile2',
  'KerberosAuthentication',
  'KerberosTGTPassing',
  'Protocol',
  'RSAAuthentication',
  'RhostsAuthentication',
  'RhostsRSAAuthentication',
  'UseKeychain',
  'UsePrivilegedPort',
  'UseRoaming',
  'UseRsh',
  'UserKnownHostsFile2',
]

/** Older names of readconf.c's table. */
const aliases: Readonly<Record<string, string>> = {
  ChallengeResponseAuthentication: 'KbdInteractiveAuthentication',
  DSAAuthentication: 'PubkeyAuthentication',
  HostbasedKeyTypes: 'HostbasedAcceptedAlgorithms',
  IdentityFile2: 'IdentityFile',
  KeepAlive: 'TCPKeepAlive',
  PubkeyAcceptedKeyTypes: 'PubkeyAcceptedAlgorithms',
  SKeyAuthentication: 'KbdInteractiveAuthentication',
  SmartcardDevice: 'PKCS11Provider',
  TISAuthentication: 'KbdInteractiveAuthentication',
}

const table = new Map<string, Keyword>()
const enter = (name: string, standing: Standing, already: readonly string[] = []): void => {
  table.set(name.toLowerCase(), { name, standing, already })
}
for (const name of structure) enter(name, 'structure')
for (const name of honoured) enter(name, 'honoured')
for (const [name, already] of Object.entries(adds)) enter(name, 'adds', already)
for (const [name, already] of Object.entries(decides)) enter(name, 'decides', already)
for (const name of dead) enter(name, 'dead')
for (const [alias, name] of Object.entries(aliases)) {
  const keyword = table.get(name.toLowerCase())
  if (keyword !== undefined) table.set(alias.toLowerCase(), keyword)
}

/** A keyword of ssh_config(5), from OpenSSH 9.2 to 10, in any case and under its older names. */
export const findKeyword = (name: string): Keyword | undefined => table.get(name.toLowerCase())

/** The keyword that was probably meant. */
export function suggestKeyword(name: string): string | undefined {
  const nearest = suggest(name.toLowerCase(), table.keys())
  return nearest === undefined ? undefined : table.get(nearest)?.name
}
