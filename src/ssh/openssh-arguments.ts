import type { HostKeySettings, OpensshSettings, SshSettings } from './settings.ts'
import { shellWord } from './shell-word.ts'

/** What ssh is told besides the settings of the connection. */
export interface OpensshOptions {
  /** Somebody or something answers what ssh asks. */
  readonly canAnswer: boolean
  /** Somebody can be asked. */
  readonly canAsk: boolean
  /** The program of a KnownHostsCommand, for pins. */
  readonly askpass: string
  /** The configuration to read where HOME, which ferry goes by, is not the home that ssh knows from the password database. */
  readonly otherHomeConfig: string | undefined
  /** Types of host keys that are not asked for. */
  readonly unwantedKeys: readonly string[]
}

/** The arguments of ssh(1) for the sftp subsystem of a host. The first value of an option counts. */
export function opensshArguments(settings: OpensshSettings, options: OpensshOptions): string[] {
  const { destination, authentication } = settings
  const configFile = configFileOf(settings, options)
  return [
    // Where the settings have it, it is not repeated.
    ...(settings.arguments.includes('-F') ? [] : configFile),
    ...asOptions([
      ...logging(settings),
      `BatchMode=${options.canAnswer ? 'no' : 'yes'}`,
      // A password that was refused once is not offered again.
      ...(authentication.password === undefined ? [] : ['NumberOfPasswordPrompts=1']),
      ...hostKeyOptions(settings.hostKeys, options),
      ...proxyOptions(settings, options, configFile),
    ]),
    ...settings.arguments,
    ...(options.otherHomeConfig === undefined ? [] : asOptions([...filesOf(settings), ...certificatesOf(settings)])),
    '-s',
    '--',
    destination,
    'sftp',
  ]
}

/** What ssh says is read, at least so far as it tells how far it has come. */
const logging = ({ logLevel }: OpensshSettings): string[] => [
  `LogLevel=${logLevel >= 4 ? 'DEBUG3' : 'DEBUG1'}`,
  'FingerprintHash=sha256',
  'VisualHostKey=no',
]

/**
 * Stricter than ssh: a changed key is refused whatever StrictHostKeyChecking says, and a pin is the only key that counts. A connection
 * that another ssh has opened (ControlPath) was not held against the pin.
 */
function hostKeyOptions(hostKeys: HostKeySettings, { askpass, canAsk, unwantedKeys }: OpensshOptions): string[] {
  if (hostKeys.pins.length === 0) return [`StrictHostKeyChecking=${checkingOf(hostKeys, canAsk)}`]
  return [
    'StrictHostKeyChecking=yes',
    'UserKnownHostsFile=/dev/null',
    'GlobalKnownHostsFile=/dev/null',
    'VerifyHostKeyDNS=no',
    'NoHostAuthenticationForLocalhost=no',
    'UpdateHostKeys=no',
    'ControlPath=none',
    `KnownHostsCommand=${quotedPath(askpass)} host-key %H %t %K`,
    ...(unwantedKeys.length === 0 ? [] : [`HostKeyAlgorithms=-${unwantedKeys.map(algorithmsOf).join(',')}`]),
  ]
}

function checkingOf({ checking = 'ask' }: HostKeySettings, canAsk: boolean): string {
  if (checking === 'no') return 'accept-new'
  return checking === 'ask' && !canAsk ? 'yes' : checking
}

/** All algorithms, certificates too, that show a key of this type. */
const algorithmsOf = (type: string): string => (type === 'ssh-rsa' ? 'rsa-*,ssh-rsa*' : `${type}*`)

/**
 * The way by jump hosts, as ssh makes it of ProxyJump (ssh.c), but with what ferry's own transport gives a jump host: its host key
 * is checked as strictly, and keys and known_hosts of the connection serve it where it has none of its own.
 */
function proxyOptions(
  { jumpHosts }: OpensshSettings,
  options: OpensshOptions,
  configFile: readonly string[],
): string[] {
  let command: string | undefined
  for (const hop of jumpHosts) {
    command = ['ssh', ...hopArguments(hop, options, command), ...configFile, '-W', '[%h]:%p', '--', hop.name]
      // A command that stands in another one has had its tokens replaced when its own ssh reads it.
      .map((word) => shellWord(word === '[%h]:%p' ? word : word.replaceAll('%', '%%')))
      .join(' ')
  }
  return command === undefined ? [] : [`ProxyCommand=${command}`]
}

function hopArguments(hop: SshSettings, options: OpensshOptions, command: string | undefined): string[] {
  const { port, username, hostKeys } = hop
  return [
    ...asOptions([
      `BatchMode=${options.canAnswer ? 'no' : 'yes'}`,
      'FingerprintHash=sha256',
      `StrictHostKeyChecking=${checkingOf(hostKeys, options.canAsk)}`,
      ...filesOf(hop),
      'ForwardAgent=no',
      ...(command === undefined ? [] : [`ProxyCommand=${command}`]),
    ]),
    '-l',
    username,
    '-p',
    String(port),
  ]
}

/** The files of a host as ferry found them. */
function filesOf({ hostKeys: { userFiles }, authentication: { identities } }: OpensshSettings | SshSettings): string[] {
  const known = userFiles.length === 0 ? '/dev/null' : userFiles.map(quotedPath).join(' ')
  const keys = identities.flatMap((one) => (one.kind === 'file' ? [`IdentityFile=${quotedPath(one.path)}`] : []))
  return [`UserKnownHostsFile=${known}`, ...keys]
}

/** Besides these ssh knows the same by the names that ssh_config has, which lead nowhere under another home. */
const certificatesOf = ({ certificates }: OpensshSettings): string[] =>
  certificates.map((path) => `CertificateFile=${quotedPath(path)}`)

function configFileOf({ arguments: words }: OpensshSettings, { otherHomeConfig }: OpensshOptions): string[] {
  const at = words.indexOf('-F')
  if (at >= 0) return words.slice(at, at + 2)
  return otherHomeConfig === undefined ? [] : ['-F', otherHomeConfig]
}

const quotedPath = (path: string): string => quoted(path.replaceAll('%', '%%'))

const asOptions = (options: readonly string[]): string[] => options.flatMap((option) => ['-o', option])

/** As one word of a value (argv_split of OpenSSH's misc.c). */
const quoted = (word: string): string =>
  /^[\w./:@%+=,-]+$/.test(word) ? word : `"${word.replace(/(["\\])/g, '\\$1')}"`
