import { usualIdentities } from './authentication-settings.ts'
import type { Directive, Options } from './config-options.ts'
import { asksUnheard } from './host-key-settings.ts'
import { type Keyword, keywords } from './keywords.ts'
import type { OptionExpansion } from './option-expansion.ts'
import { originOf } from './option-values.ts'
import { sendEnvPatterns } from './sent-variables.ts'
import type { OpensshSettings, SshSettings, ValueOrigin } from './settings.ts'

/** An option of ssh_config(5) as it takes effect: its keyword, and its value as `ssh -G` prints it. */
export interface EffectiveOption {
  readonly name: string
  /** A list where the keyword may be repeated. */
  readonly value: string | readonly string[]
  readonly origin: ValueOrigin
}

/** Every option that is set or has a default, in the order of the alphabet. */
export function effectiveOptions(
  settings: SshSettings | OpensshSettings,
  options: Options,
  expansion: OptionExpansion,
): EffectiveOption[] {
  const known = knownValues(settings, expansion)
  return keywords.flatMap((keyword): EffectiveOption[] => {
    const { name, standing } = keyword
    if (standing === 'structure' || standing === 'dead') return []
    const value =
      known.get(name) ?? writtenValue(keyword, options, expansion) ?? usualValue(keyword, settings, expansion)
    return value === undefined ? [] : [{ name, value, origin: originOf(options, name) }]
  })
}

/** What was worked out from several options. */
function knownValues(
  settings: SshSettings | OpensshSettings,
  { host, port, username }: OptionExpansion,
): Map<string, string> {
  const known = new Map([
    ['HostName', host],
    ['Port', String(port)],
    ['User', username],
  ])
  if (settings.transport === 'openssh') return known
  const { kex, hostKey, cipher, mac } = settings.algorithms
  const lists = {
    KexAlgorithms: kex,
    HostKeyAlgorithms: hostKey,
    Ciphers: cipher,
    MACs: mac,
    PubkeyAcceptedAlgorithms: settings.authentication.keyAlgorithms,
  }
  for (const [name, list] of Object.entries(lists)) known.set(name, list.join(','))
  return known
}

/** Where `none` only says that there is none, `ssh -G` says nothing (CLEAR_ON_NONE of readconf.c). */
const cleared = new Set([
  'ControlPath',
  'KnownHostsCommand',
  'LocalCommand',
  'PKCS11Provider',
  'ProxyCommand',
  'ProxyJump',
  'RemoteCommand',
])
/** Of these `ssh -G` shows what tokens and variables stand for. */
const expanded = new Set(['ControlPath', 'IdentityAgent', 'RevokedHostKeys', 'UserKnownHostsFile'])

function writtenValue(
  { name, form }: Keyword,
  options: Options,
  expansion: OptionExpansion,
): string | readonly string[] | undefined {
  const directives = options.all(name)
  const [first] = directives
  if (first === undefined) return undefined
  if (name === 'SendEnv') return sendEnvPatterns(options)
  if (name === 'UpdateHostKeys' && asksUnheard(options)) return 'false'
  if (cleared.has(name) && first.text.toLowerCase() === 'none') return undefined
  const shown = expanded.has(name) ? directives.map((directive) => expandedDirective(directive, expansion)) : directives
  const printed = shown.map((value) => form.print(value) ?? value.text)
  return printed.some((value) => typeof value !== 'string') ? printed.flat() : printed[0]
}

function expandedDirective(directive: Directive, expansion: OptionExpansion): Directive {
  const isPlain = directive.words.some(
    (word) => word === 'SSH_AUTH_SOCK' || word.startsWith('$') || word.toLowerCase() === 'none',
  )
  return isPlain ? directive : { ...directive, words: expansion.paths(directive) }
}

function usualValue(
  { name, usual }: Keyword,
  { transport, hostKeys, authentication }: SshSettings | OpensshSettings,
  { account }: OptionExpansion,
): string | readonly string[] | undefined {
  if (name === 'IdentityFile')
    return authentication.identities.length > 0 && transport === 'ssh' ? usualIdentities : undefined
  if (name === 'UpdateHostKeys') return String(hostKeys.update === 'yes')
  if (name === 'UserKnownHostsFile') return usual?.replaceAll('~', account.home)
  return usual
}
