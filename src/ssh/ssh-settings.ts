import type { Place } from '../errors/ferry-error.ts'
import { connectionDefaults } from '../model/connection.ts'
import { algorithmsOf } from './algorithms.ts'
import { directive } from './asked-options.ts'
import { authenticationNeeds, authenticationOf, type Credentials } from './authentication-settings.ts'
import { checkHost, checkUser } from './check-names.ts'
import { type Directive, type Options, wrong } from './config-options.ts'
import { askedUserFiles, hostKeysOf } from './host-key-settings.ts'
import { type JumpHost, jumpHostsOf } from './jump-hosts.ts'
import type { KeyMemory } from './key-memory.ts'
import { childEnvironment, type Environment, type LocalAccount } from './local-account.ts'
import { OptionExpansion } from './option-expansion.ts'
import { rekeyLimitOf } from './option-form.ts'
import { choiceOf, numberOf, originOf, switchOf, timeOf } from './option-values.ts'
import { sentVariables } from './sent-variables.ts'
import type { IdentitySource, Need, SshSettings, ValueOrigin } from './settings.ts'
import { evaluateConfig } from './ssh-config.ts'
import { standingsOf } from './standings.ts'

/** What holds for a connection and for each host on its way. */
export interface SshContext {
  readonly timeout: { readonly ms: number; readonly origin: ValueOrigin }
  readonly logLevel?: number
  readonly configFile?: { readonly path: string; readonly place?: Place }
  readonly account: LocalAccount
  readonly environment: Environment
  readonly keys: KeyMemory
  readonly signal: AbortSignal
}

/** One host as it was asked for. */
export interface Target {
  readonly name: string
  readonly role: SshSettings['role']
  /** As it was given: ssh_config may know it by another name. */
  readonly host: string
  /** What flags and the connection say. */
  readonly preset: readonly Directive[]
  readonly pins?: readonly string[]
  readonly credentials: Credentials
  /** What a jump host has from the connection behind it, where its own settings do not say. */
  readonly inherited?: Inherited
  /** Of a jump host: who asked for it. */
  readonly askedBy?: Directive
  /** Of a jump host: the hosts, with their ports, that are reached through it. */
  readonly behind?: readonly string[]
}

interface Inherited {
  readonly identities: readonly IdentitySource[]
  readonly userFiles?: readonly string[] | undefined
}

/** Names with tokens in them can make a way that never ends. */
const hopsMax = 16

/** A host by the built-in transport, and what it takes to reach it by the system's ssh. */
export interface ResolvedSsh {
  readonly settings: SshSettings
  /** Of the hosts on its way as well. */
  readonly needs: readonly Need[]
  readonly options: Options
  readonly expansion: OptionExpansion
}

/** Settings of an SSH connection, with those of the hosts on its way. */
export async function resolveSsh(target: Target, context: SshContext): Promise<ResolvedSsh> {
  const { account, environment, configFile, keys, signal } = context
  const { name, role, host, preset, inherited } = target
  // Before Match exec hands them to a shell.
  checkHost(host, target.askedBy?.origin)
  for (const { keyword, words, origin } of preset) if (keyword.name === 'User') checkUser(words[0] ?? '', origin)
  const evaluated = await evaluateConfig({
    host,
    preset,
    account,
    environment,
    signal,
    ...(configFile && { file: configFile }),
  })
  const { options } = evaluated
  refuseConnection(options)
  const standings = standingsOf(options)
  const expansion = new OptionExpansion(host, options, account, environment)
  checkHost(expansion.host, options.get('HostName')?.origin)
  checkUser(expansion.username, options.get('User')?.origin)
  refuseLoop(target, expansion)
  const { algorithms, keyAlgorithms, leftOut, needs: algorithmNeeds } = algorithmsOf(options)
  const rsaBitsMin = numberOf(options, 'RequiredRSASize', 1024)
  const hostKeys = hostKeysOf(options, expansion, {
    pins: target.pins ?? [],
    rsaBitsMin,
    userFiles: inherited?.userFiles,
  })
  const authentication = authenticationOf(options, expansion, target.credentials, {
    keyAlgorithms,
    rsaBitsMin,
    inherited: inherited?.identities ?? [],
    keys,
  })
  const bindAddress = options.word('BindAddress')
  const bindInterface = options.word('BindInterface')
  const handshakeTimeoutMs = timeOf(options, 'ConnectTimeout', 0)
  const way = await resolveJumpHosts(target, options, expansion, context, {
    identities: authentication.identities.flatMap((one) => (one.explicit ? [{ ...one, explicit: false }] : [])),
    userFiles: askedUserFiles(options, hostKeys),
  })
  const children = childEnvironment(environment)
  const settings: SshSettings = {
    name,
    role,
    transport: 'ssh',
    host: expansion.host,
    port: expansion.port,
    username: expansion.username,
    timeoutMs: longestWait(context.timeout, handshakeTimeoutMs),
    handshakeTimeoutMs,
    logLevel: context.logLevel ?? choiceOf(options, 'LogLevel', logLevels) ?? connectionDefaults.log_level,
    addressFamily: choiceOf(options, 'AddressFamily', families) ?? 'any',
    ...(bindAddress !== undefined && { bindAddress }),
    ...(bindInterface !== undefined && { bindInterface }),
    connectionAttempts: Math.max(1, numberOf(options, 'ConnectionAttempts', 1)),
    ...proxyCommandOf(options, expansion),
    shell: environment['SHELL'] || '/bin/sh',
    environment: children,
    variables: sentVariables(options, expansion, children),
    rekeyLimit: rekeyLimit(options),
    tcpKeepAlive: switchOf(options, 'TCPKeepAlive', true),
    compression: switchOf(options, 'Compression', false),
    batch: switchOf(options, 'BatchMode', false),
    serverAliveIntervalMs: timeOf(options, 'ServerAliveInterval', 0),
    serverAliveCountMax: numberOf(options, 'ServerAliveCountMax', 3),
    algorithms,
    hostKeys,
    authentication,
    jumpHosts: way.flatMap(({ settings: hop }) => [...hop.jumpHosts, { ...hop, jumpHosts: [] }]),
    origins: originsOf(options, context),
    warnings: standings.warnings,
    notes: [...standings.notes, ...leftOut],
    log: evaluated.log,
  }
  const needs = [evaluated, standings, ...way].flatMap((one) => one.needs)
  return { settings, needs: [...needs, ...algorithmNeeds, ...authenticationNeeds(options)], options, expansion }
}

function proxyCommandOf(options: Options, expansion: OptionExpansion): Pick<SshSettings, 'proxyCommand'> {
  const directive = options.get('ProxyCommand')
  if (directive === undefined || directive.text.toLowerCase() === 'none') return {}
  return { proxyCommand: expansion.command(directive) }
}

function rekeyLimit(options: Options): SshSettings['rekeyLimit'] {
  const { bytes = 0, seconds = 0 } = rekeyLimitOf(options.get('RekeyLimit')?.words ?? ['default']) ?? {}
  return { bytes, ms: seconds * 1000 }
}

/** The hosts on the way, each by its own ssh_config; what flags and the connection say is meant for their destination. */
async function resolveJumpHosts(
  target: Target,
  options: Options,
  expansion: OptionExpansion,
  context: SshContext,
  inherited: Inherited,
): Promise<ResolvedSsh[]> {
  const asked = options.get('ProxyJump')
  if (asked === undefined) return []
  const behind = [...(target.behind ?? []), `${target.host}:${expansion.port}`]
  const resolved: ResolvedSsh[] = []
  for (const [index, hop] of jumpHostsOf(asked, (text) => expansion.jump(text, asked)).entries()) {
    const one = await resolveSsh(
      {
        name: hop.host,
        role: 'jump host',
        host: hop.host,
        // Only the nearest may have jump hosts of its own: the way to the others is named.
        preset: presetOf(hop, asked, index === 0),
        credentials: target.credentials.passphrase === undefined ? {} : { passphrase: target.credentials.passphrase },
        inherited: target.inherited ?? inherited,
        askedBy: asked,
        behind,
      },
      context,
    )
    resolved.push(one)
  }
  return resolved
}

/** Where ProxyJump is set for all hosts, it is set for the jump host as well. */
function refuseLoop({ host, askedBy, behind = [] }: Target, { port }: OptionExpansion): void {
  if (askedBy === undefined || (!behind.includes(`${host}:${port}`) && behind.length <= hopsMax)) return
  const hint = `a block "Host ${host}" with "ProxyJump none", before the one that has it`
  throw wrong(`ProxyJump: ${host} would be reached through itself`, askedBy.origin, askedBy.label, hint)
}

function presetOf({ port, username }: JumpHost, { origin, label }: Directive, isNearest: boolean): Directive[] {
  return [
    port !== undefined && directive('Port', [String(port)], origin, label),
    username !== undefined && directive('User', [username], origin, label),
    !isNearest && directive('ProxyJump', ['none'], origin, label),
  ].filter((one) => one !== false)
}

const families = { any: 'any', inet: 'ipv4', inet6: 'ipv6' } as const

/** DEBUG is what ssh -v sets. */
const logLevels = {
  quiet: 0,
  silent: 0,
  fatal: 0,
  error: 0,
  info: 0,
  verbose: 1,
  debug: 1,
  debug1: 1,
  debug2: 2,
  debug3: 3,
} as const

/** ssh_config's ConnectTimeout wins over a default that nobody asked for. */
const longestWait = ({ ms, origin }: SshContext['timeout'], connectMs: number): number =>
  origin.source === 'default' ? Math.max(ms, connectMs) : ms

function refuseConnection(options: Options): void {
  const refusal = options.get('RefuseConnection')
  if (refusal === undefined) return
  const reason = refusal.words.join(' ')
  throw wrong(`the ssh configuration refuses this connection: ${reason}`, refusal.origin, refusal.label)
}

function originsOf(options: Options, { timeout }: SshContext): Map<string, ValueOrigin> {
  const origins = new Map<string, ValueOrigin>([['timeout', timeout.origin]])
  for (const { keyword } of options) origins.set(keyword.name, originOf(options, keyword.name))
  return origins
}
