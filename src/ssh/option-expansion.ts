import { type Directive, type Options, wrong } from './config-options.ts'
import { connectionTokens, expandTokens, expandVariables, jumpTokens, type Tokens } from './expand-tokens.ts'
import { type Environment, expandTilde, type LocalAccount } from './local-account.ts'
import { originOf } from './option-values.ts'

/** Host, port and user of a connection, and what tokens, variables and `~` in its other options stand for. */
export class OptionExpansion {
  readonly host: string
  readonly port: number
  readonly username: string
  readonly account: LocalAccount
  readonly environment: Environment
  readonly #tokens: Tokens

  constructor(originalHost: string, options: Options, account: LocalAccount, environment: Environment) {
    this.account = account
    this.environment = environment
    this.host = hostName(originalHost, options)
    this.port = portOf(options)
    this.username = options.word('User') ?? account.name
    const { host, port, username } = this
    const hostKeyAlias = options.word('HostKeyAlias')
    const jumpHost = options.get('ProxyJump')?.text
    this.#tokens = connectionTokens({
      account,
      host,
      originalHost,
      port,
      username,
      ...(hostKeyAlias !== undefined && { hostKeyAlias }),
      ...(jumpHost !== undefined && { jumpHost }),
    })
  }

  /** The paths of a value. */
  paths(directive: Directive): string[] {
    return directive.words.map((word) => this.path(word, directive))
  }

  path(word: string, directive: Directive): string {
    return expandTilde(directive.literal === true ? word : this.#text(word, directive), this.account.home)
  }

  /** A value of ProxyJump. */
  jump(text: string, directive: Directive): string {
    return this.#withTokens(text, jumpTokens(this.#tokens), directive)
  }

  #text(word: string, directive: Directive): string {
    const { text, missing } = expandVariables(word, this.environment)
    if (missing === undefined) return this.#withTokens(text, this.#tokens, directive)
    throw wrong(`${directive.keyword.name}: the variable ${missing} is not set`, directive.origin, directive.label)
  }

  #withTokens(word: string, tokens: Tokens, { keyword, origin, label }: Directive): string {
    const { text, unknown } = expandTokens(word, tokens)
    if (unknown === undefined) return text
    throw wrong(`${keyword.name}: unknown token "${unknown}"`, origin, label)
  }
}

/** HostName takes `%h`, the host as it was given. */
function hostName(originalHost: string, options: Options): string {
  const directive = options.get('HostName')
  if (directive === undefined) return originalHost
  const { text, unknown } = expandTokens(directive.words[0] ?? '', new Map([['h', originalHost]]))
  if (unknown === undefined) return text
  throw wrong(`HostName: unknown token "${unknown}"`, directive.origin, directive.label)
}

function portOf(options: Options): number {
  const word = options.word('Port')
  if (word === undefined) return 22
  const port = Number(word)
  if (/^\d{1,5}$/.test(word) && port >= 1 && port <= 65_535) return port
  throw wrong(`Port: invalid value "${word}"`, originOf(options, 'Port'), options.get('Port')?.label)
}
