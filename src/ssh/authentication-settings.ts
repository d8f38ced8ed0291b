import type { Directive, Options } from './config-options.ts'
import type { KeyMemory } from './key-memory.ts'
import type { OptionExpansion } from './option-expansion.ts'
import { keysToAgentOf } from './option-form.ts'
import { numberOf, switchOf } from './option-values.ts'
import type {
  AuthenticationMethod,
  AuthenticationSettings,
  IdentitySource,
  Need,
  OpenSecret,
  ValueOrigin,
} from './settings.ts'

/** The connection's own ways to log in. */
export interface Credentials {
  readonly password?: OpenSecret
  readonly passphrase?: OpenSecret
  readonly privateKey?: { readonly open: OpenSecret; readonly origin: ValueOrigin }
}

/** In ssh's order. */
export const usualIdentities = ['~/.ssh/id_rsa', '~/.ssh/id_ecdsa', '~/.ssh/id_ed25519']

/** How to log in. `inherited` identities come after all others. */
export function authenticationOf(
  options: Options,
  expansion: OptionExpansion,
  { password, passphrase, privateKey }: Credentials,
  more: {
    keyAlgorithms: readonly string[]
    rsaBitsMin: number
    inherited: readonly IdentitySource[]
    keys: KeyMemory
  },
): AuthenticationSettings {
  const agentSocket = agentSocketOf(options, expansion)
  const order = orderOf(options)
  return {
    ...(order !== undefined && { order }),
    methods: methodsOf(options),
    identities: [...identitiesOf(options, expansion, privateKey), ...more.inherited],
    identitiesOnly: switchOf(options, 'IdentitiesOnly', false),
    ...(agentSocket !== undefined && { agentSocket }),
    ...addingOf(options),
    ...(password !== undefined && { password }),
    ...(passphrase !== undefined && { passphrase }),
    keyAlgorithms: more.keyAlgorithms,
    rsaBitsMin: more.rsaBitsMin,
    passwordPrompts: numberOf(options, 'NumberOfPasswordPrompts', 3),
    keys: more.keys,
  }
}

/** Those of flags and the connection first, its private_key after its files; ssh's usual ones where no file was named. */
function identitiesOf(
  options: Options,
  expansion: OptionExpansion,
  privateKey: Credentials['privateKey'],
): IdentitySource[] {
  const files = options.all('IdentityFile').map((directive) => fileIdentity(directive, expansion))
  const named: IdentitySource[] = files.filter(({ path }) => path.toLowerCase() !== 'none')
  const asked = named.filter(({ explicit }) => explicit)
  const configured = named.filter(({ explicit }) => !explicit)
  const text: IdentitySource[] = privateKey === undefined ? [] : [{ kind: 'text', explicit: true, ...privateKey }]
  const usual = usualIdentities.map(
    (path): IdentitySource => ({
      kind: 'file',
      path: path.replace(/^~/, expansion.account.home),
      explicit: false,
      origin: { source: 'default' },
    }),
  )
  return [...asked, ...text, ...configured, ...(files.length === 0 ? usual : [])]
}

function fileIdentity(directive: Directive, expansion: OptionExpansion): IdentitySource & { kind: 'file' } {
  const { words, origin } = directive
  const explicit = origin.source === 'flag' || origin.source === 'stored'
  return { kind: 'file', path: expansion.path(words[0] ?? '', directive), explicit, origin }
}

/** `none`, a path, `SSH_AUTH_SOCK`, or `$NAME` for the variable that holds the path. */
function agentSocketOf(options: Options, expansion: OptionExpansion): string | undefined {
  const { environment } = expansion
  const directive = options.get('IdentityAgent')
  const word = directive?.words[0]
  if (directive === undefined || word === undefined || word === 'SSH_AUTH_SOCK') {
    return environment['SSH_AUTH_SOCK'] || undefined
  }
  if (word.toLowerCase() === 'none') return undefined
  const [, variable] = /^\$([A-Za-z_][A-Za-z0-9_]*)$/.exec(word) ?? []
  if (variable !== undefined) return environment[variable] || undefined
  return expansion.path(word, directive)
}

function addingOf(options: Options): Pick<AuthenticationSettings, 'addKeysToAgent'> {
  const how = keysToAgentOf(options.get('AddKeysToAgent')?.words ?? ['no'])
  if (how === undefined || how.mode === 'false') return {}
  const { mode, seconds } = how
  return { addKeysToAgent: { ask: mode === 'ask', confirm: mode === 'confirm', lifetimeSeconds: seconds } }
}

const switchesOf: Readonly<Record<AuthenticationMethod, string>> = {
  publickey: 'PubkeyAuthentication',
  'keyboard-interactive': 'KbdInteractiveAuthentication',
  password: 'PasswordAuthentication',
}

const isMethod = (name: string): name is AuthenticationMethod => Object.hasOwn(switchesOf, name)

function methodsOf(options: Options): Set<AuthenticationMethod> {
  const methods = Object.keys(switchesOf).filter(isMethod)
  return new Set(methods.filter((method) => isOn(options, switchesOf[method])))
}

/** PubkeyAuthentication may also say how (`unbound`, `host-bound`), which concerns the agent only. */
function isOn(options: Options, keyword: string): boolean {
  const word = options.word(keyword)?.toLowerCase()
  if (keyword === 'PubkeyAuthentication' && (word === 'unbound' || word === 'host-bound')) return true
  return switchOf(options, keyword, true)
}

/** Methods that ferry does not know are another's; where it knows none of them, `needs` says so. */
function orderOf(options: Options): AuthenticationMethod[] | undefined {
  const order = (options.word('PreferredAuthentications') ?? '').split(',').filter(isMethod)
  return order.length > 0 ? order : undefined
}

/** Where only methods are wanted that the built-in transport does not have. */
export function authenticationNeeds(options: Options): Need[] {
  const directive = options.get('PreferredAuthentications')
  if (directive === undefined || orderOf(options) !== undefined) return []
  const { words, origin, label } = directive
  return [{ what: `PreferredAuthentications ${words[0]}`, origin, label }]
}
