/** Values of parameters by name. */
export type Values = ReadonlyMap<string, string>

/** One argument, in the two forms that commands take it in. */
export interface Word {
  /** Where it is matched against names: a backslash makes the next character a plain one. */
  readonly pattern: string
  /** Where it is taken as it is. */
  readonly plain: string
  /** Whether a parameter's value is in it, so that it is data: no command and no flag. */
  readonly hasParameter: boolean
  /** Where the text behind the word starts. */
  readonly end: number
}

type Splitting = { readonly words: readonly Word[] } | { readonly problem: string }

/** OpenSSH's MAXARGS (sftp.c). */
const mostWords = 128
const blank = /[ \t\n\v\f\r]/
const wildcard = /[*?[]/
/** What means itself, in quotes and out of them. */
const ordinary = /[^\s#"'\\$*?[]+/y
/** A use of a parameter; which names are parameters is for the caller to know. */
const parameterUse = /\$\{([^{}]*)\}/y

/**
 * Splits a line into words by sftp's rules of quoting, escaping and comments (OpenSSH sftp.c, makeargv and undo_glob_escape). What
 * stands for a parameter is part of its word, whatever it holds.
 */
export function splitWords(line: string, values: Values): Splitting {
  const { words, open } = scanWords(line, values)
  if (open !== undefined) {
    if (open.quote !== '' || open.isEscaping) return { problem: 'unterminated quoted argument' }
    words.push(open.word.closed(line.length))
  }
  return words.length > mostWords ? { problem: `too many words, at most ${mostWords} fit a line` } : { words }
}

interface Scan {
  readonly words: Word[]
  /** The word that the text ends in. */
  readonly open?: {
    readonly word: OpenWord
    readonly start: number
    readonly quote: Quote
    readonly isEscaping: boolean
  }
  readonly isComment: boolean
}

/** The quote that is open, if one is. */
export type Quote = '' | '"' | "'"

/** The words of a text, which may end in the midst of one. */
export function scanWords(line: string, values: Values): Scan {
  const words: Word[] = []
  let word: OpenWord | undefined
  let start = 0
  let quote: Quote = ''
  for (let at = 0; at < line.length; at += 1) {
    const character = line.charAt(at)
    if (quote === '' && (character === '#' || blank.test(character))) {
      if (word !== undefined) words.push(word.closed(at))
      word = undefined
      if (character === '#') return { words, isComment: true }
      continue
    }
    if (word === undefined) {
      word = new OpenWord()
      start = at
    }
    ordinary.lastIndex = at
    const parameter = parameterAt(line, at, values)
    if (ordinary.test(line)) {
      word.plainly(line.slice(at, ordinary.lastIndex))
      at = ordinary.lastIndex - 1
    } else if (parameter !== undefined) {
      word.value(parameter.value)
      at += parameter.length - 1
    } else if (character === quote) quote = ''
    else if (quote === '' && (character === '"' || character === "'")) quote = character
    else if (character === '\\') {
      at += 1
      if (at >= line.length) return { words, open: { word, start, quote, isEscaping: true }, isComment: false }
      if (quote === '') word.escaped(line.charAt(at))
      else word.escapedInQuotes(line.charAt(at), quote)
    } else if (quote === '') word.plainly(character)
    else word.quoted(character)
  }
  return { words, ...(word !== undefined && { open: { word, start, quote, isEscaping: false } }), isComment: false }
}

/** The parameter that is used at an offset of the text, if one is. */
export function parameterAt(
  text: string,
  offset: number,
  values: Values,
): { readonly name: string; readonly value: string; readonly length: number } | undefined {
  if (text[offset] !== '$') return undefined
  parameterUse.lastIndex = offset
  const [use = '', name = ''] = parameterUse.exec(text) ?? []
  const value = values.get(name)
  return use === '' || value === undefined ? undefined : { name, value, length: use.length }
}

/** `text` as a pattern that matches nothing else. */
export const escapePattern = (text: string): string => text.replace(/[^A-Za-z0-9_/.\u0080-\uffff]/g, '\\$&')

/** A word that is being read. */
class OpenWord {
  #pattern = ''
  /** From where on it is another text than the pattern; most words need one string alone. */
  #plain: string | undefined
  #hasParameter = false

  closed(end: number): Word {
    return { pattern: this.#pattern, plain: this.#plain ?? this.#pattern, hasParameter: this.#hasParameter, end }
  }

  value(text: string): void {
    this.#add(escapePattern(text), text)
    this.#hasParameter = true
  }

  plainly(text: string): void {
    this.#add(text, text)
  }

  /** Quotes take a wildcard's meaning away. */
  quoted(character: string): void {
    this.#add(wildcard.test(character) ? `\\${character}` : character, character)
  }

  /** Unquoted, a backslash goes; before a wildcard or another backslash it takes their meaning away. */
  escaped(character: string): void {
    this.#add(wildcard.test(character) || character === '\\' ? `\\${character}` : character, character)
  }

  /**
   * In quotes a backslash takes away the meaning of the quote alone. Before a wildcard both are literal; before anything else both stay,
   * of which matching takes the second and drops the first.
   */
  escapedInQuotes(character: string, quote: string): void {
    if (character === quote) this.#add(character, character)
    else if (wildcard.test(character)) this.#add(`\\\\\\${character}`, `\\${character}`)
    else this.#add(`\\${character}`, character === '\\' ? '\\' : `\\${character}`)
  }

  #add(pattern: string, plain: string): void {
    if (this.#plain !== undefined || pattern !== plain) this.#plain = (this.#plain ?? this.#pattern) + plain
    this.#pattern += pattern
  }
}
