import { prefixLength } from './parse-command.ts'
import { type Quote, scanWords, type Word } from './words.ts'

/** A line up to the cursor, for completion. */
export interface UnfinishedLine {
  /** Those before the word at the cursor. */
  readonly words: readonly Word[]
  /** Where the word at the cursor starts; at the end of the text where a new one begins. */
  readonly start: number
  /** The quote that is open at the cursor. */
  readonly quote: Quote
  /** What the word at the cursor stands for so far. */
  readonly plain: string
}

/** The words of a line that is being typed; nothing where no word is: in a comment, or behind `!`. */
export function unfinishedLine(text: string): UnfinishedLine | undefined {
  const offset = prefixLength(text)
  const line = text.slice(offset)
  const { words, open, isComment } = scanWords(line, new Map())
  if (isComment || line.startsWith('!')) return undefined
  if (open === undefined) return { words, start: text.length, quote: '', plain: '' }
  return { words, start: offset + open.start, quote: open.quote, plain: open.word.closed(line.length).plain }
}

/** A name as it is typed so that it is read back as that name alone, wherever a word is matched or taken as it is. */
export function typedName(name: string, quote: Quote = ''): string {
  return name.replace(quote === '' ? /[ \t\v\f\r"'#*?[\\$]/g : new RegExp(`[\\\\${quote}]`, 'g'), '\\$&')
}
