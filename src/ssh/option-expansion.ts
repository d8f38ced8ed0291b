import { isIP } from 'node:net'
import { type Directive, type Options, wrong } from './config-options.ts'
import {
  commandTokens,
  connectionTokens,
  expandTokens,
  expandVariables,
  isShellSafe,
  jumpTokens,
  type Tokens,
} from './expand-tokens.ts'
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
    const named = hostName(originalHost, options)
    // ssh.c lowers what is no address.
    this.host = isIP(named) === 0 ? named.toLowerCase() : named
    this.port = portOf(options)
    const { host, port } = this
    const hostKeyAlias = options.word('HostKeyAlias')
    const jumpHost = options.get('ProxyJump')?.text
    const tokens = (username: string): Tokens =>
      connectionTokens({
        account,
        host,
        originalHost,
        port,
        username,
        ...(hostKeyAlias !== undefined && { hostKeyAlias }),
        ...(jumpHost !== undefined && { jumpHost }),
      })
    this.username = this.#user(options.get('User'), tokens(''))
    this.#tokens = tokens(this.username)
  }

  /** OpenSSH 10.1 expands User, by all tokens but those that hold the user. */
  #user(directive: Directive | undefined, tokens: Tokens): string {
    const word = directive?.words[0]
    if (directive === undefined || word === undefined) return this.account.name
    const without = new Map([...tokens].filter(([letter]) => letter !== 'r' && letter !== 'C'))
    return directive.literal === true ? word : this.#text(word, directive, without)
  }

  /** The paths of a value. */
  paths(directive: Directive): string[] {
    return directive.words.map((word) => this.path(word, directive))
  }

  path(word: string, directive: Directive): string {
    return expandTilde(directive.literal === true ? word : this.#text(word, directive), this.account.home)
  }

  /** A value of SetEnv. */
  value(word: string, directive: Directive): string {
    return this.#text(word, directive)
  }

  /** A value of ProxyJump. */
  jump(text: string, directive: Directive): string {
    return this.#withTokens(text, jumpTokens(this.#tokens), directive)
  }

  /** A command for the user's shell. Names come from elsewhere, and may not make commands of their own (CVE-2023-51385). */
  command(directive: Directive): string {
    const tokens = commandTokens(this.#tokens)
    for (const [, letter = ''] of directive.text.matchAll(/%(.)/gs)) {
      const value = tokens.get(letter)
      if (value === undefined || isShellSafe(value)) continue
      const message = `${directive.keyword.name}: "${value}" holds characters that a shell would act on`
      throw wrong(message, directive.origin, directive.label)
    }
    return this.#withTokens(directive.text, tokens, directive)
  }

  #text(word: string, directive: Directive, tokens: Tokens = this.#tokens): string {
    const { text, missing } = expandVariables(word, this.environment)
    if (missing === undefined) return this.#withTokens(text, tokens, directive)
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
