import { FerryError, type Place } from '../errors/ferry-error.ts'
import type { Connection } from '../model/connection.ts'
import type { Overrides } from '../model/connection-input.ts'
import { type Directive, parseDirective, wrong } from './config-options.ts'
import { findKeyword, type Keyword } from './keywords.ts'
import type { ValueOrigin } from './settings.ts'

const families = { any: 'any', ipv4: 'inet', ipv6: 'inet6' } as const

/** Flags as ssh_config(5) has them, in the order in which they win. */
export function flagOptions(overrides: Overrides): Directive[] {
  const origin: ValueOrigin = { source: 'flag' }
  const { identities = [], jump, port, addressFamily, compression, options = [] } = overrides
  return [
    ...identities.map((path) => directive('IdentityFile', [path], origin, '-i')),
    jump !== undefined && directive('ProxyJump', [jump], origin, `-J ${jump}`),
    port !== undefined && directive('Port', [String(port)], origin, `-P ${port}`),
    addressFamily !== undefined &&
      directive('AddressFamily', [families[addressFamily]], origin, addressFamily === 'ipv4' ? '-4' : '-6'),
    compression === true && directive('Compression', ['yes'], origin, '-C'),
    ...typedOptions(
      options.map((option) => ({ line: option, label: `-o ${option}` })),
      origin,
    ),
  ].filter((one) => one !== false)
}

/** What the stored connection sets; its own fields before its `ssh_options`. */
export function storedOptions(connection: Connection, placeOf: (field: string) => Place | undefined): Directive[] {
  const originOf = (field: string): ValueOrigin => {
    const place = placeOf(field)
    return { source: 'stored', ...(place !== undefined && { place }) }
  }
  const field = (name: string, keyword: string, words: readonly string[]): Directive =>
    directive(keyword, words, originOf(name), name)
  const { port, username, address_family, identity_file, known_hosts_file, compression, ssh_options = {} } = connection
  const lines = Object.entries(ssh_options).flatMap(([keyword, values]) =>
    several(values).map((value) => ({ line: `${keyword}=${value}`, label: `ssh_options ${keyword}` })),
  )
  const knownHosts = known_hosts_file === undefined ? [] : several(known_hosts_file)
  return [
    port !== undefined && field('port', 'Port', [String(port)]),
    username !== undefined && field('username', 'User', [username]),
    address_family !== undefined && field('address_family', 'AddressFamily', [families[address_family]]),
    ...several(identity_file ?? []).map((path) => field('identity_file', 'IdentityFile', [path])),
    knownHosts.length > 0 && field('known_hosts_file', 'UserKnownHostsFile', knownHosts),
    // No file at all is meant, not only none of the user's.
    isNone(knownHosts) && field('known_hosts_file', 'GlobalKnownHostsFile', knownHosts),
    compression !== undefined && field('compression', 'Compression', [compression ? 'yes' : 'no']),
    ...typedOptions(lines, originOf('ssh_options')),
  ].filter((one) => one !== false)
}

/** Something wrong with options of ssh_config(5) as a connection holds them. */
export interface OptionFault {
  readonly keyword: string
  readonly message: string
  readonly hint?: string
}

/** What ssh would refuse of these options, told of each. */
export function optionFaults(options: NonNullable<Connection['ssh_options']>): OptionFault[] {
  const faults: OptionFault[] = []
  const before: TypedLine[] = []
  for (const [keyword, values] of Object.entries(options)) {
    const lines = several(values).map((value) => ({ line: `${keyword}=${value}` }))
    try {
      const [parsed] = typedOptions([...before, ...lines], { source: 'stored' })
      if (parsed?.keyword.name === 'IgnoreUnknown') before.push(...lines)
    } catch (error) {
      if (!(error instanceof FerryError) || error.code !== 'usage') throw error
      const { message, details } = error
      faults.push({ keyword, message, ...(details.hint !== undefined && { hint: details.hint }) })
    }
  }
  return faults
}

export const isNone = (words: readonly string[]): boolean => words.length === 1 && words[0]?.toLowerCase() === 'none'

const several = (values: string | readonly string[]): readonly string[] =>
  typeof values === 'string' ? [values] : values

/** An option that a flag or a field stands for: its words are meant as they are. */
export function directive(name: string, words: readonly string[], origin: ValueOrigin, label: string): Directive {
  const keyword = keywordNamed(name)
  return { keyword, words, text: words.join(' '), origin, label, literal: true }
}

function keywordNamed(name: string): Keyword {
  const keyword = findKeyword(name)
  if (keyword === undefined) throw new FerryError('bug', `there is no ssh option ${name}`)
  return keyword
}

interface TypedLine {
  readonly line: string
  readonly label?: string
}

function typedOptions(lines: readonly TypedLine[], origin: ValueOrigin): Directive[] {
  let ignoreUnknown: string | undefined
  return lines.flatMap(({ line, label }) => {
    if (!/^\s*[A-Za-z0-9]/.test(line)) throw wrong('an ssh option is written as Key=Value', origin, label)
    const parsed = parseDirective(line, origin, ignoreUnknown, label)
    if (parsed === undefined) return []
    const { name, standing } = parsed.keyword
    if (standing === 'structure') throw wrong(`${name} has no meaning outside of a file`, origin, label)
    if (name === 'IgnoreUnknown') ignoreUnknown ??= parsed.words[0]
    return [parsed]
  })
}
