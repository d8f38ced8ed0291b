import { type Argument, type CommandGrammar, grammar, spellings } from './grammar.ts'
import type { Command } from './script.ts'
import { typedName } from './unfinished-line.ts'
import type { Word } from './words.ts'

/** A command as it was understood, in the plainest words that say the same: parameters have their values, and what is ignored is gone. */
export function commandText({ name, calledAs, flags, arguments: words, number, shell }: Command): string {
  if (shell !== undefined) return `${calledAs}${shell.text}`
  const { arguments: wanted, base }: CommandGrammar = grammar[name]
  const kinds = wanted.filter(({ kind }) => kind !== 'number')
  const letters = flags.slice(spellings.get(calledAs)?.spelling.implies?.length ?? 0)
  return [
    calledAs,
    ...(letters === '' ? [] : [`-${letters}`]),
    ...(number === undefined ? [] : [number.toString(base === 8 ? 8 : 10)]),
    ...words.map((word, index) => wordText(word, kinds[index])),
  ].join(' ')
}

/** A pattern keeps its own backslashes; blanks, quotes and comments in it lose their meaning. */
function wordText({ pattern, plain }: Word, argument: Argument | undefined): string {
  if (plain === '') return '""'
  return argument?.globs === undefined ? typedName(plain) : pattern.replace(/[\s"'#]/g, '\\$&')
}
