import { compareNames } from '../model/byte-order.ts'
import { visible } from '../model/visible.ts'
import { type Argument, type Called, flagsOf, spellings } from '../script/grammar.ts'
import { typedName, type UnfinishedLine, unfinishedLine } from '../script/unfinished-line.ts'
import { editableText, typedText } from './editable.ts'
import type { Names } from './names.ts'
import { shellCommands } from './shell-commands.ts'

/** What Tab does: the word at the cursor becomes another one, or what it may become is shown. */
export type Completion =
  /** `start` is where the word starts. */
  | { readonly start: number; readonly word: string }
  /** As they are on the screen. */
  | { readonly choices: readonly string[] }

/** A word that is possible. */
interface Choice {
  readonly word: string
  readonly shown: string
  /** More of the word is to come, as behind the slash of a directory. */
  readonly isOpen?: boolean
}

/** Completes a command line as it stands in the editor, up to the cursor. */
export async function completeLine(text: string, names: Names, signal: AbortSignal): Promise<Completion | undefined> {
  const line = unfinishedLine(text)
  if (line === undefined) return undefined
  const [command, ...words] = line.words.map(({ plain }) => typedText(plain))
  const typed = typedText(line.plain)
  if (command === undefined) return completion(line, typed.toLowerCase(), commandNames(typed.toLowerCase()))
  const own = shellCommands.find(({ name }) => name === command.toLowerCase())
  if (own !== undefined) return completion(line, typed, words.length > 0 ? [] : startingWith(own.values, typed))
  const called = spellings.get(command.toLowerCase())
  if (called === undefined) return undefined
  const { argument, mayBeFlag } = expected(called, words)
  if (mayBeFlag && typed === '-') return { choices: [...flagsOf(called)].map((flag) => `-${flag}`) }
  if (argument === undefined || argument.kind === 'number') return undefined
  return completePath(line, typed, argument, names, signal)
}

function commandNames(typed: string): Choice[] {
  return startingWith([...spellings.keys(), ...shellCommands.map(({ name }) => name)].sort(), typed)
}

const startingWith = (words: readonly string[], typed: string): Choice[] =>
  words.filter((word) => word.startsWith(typed)).map((word) => ({ word, shown: word }))

/** The argument that stands behind these words, and whether it could be a flag as well: those stand before the first argument. */
function expected(
  called: Called,
  words: readonly string[],
): { readonly argument?: Argument; readonly mayBeFlag: boolean } {
  const first = words.findIndex((word) => word === '--' || word === '-' || !word.startsWith('-'))
  const given = first < 0 ? 0 : words.length - first - (words[first] === '--' ? 1 : 0)
  const argument = called.grammar.arguments[given]
  return { mayBeFlag: first < 0, ...(argument !== undefined && { argument }) }
}

async function completePath(
  line: UnfinishedLine,
  typed: string,
  { kind, globs }: Argument,
  names: Names,
  signal: AbortSignal,
): Promise<Completion | undefined> {
  const side = kind === 'remote' ? names.remote : names.local
  const directory = typed.slice(0, typed.lastIndexOf('/') + 1)
  const start = typed.slice(directory.length)
  const found = await side.list(directory, signal)
  const matching = found
    .filter(({ name }) => name.startsWith(start) && (start !== '' || !name.startsWith('.')))
    // No line can hold it.
    .filter(({ name }) => !name.includes('\n'))
    .sort((one, other) => compareNames(one.name, other.name))
  const written = kind === 'shell' ? shellWord : globs === 'braces' ? wordWithoutBraces : plainWord
  const choices = await Promise.all(
    matching.map(async ({ name, kind: what }): Promise<Choice> => {
      const isDirectory =
        what === 'link' && matching.length === 1
          ? await side.leadsToDirectory(directory + name, signal)
          : what === 'directory'
      const slash = isDirectory ? '/' : ''
      return { word: `${directory}${name}${slash}`, shown: visible(name) + slash, isOpen: isDirectory }
    }),
  )
  return completion(line, typed, choices, written)
}

/** How a word is written from its beginning on, in a quote that is open or in none. */
type Writing = (word: string, quote: UnfinishedLine['quote']) => string

/** The word that is left, what all have in common where that is more than was typed, or all of them to choose from. */
function completion(
  line: UnfinishedLine,
  typed: string,
  choices: readonly Choice[],
  written: Writing = plainWord,
): Completion | undefined {
  const [only, ...others] = choices
  if (only === undefined) return undefined
  const { start, quote } = line
  if (others.length === 0) {
    const word = written(only.word, quote)
    const end = only.isOpen === true ? '' : `${openQuote(word)} `
    return { start, word: editableText(word + end) }
  }
  const common = commonStart(choices.map(({ word }) => word))
  if (common.length > typed.length) return { start, word: editableText(written(common, quote)) }
  return { choices: choices.map(({ shown }) => shown) }
}

/** The quote that a written word leaves open. */
const openQuote = (word: string): string => (word.startsWith('"') || word.startsWith("'") ? word.charAt(0) : '')

function plainWord(word: string, quote: UnfinishedLine['quote']): string {
  return quote + typedName(notLikeFlag(word), quote)
}

/** Where braces are alternatives, only a backslash in quotes takes their meaning away. */
function wordWithoutBraces(word: string, quote: UnfinishedLine['quote']): string {
  if (!word.includes('{')) return plainWord(word, quote)
  const inside = quote === '' ? '"' : quote
  return inside + typedName(notLikeFlag(word), inside).replaceAll('{', '\\{')
}

/** For sh(1), which reads the words of lls. */
function shellWord(word: string): string {
  return notLikeFlag(word).replace(/[^A-Za-z0-9_/.,:+@%=\u0080-\uffff-]/g, '\\$&')
}

/** A name that begins as a flag, or as somebody's home, is one in the directory. */
const notLikeFlag = (word: string): string => (/^[-~]/.test(word) ? `./${word}` : word)

/** What all begin with, in whole characters. */
function commonStart(words: readonly string[]): string {
  const [first = [], ...others] = words.map((word) => [...word])
  let length = first.length
  for (const other of others) {
    let same = 0
    while (same < length && other[same] === first[same]) same += 1
    length = same
  }
  return first.slice(0, length).join('')
}
