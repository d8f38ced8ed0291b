import { suggest } from '../model/suggest.ts'
import { type Called, flagsOf, spellings, usageOf } from './grammar.ts'
import type { Command } from './script.ts'
import { shellText } from './shell-text.ts'
import { splitWords, type Values, type Word } from './words.ts'

export interface SyntaxProblem {
  readonly problem: string
  readonly hint?: string
}

const blanks = '[ \\t\\r\\n]*'
const prefixes = new RegExp(`^${blanks}([-@]*)${blanks}`)

/** How much of a line its prefixes and the blanks around them are. */
export const prefixLength = (line: string): number => prefixes.exec(line)?.[0].length ?? 0

/** A line after its prefixes, and whether its failure counts; `undefined` where there is no command in it. */
export function withoutPrefixes(line: string): { readonly ignoresFailure: boolean; readonly rest: string } | undefined {
  const [whole = '', given = ''] = prefixes.exec(line) ?? []
  const rest = line.slice(whole.length)
  return rest === '' || rest.startsWith('#') ? undefined : { ignoresFailure: given.includes('-'), rest }
}

/** Reads one command (OpenSSH sftp.c, parse_args). */
export function parseCommand(text: string, values: Values): Command | SyntaxProblem {
  if (text.includes('\0')) return { problem: 'the line contains a NUL byte' }
  const split = splitWords(text, values)
  if ('problem' in split) return split
  const shell = text.startsWith('!') ? spellings.get('!') : undefined
  if (shell !== undefined) return rawCommand(shell, text.slice(1), values)
  const [first] = split.words
  if (first === undefined) return { problem: 'invalid command ""' }
  if (first.hasParameter) return { problem: "a parameter's value cannot be the command" }
  const called = first.pattern === '!' ? undefined : spellings.get(first.pattern.toLowerCase())
  if (called === undefined) return unknownCommand(first.plain)
  // lls is no command of words: what follows is the shell's.
  if (called.name === 'lls') return rawCommand(called, text.slice(first.end), values)
  return wordCommand(called, split.words)
}

/** The local shell gets the rest of the line as it stands; a carriage return at its end belongs to the line's end. */
function rawCommand({ name, spelling }: Called, rest: string, values: Values): Command {
  const shell = shellText(rest.replace(/\r$/, ''), values)
  return { name, calledAs: spelling.name, flags: '', arguments: [], shell }
}

function unknownCommand(typed: string): SyntaxProblem {
  const nearest = suggest(typed, spellings.keys())
  return { problem: `invalid command "${typed}"`, ...(nearest !== undefined && { hint: `did you mean "${nearest}"?` }) }
}

function wordCommand(called: Called, words: readonly Word[]): Command | SyntaxProblem {
  const { name, grammar, spelling } = called
  const flags = parseFlags(called, words)
  if ('problem' in flags) return flags
  const numbers = grammar.base === undefined ? 0 : 1
  const number = numbers === 0 ? undefined : parseNumber(words[flags.end]?.plain ?? '', grammar.base)
  if (numbers > 0 && number === undefined) {
    return { problem: `${spelling.name}: a numeric argument is needed`, hint: usageOf(called) }
  }
  const start = flags.end + numbers
  const given = words.slice(start, start + grammar.arguments.length - numbers)
  const needed = grammar.arguments.filter(({ optional }) => !optional).length - numbers
  if (given.length < needed) {
    const paths = needed === 1 ? 'a path is needed' : 'two paths are needed'
    return { problem: `${spelling.name}: ${paths}`, hint: usageOf(called) }
  }
  const command = { name, calledAs: spelling.name, flags: (spelling.implies ?? '') + flags.letters, arguments: given }
  return number === undefined ? command : { ...command, number }
}

/** As BSD's getopt(3), behind the command: flags may be bundled, `--` ends them, and so does the first word that is none. */
function parseFlags(
  called: Called,
  words: readonly Word[],
): { readonly letters: string; readonly end: number } | SyntaxProblem {
  const same: Readonly<Record<string, string>> = called.grammar.sameFlags ?? {}
  let letters = ''
  let end = 1
  for (const { pattern, hasParameter } of words.slice(1)) {
    if (hasParameter || pattern === '-' || !pattern.startsWith('-')) break
    end += 1
    if (pattern === '--') break
    for (const letter of pattern.slice(1)) {
      if (!flagsOf(called).includes(letter)) {
        return { problem: `${called.spelling.name}: invalid flag -${letter}`, hint: usageOf(called) }
      }
      letters += same[letter] ?? letter
    }
  }
  return { letters, end }
}

const digits = {
  0: /^\s*\+?(?:0[xX][\da-fA-F]+|0[0-7]*|[1-9]\d*)$/,
  8: /^\s*\+?[0-7]+$/,
} as const

/** As strtoll(3) reads it, within 32 bits. */
function parseNumber(text: string, base: 8 | 0 = 0): number | undefined {
  if (!digits[base].test(text)) return undefined
  const bare = text.replace(/^\s*\+?/, '')
  const radix = base === 8 || /^0[0-7]/.test(bare) ? 8 : /^0x/i.test(bare) ? 16 : 10
  const number = Number.parseInt(bare, radix)
  return number <= 0xffff_ffff ? number : undefined
}
