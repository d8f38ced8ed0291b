import type { Form } from './option-form.ts'
import * as forms from './option-form.ts'

/**
 * What ferry makes of a keyword:
 * - `honoured`: the built-in transport does it
 * - `harmless`: left out, nothing is lost
 * - `adds`: left out, the connection is the same one with less. Set by ssh_config it is noted, asked for it needs openssh
 * - `decides`: left out, host, route, identity or trust would be another; needs openssh wherever it is set
 * - `moot`: an SFTP channel has no use for it, over openssh neither
 */
export type OptionStanding = 'honoured' | 'harmless' | 'adds' | 'decides' | 'moot'

export interface OptionRow {
  readonly standing: OptionStanding
  readonly form: Form
  /** What holds where nothing is set, as `ssh -G` prints it. */
  readonly usual?: string
  /** Of a moot one: what holds over openssh, whatever ssh_config says. */
  readonly off?: string
  /** For the matrix in the docs. */
  readonly note: string
}

const honoured = (form: Form, usual: string | undefined, note = ''): OptionRow => row('honoured', form, usual, note)
const harmless = (form: Form, usual: string | undefined, note: string): OptionRow => row('harmless', form, usual, note)
const adds = (form: Form, usual: string | undefined, note: string): OptionRow => row('adds', form, usual, note)
const decides = (form: Form, usual: string | undefined, note: string): OptionRow => row('decides', form, usual, note)
const moot = (form: Form, usual: string | undefined, note: string, off?: string): OptionRow => ({
  ...row('moot', form, usual, note),
  ...(off !== undefined && { off }),
})

function row(standing: OptionStanding, form: Form, usual: string | undefined, note: string): OptionRow {
  return { standing, form, note, ...(usual !== undefined && { usual }) }
}

const needsCanonical = 'only with CanonicalizeHostname'
const needsGssapi = 'only with GSSAPIAuthentication'
const noForwarding = 'ferry forwards nothing, as sftp'
const noShell = 'there is no shell and no terminal'
const lists = 'with the built-in transport `+`, `-` and `^` change its own list'

/** The keywords of ssh_config(5), from OpenSSH 9.2 to 10.5, and those that Debian adds. */
export const optionTable: Readonly<Record<string, OptionRow>> = {
  AddKeysToAgent: honoured(forms.keysToAgent, 'false'),
  AddressFamily: honoured(forms.family, 'any', 'also `address_family`, `-4`, `-6`'),
  BatchMode: honoured(forms.flag, 'no', 'nobody is asked'),
  BindAddress: honoured(forms.word, undefined),
  BindInterface: honoured(forms.word, undefined),
  CASignatureAlgorithms: harmless(forms.word, undefined, 'only with certificates'),
  CanonicalDomains: harmless(forms.words, 'none', needsCanonical),
  CanonicalizeFallbackLocal: harmless(forms.flag, 'yes', needsCanonical),
  CanonicalizeHostname: decides(forms.canonicalize, 'false', 'the host may be another'),
  CanonicalizeMaxDots: harmless(forms.number, '1', needsCanonical),
  CanonicalizePermittedCNAMEs: harmless(forms.words, 'none', needsCanonical),
  CertificateFile: decides(forms.gathered, undefined, 'so does a certificate beside an identity file'),
  ChannelTimeout: adds(forms.words, 'none', '`timeout` bounds silence'),
  CheckHostIP: honoured(forms.flag, 'no'),
  Ciphers: honoured(forms.word, undefined, lists),
  ClearAllForwardings: moot(forms.flag, 'no', noForwarding, 'yes'),
  Compression: honoured(forms.flag, 'no', 'also `compression`, `-C`'),
  ConnectTimeout: honoured(forms.timeOrNone, 'none', '`timeout` bounds it as well'),
  ConnectionAttempts: honoured(forms.number, '1'),
  ControlMaster: adds(forms.controlMaster, 'false', 'over openssh only where asked for; a master that runs is used'),
  ControlPath: adds(forms.word, undefined, 'no connection is shared with others'),
  ControlPersist: adds(forms.controlPersist, 'no', 'only with ControlMaster'),
  DynamicForward: moot(forms.forward, undefined, noForwarding),
  EnableEscapeCommandline: moot(forms.flag, 'no', noShell),
  EnableSSHKeysign: harmless(forms.flag, 'no', 'only with HostbasedAuthentication'),
  EscapeChar: moot(forms.escapeCharacter, '~', noShell),
  ExitOnForwardFailure: moot(forms.flag, 'no', noForwarding),
  FingerprintHash: harmless(forms.digest, 'SHA256', 'ferry shows SHA256'),
  ForkAfterAuthentication: moot(forms.flag, 'no', 'the channel would be lost', 'no'),
  ForwardAgent: adds(forms.forwardAgent, 'no', 'over openssh only where asked for'),
  ForwardX11: moot(forms.flag, 'no', noForwarding, 'no'),
  ForwardX11Timeout: moot(forms.time, '1200', noForwarding),
  ForwardX11Trusted: moot(forms.flag, 'no', noForwarding),
  GSSAPIAuthentication: adds(forms.flag, 'no', 'Kerberos'),
  GSSAPIClientIdentity: harmless(forms.word, undefined, needsGssapi),
  GSSAPIDelegateCredentials: harmless(forms.flag, 'no', needsGssapi),
  GSSAPIKexAlgorithms: harmless(forms.word, undefined, needsGssapi),
  GSSAPIKeyExchange: adds(forms.flag, 'no', 'Kerberos'),
  GSSAPIRenewalForcesRekey: harmless(forms.flag, 'no', needsGssapi),
  GSSAPIServerIdentity: harmless(forms.word, undefined, needsGssapi),
  GSSAPITrustDns: harmless(forms.flag, 'no', needsGssapi),
  GatewayPorts: moot(forms.flag, 'no', noForwarding),
  GlobalKnownHostsFile: honoured(forms.words, '/etc/ssh/ssh_known_hosts /etc/ssh/ssh_known_hosts2'),
  HashKnownHosts: honoured(forms.flag, 'no'),
  HostKeyAlgorithms: honoured(forms.word, undefined, lists),
  HostKeyAlias: honoured(forms.word, undefined),
  HostName: honoured(forms.word, undefined),
  HostbasedAcceptedAlgorithms: harmless(forms.word, undefined, 'only with HostbasedAuthentication'),
  HostbasedAuthentication: adds(forms.flag, 'no', ''),
  IPQoS: adds(forms.qos, 'ef none', ''),
  IdentitiesOnly: honoured(forms.flag, 'no'),
  IdentityAgent: honoured(forms.word, undefined),
  IdentityFile: honoured(forms.gathered, undefined, 'also `identity_file`, `-i`'),
  IgnoreUnknown: honoured(forms.word, undefined),
  KbdInteractiveAuthentication: honoured(forms.flag, 'yes'),
  KbdInteractiveDevices: adds(forms.word, undefined, ''),
  KexAlgorithms: honoured(forms.word, undefined, lists),
  KnownHostsCommand: decides(forms.text, undefined, 'it names the trusted keys'),
  LocalCommand: moot(forms.text, undefined, 'as sftp'),
  LocalForward: moot(forms.forward, undefined, noForwarding),
  LogLevel: honoured(forms.logLevel, 'INFO', 'VERBOSE and DEBUG as `-v`; also `log_level`'),
  LogVerbose: harmless(forms.words, 'none', 'for those who debug ssh'),
  MACs: honoured(forms.word, undefined, lists),
  NoHostAuthenticationForLocalhost: adds(forms.flag, 'no', 'left out, the key is checked'),
  NumberOfPasswordPrompts: honoured(forms.number, '3'),
  ObscureKeystrokeTiming: harmless(forms.keystrokes, 'yes', 'there are no keystrokes'),
  PKCS11Provider: decides(forms.word, undefined, 'keys on a token'),
  PasswordAuthentication: honoured(forms.flag, 'yes'),
  PermitLocalCommand: moot(forms.flag, 'no', 'as sftp', 'no'),
  PermitRemoteOpen: moot(forms.words, 'any', noForwarding),
  Port: honoured(forms.port, '22', 'also `port`, `-P`'),
  PreferredAuthentications: honoured(forms.word, undefined, 'of publickey, password, keyboard-interactive'),
  ProxyCommand: honoured(forms.text, undefined),
  ProxyJump: honoured(forms.jump, undefined, 'also `-J`; each host by its own settings'),
  ProxyUseFdpass: decides(forms.flag, 'no', 'with ProxyCommand'),
  PubkeyAcceptedAlgorithms: honoured(forms.word, undefined, lists),
  PubkeyAuthentication: honoured(forms.pubkey, 'true'),
  RefuseConnection: honoured(forms.words, undefined, 'the connection is refused with its words'),
  RekeyLimit: honoured(forms.rekey, '0 0'),
  RemoteCommand: moot(forms.text, undefined, 'the subsystem is sftp', 'none'),
  RemoteForward: moot(forms.forward, undefined, noForwarding),
  RequestTTY: moot(forms.terminal, 'auto', noShell, 'no'),
  RequiredRSASize: honoured(forms.number, '1024'),
  RevokedHostKeys: decides(forms.words, undefined, '`@revoked` in known_hosts is honoured by both'),
  SecurityKeyProvider: adds(forms.word, 'internal', 'FIDO keys'),
  SendEnv: honoured(forms.sendEnv, undefined),
  ServerAliveCountMax: honoured(forms.number, '3'),
  ServerAliveInterval: honoured(forms.time, '0', '`timeout` bounds silence as well'),
  SessionType: moot(forms.sessionType, 'default', 'it is the subsystem', 'subsystem'),
  SetEnv: honoured(forms.setEnv, undefined),
  StdinNull: moot(forms.flag, 'no', 'the channel would be lost', 'no'),
  StreamLocalBindMask: moot(forms.mask, '0177', noForwarding),
  StreamLocalBindUnlink: moot(forms.flag, 'no', noForwarding),
  StrictHostKeyChecking: honoured(forms.strict, 'ask', 'without a terminal `ask` is `yes`; `no` refuses a changed key'),
  SyslogFacility: harmless(forms.facility, 'USER', 'ferry logs to stderr'),
  TCPKeepAlive: honoured(forms.flag, 'yes'),
  Tag: honoured(forms.word, undefined, 'for `Match tagged`'),
  Tunnel: moot(forms.tunnel, 'false', noForwarding, 'no'),
  TunnelDevice: moot(forms.word, 'any:any', noForwarding),
  UpdateHostKeys: honoured(forms.yesNoAsk, 'true'),
  User: honoured(forms.word, undefined, 'also `username`'),
  UserKnownHostsFile: honoured(forms.words, '~/.ssh/known_hosts ~/.ssh/known_hosts2', 'also `known_hosts_file`'),
  VerifyHostKeyDNS: adds(forms.yesNoAsk, 'false', 'left out, known_hosts decides'),
  VersionAddendum: adds(forms.text, undefined, ''),
  VisualHostKey: harmless(forms.flag, 'no', 'ferry shows fingerprints'),
  WarnWeakCrypto: harmless(forms.warnWeak, 'yes', 'over openssh its warnings are notes'),
  XAuthLocation: moot(forms.word, '/usr/bin/xauth', noForwarding),
}
