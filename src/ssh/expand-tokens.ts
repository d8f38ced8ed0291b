import { createHash } from 'node:crypto'
import type { Environment, LocalAccount } from './local-account.ts'

/** What the tokens stand for, by their letter. */
export type Tokens = ReadonlyMap<string, string>

/** What is known of a connection when its tokens are expanded. */
export interface TokenFacts {
  readonly account: LocalAccount
  readonly host: string
  readonly originalHost: string
  readonly port: number
  readonly username: string
  readonly hostKeyAlias?: string
  readonly jumpHost?: string
}

/** The tokens that Match exec, IdentityFile, IdentityAgent, UserKnownHostsFile and their like accept (ssh_config(5) TOKENS). */
export function connectionTokens({ account, host, originalHost, port, username, ...more }: TokenFacts): Tokens {
  const [shortName = ''] = account.hostname.split('.')
  const jump = more.jumpHost ?? ''
  // OpenSSH 9.8 added %j to the hash and to the tokens; an empty one leaves the hash as it was.
  const hash = createHash('sha1').update(`${account.hostname}${host}${port}${username}${jump}`).digest('hex')
  return new Map([
    ['C', hash],
    ['L', shortName],
    ['d', account.home],
    ['h', host],
    ['i', String(account.uid)],
    ['j', jump],
    ['k', more.hostKeyAlias ?? originalHost],
    ['l', account.hostname],
    ['n', originalHost],
    ['p', String(port)],
    ['r', username],
    ['u', account.name],
  ])
}

/** The tokens that ProxyJump accepts. */
export const jumpTokens = (all: Tokens): Tokens => only(all, 'hnpr')
/** The tokens that ProxyCommand accepts. */
export const commandTokens = (all: Tokens): Tokens => only(all, 'hknpr')

const only = (all: Tokens, letters: string): Tokens => new Map([...all].filter(([letter]) => letters.includes(letter)))

/** Whether a shell takes a text for one plain word; stricter than ssh_valid_ruser and valid_hostname of OpenSSH's misc.c. */
export const isShellSafe = (text: string): boolean =>
  /^[^-\s'"`$\\;&<>|(){}*?[\]#~!\p{Cc}][^\s'"`$\\;&<>|(){}*?[\]#!\p{Cc}]*$/u.test(text)

/** A text with its `%x` tokens replaced, and what in it is no token, if there is such. */
export function expandTokens(text: string, tokens: Tokens): { text: string; unknown?: string } {
  let unknown: string | undefined
  const expanded = text.replace(/%(.?)/gsu, (token: string, letter: string) => {
    if (letter === '%') return '%'
    const value = tokens.get(letter)
    if (value === undefined) unknown ??= token
    return value ?? token
  })
  return { text: expanded, ...(unknown !== undefined && { unknown }) }
}

/** A text with its `${NAME}` replaced, and the first variable that is not set. */
export function expandVariables(text: string, environment: Environment): { text: string; missing?: string } {
  let missing: string | undefined
  // Behind the last brace there is no reference: not to be looked for from each "${" to the end.
  const end = text.lastIndexOf('}') + 1
  const expanded = text.slice(0, end).replace(/\$\{([^}]*)\}/g, (reference: string, name: string) => {
    const value = environment[name]
    if (value === undefined) missing ??= name
    return value ?? reference
  })
  return { text: expanded + text.slice(end), ...(missing !== undefined && { missing }) }
}
