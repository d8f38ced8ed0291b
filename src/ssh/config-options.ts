import { FerryError, type Place } from '../errors/ferry-error.ts'
import { splitKeyword, splitWords } from './config-words.ts'
import { findKeyword, type Keyword, suggestKeyword } from './keywords.ts'
import { matchesPatternList } from './match-pattern.ts'
import type { ValueOrigin } from './settings.ts'

/** One keyword with its value, as somebody set it. */
export interface Directive {
  readonly keyword: Keyword
  readonly words: readonly string[]
  /** The value as it was written. */
  readonly text: string
  readonly origin: ValueOrigin
  /** What was typed, for messages: `-P`, `-o Port=22`, `known_hosts_file`, `Port`. */
  readonly label: string
  /** A path or name that is meant as it is: nothing in it is a token. */
  readonly literal?: boolean
}

/** A line of ssh_config, or an `-o`, in the same syntax. `undefined` where it says nothing that counts. */
export function parseDirective(
  line: string,
  origin: ValueOrigin,
  ignoreUnknown: string | undefined,
  label?: string,
): Directive | undefined {
  const split = splitKeyword(line)
  if (split === undefined) return undefined
  const keyword = findKeyword(split.keyword)
  if (keyword === undefined) {
    if (ignoreUnknown !== undefined && matchesPatternList(split.keyword.toLowerCase(), ignoreUnknown.toLowerCase())) {
      return undefined
    }
    const nearest = suggestKeyword(split.keyword)
    throw wrong(`unknown ssh option "${split.keyword}"`, origin, label, nearest && `did you mean "${nearest}"?`)
  }
  const words = splitWords(split.rest)
  if (words === undefined) throw wrong(`${keyword.name}: a quote is not closed`, origin, label)
  if (words.length === 0) throw wrong(`${keyword.name} needs a value`, origin, label)
  if (keyword.standing === 'honoured' && !severalWords.has(keyword.name)) {
    if (words.length > 1) throw wrong(`${keyword.name}: too much after its value: "${words[1]}"`, origin, label)
    if (words[0] === '') throw wrong(`${keyword.name} needs a value`, origin, label)
  }
  return { keyword, words, text: split.rest.trim(), origin, label: label ?? keyword.name }
}

const severalWords = new Set(['UserKnownHostsFile', 'GlobalKnownHostsFile', 'ProxyJump', 'RefuseConnection'])

/** An ssh option that cannot be used: exit 2, with its place, or else with what was typed. */
export function wrong(message: string, origin: ValueOrigin, label?: string, hint?: string): FerryError {
  const typed = origin.place === undefined && label !== undefined ? ` (${label})` : ''
  return new FerryError('usage', `${message}${typed}`, {
    ...(origin.place !== undefined && { place: origin.place }),
    ...(hint !== undefined && hint !== '' && { hint }),
  })
}

/** What was set, each keyword by the first that set it; IdentityFile gathers. */
export class Options {
  readonly #first = new Map<string, Directive>()
  readonly #identities: Directive[] = []

  add(directive: Directive): void {
    const { name } = directive.keyword
    if (name === 'IdentityFile') {
      if (!this.#identities.some(({ words }) => words[0] === directive.words[0])) this.#identities.push(directive)
      return
    }
    // Either of the two decides the route, and with it that the other does not.
    const route = name === 'ProxyJump' ? 'ProxyCommand' : name === 'ProxyCommand' ? 'ProxyJump' : undefined
    if (this.#first.has(name) || (route !== undefined && this.#first.has(route))) return
    this.#first.set(name, directive)
  }

  get(name: string): Directive | undefined {
    return this.#first.get(name)
  }

  /** The first word of a value. */
  word(name: string): string | undefined {
    return this.#first.get(name)?.words[0]
  }

  get identities(): readonly Directive[] {
    return this.#identities
  }

  [Symbol.iterator](): IterableIterator<Directive> {
    return this.#first.values()
  }
}

/**
 * Refuses what was set and would have to take effect but cannot; gives what is left out, for `-v`. An option of a flag or a
 * connection was asked for; one of ssh_config may be meant for another program, unless the connection depends on it.
 */
export function checkStanding(options: Options): string[] {
  const leftOut: string[] = []
  for (const { keyword, words, origin, label } of options) {
    const { name, standing, already } = keyword
    if (standing === 'honoured' || already.includes(words.join(' ').toLowerCase())) continue
    const asked = origin.source === 'flag' || origin.source === 'stored'
    if (standing === 'decides' || (standing === 'adds' && asked)) {
      throw wrong(`${name} is not supported yet`, origin, label, workaround(name, already))
    }
    leftOut.push(`${name} is left out (${origin.place === undefined ? label : placeText(origin.place)})`)
  }
  return leftOut
}

function workaround(name: string, already: readonly string[]): string {
  const [off] = already
  const without = off === undefined ? 'leave it out' : `set it to "${off}"`
  const jump = name === 'ProxyCommand' ? ', use ProxyJump (-J)' : ''
  return `${without}${jump}, or let the system's ssh do it: transport "command" with the words ssh, -s, <host>, sftp`
}

export const placeText = ({ file, line }: Place): string => (line === undefined ? file : `${file}:${line}`)
