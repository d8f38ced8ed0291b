import { longestTimerMs } from '../model/duration.ts'
import { type Directive, type Options, wrong } from './config-options.ts'
import { secondsOf } from './option-form.ts'
import type { ValueOrigin } from './settings.ts'

const switches: Readonly<Record<string, boolean>> = { yes: true, true: true, no: false, false: false }

/** A value that is `yes` or `no`. */
export function switchOf(options: Options, name: string, otherwise: boolean): boolean {
  return read(options, name, 'yes or no', (word) => switches[word.toLowerCase()]) ?? otherwise
}

/** A whole number of at least `least`. */
export function numberOf(options: Options, name: string, otherwise: number, least = 0): number {
  const parse = (word: string): number | undefined =>
    /^\d{1,9}$/.test(word) && Number(word) >= least ? Number(word) : undefined
  return read(options, name, `a number from ${least}`, parse) ?? otherwise
}

/** One of the words of a table, in any case. */
export function choiceOf<T>(options: Options, name: string, choices: Readonly<Record<string, T>>): T | undefined {
  return read(options, name, Object.keys(choices).join(', '), (word) =>
    Object.hasOwn(choices, word.toLowerCase()) ? choices[word.toLowerCase()] : undefined,
  )
}

/** Milliseconds of a time as sshd_config(5) TIME FORMATS has it: `90`, `1m30s`; `none` is 0. */
export function timeOf(options: Options, name: string, otherwise: number): number {
  const milliseconds = (word: string): number | undefined => {
    const seconds = word === 'none' ? 0 : secondsOf(word)
    return seconds === undefined ? undefined : Math.min(seconds * 1000, longestTimerMs)
  }
  return read(options, name, 'a time as 90 or 1m30s', milliseconds) ?? otherwise
}

/** What a comma-separated list does to the default one: replaces it, or changes it after `+`, `-` or `^`. */
export interface ListChange {
  readonly how: 'replace' | 'append' | 'remove' | 'prepend'
  readonly names: readonly string[]
  readonly directive: Directive
}

const changes: Readonly<Record<string, ListChange['how']>> = { '+': 'append', '-': 'remove', '^': 'prepend' }

export function listOf(options: Options, name: string): ListChange | undefined {
  const directive = options.get(name)
  const word = directive?.words[0]
  if (directive === undefined || word === undefined) return undefined
  const how = changes[word.slice(0, 1)]
  const names = word
    .slice(how === undefined ? 0 : 1)
    .split(',')
    .filter((part) => part !== '')
  if (names.length === 0) throw wrong(`${name}: an empty list`, directive.origin, directive.label)
  return { how: how ?? 'replace', names, directive }
}

function read<T>(
  options: Options,
  name: string,
  wanted: string,
  parse: (word: string) => T | undefined,
): T | undefined {
  const directive = options.get(name)
  const word = directive?.words[0]
  if (directive === undefined || word === undefined) return undefined
  const value = parse(word)
  if (value === undefined) {
    throw wrong(`${name}: invalid value "${word}"`, directive.origin, directive.label, `it takes ${wanted}`)
  }
  return value
}

/** Where the value of a keyword comes from. */
export const originOf = (options: Options, name: string): ValueOrigin =>
  options.get(name)?.origin ?? { source: 'default' }
