import { isDeepStrictEqual } from 'node:util'
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
  const text = split.rest.trim()
  checkValue(keyword, words, text, origin, label)
  return { keyword, words, text, origin, label: label ?? keyword.name }
}

/** As ssh does, also in a block that does not match. */
function checkValue(
  { name, standing, form }: Keyword,
  words: readonly string[],
  text: string,
  origin: ValueOrigin,
  label: string | undefined,
): void {
  if (standing === 'structure' || standing === 'dead') return
  if (form.several !== true && words.length > 1) {
    throw wrong(`${name}: too much after its value: "${words[1]}"`, origin, label)
  }
  if (words[0] === '') throw wrong(`${name} needs a value`, origin, label)
  if (form.print({ words, text }) !== undefined) return
  throw wrong(
    `${name}: invalid value "${words.join(' ')}"`,
    origin,
    label,
    form.takes === undefined ? undefined : `it takes ${form.takes}`,
  )
}

/** An ssh option that cannot be used: exit 2, with its place, or else with what was typed. */
export function wrong(message: string, origin: ValueOrigin, label?: string, hint?: string): FerryError {
  const typed = origin.place === undefined && label !== undefined ? ` (${label})` : ''
  return new FerryError('usage', `${message}${typed}`, {
    ...(origin.place !== undefined && { place: origin.place }),
    ...(hint !== undefined && hint !== '' && { hint }),
  })
}

/** Keywords of which each line adds to the ones before it. */
const gathering = new Set([
  'IdentityFile',
  'CertificateFile',
  'SendEnv',
  'LocalForward',
  'RemoteForward',
  'DynamicForward',
])
/** Those where ssh takes the same value once. */
const once = new Set(['IdentityFile', 'CertificateFile', 'LocalForward', 'RemoteForward', 'DynamicForward'])

/** What was set, each keyword by the first that set it, but for those that gather. */
export class Options {
  readonly #values = new Map<string, Directive[]>()

  /** Whether it counts. */
  add(directive: Directive): boolean {
    const { name, form } = directive.keyword
    if (form.unset !== undefined && form.unset === directive.words[0]) return false
    const before = this.#values.get(name) ?? []
    const [first] = before
    if (name === 'RekeyLimit' && first?.words.length === 1 && directive.words.length > 1) {
      // Bytes and time are two values, of each the first counts.
      const words = [...first.words, ...directive.words.slice(1)]
      this.#values.set(name, [{ ...first, words, text: words.join(' ') }])
      return true
    }
    if (!gathering.has(name)) {
      if (first !== undefined || this.#isRouted(name)) return false
    } else if (once.has(name) && before.some(({ words }) => isDeepStrictEqual(words, directive.words))) return false
    this.#values.set(name, [...before, directive])
    return true
  }

  /** Either of the two decides the route, and with it that the other does not; `ProxyJump none` leaves it to a ProxyCommand. */
  #isRouted(name: string): boolean {
    if (name === 'ProxyJump') return this.#values.has('ProxyCommand')
    return name === 'ProxyCommand' && (this.word('ProxyJump') ?? 'none').toLowerCase() !== 'none'
  }

  get(name: string): Directive | undefined {
    return this.#values.get(name)?.[0]
  }

  all(name: string): readonly Directive[] {
    return this.#values.get(name) ?? []
  }

  /** The first word of a value. */
  word(name: string): string | undefined {
    return this.get(name)?.words[0]
  }

  *[Symbol.iterator](): IterableIterator<Directive> {
    for (const directives of this.#values.values()) yield* directives
  }
}

export const placeText = ({ file, line }: Place): string => (line === undefined ? file : `${file}:${line}`)
