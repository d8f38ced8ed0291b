/** Splits a line of ssh_config(5) into its keyword and the rest: blanks, or blanks and one `=`, stand between them. */
export function splitKeyword(line: string): { keyword: string; rest: string } | undefined {
  let end = line.length
  while (' \t\r\n\f'.includes(line[end - 1] ?? 'x')) end -= 1
  const match = /^[ \t]*(?:"([^"]*)"|([^\s="]+))(?:[ \t\r]*=[ \t\r]*|[ \t\r]+|$)?(.*)$/s.exec(line.slice(0, end))
  const keyword = match?.[1] ?? match?.[2]
  if (keyword === undefined || keyword === '' || keyword.startsWith('#')) return undefined
  return { keyword, rest: match?.[3] ?? '' }
}

/**
 * The words of a value: single and double quotes, backslash before a quote, a backslash or an unquoted blank, and `#` at the start
 * of a word for a comment (argv_split of OpenSSH's misc.c). `undefined` where a quote is not closed.
 */
export function splitWords(text: string): string[] | undefined {
  const words: string[] = []
  let at = 0
  while (at < text.length) {
    const first = text[at]
    if (first === ' ' || first === '\t') {
      at += 1
      continue
    }
    if (first === '#') break
    const word = readWord(text, at)
    if (word === undefined) return undefined
    words.push(word.text)
    at = word.end
  }
  return words
}

function readWord(text: string, start: number): { text: string; end: number } | undefined {
  let word = ''
  let quote = ''
  let at = start
  for (; at < text.length; at += 1) {
    const character = text[at] ?? ''
    const next = text[at + 1] ?? ''
    if (character === '\\' && (next === "'" || next === '"' || next === '\\' || (next === ' ' && quote === ''))) {
      word += next
      at += 1
    } else if (quote === '' && (character === ' ' || character === '\t')) break
    else if (quote === '' && (character === '"' || character === "'")) quote = character
    else if (character === quote) quote = ''
    else word += character
  }
  return quote === '' ? { text: word, end: at } : undefined
}

/**
 * The words of a Match line, where `=` stands for a blank and only double quotes count (strdelim of misc.c), up to a comment.
 * `undefined` where a quote is not closed.
 */
export function splitCriteria(text: string): string[] | undefined {
  const words: string[] = []
  let rest = text.replace(/^[ \t\r\n]+/, '')
  while (rest !== '' && !rest.startsWith('#')) {
    const end = rest.search(/[ \t\r\n"=]/)
    if (end < 0) {
      words.push(rest)
      break
    }
    if (rest[end] === '"') {
      const close = rest.indexOf('"', end + 1)
      if (close < 0) return undefined
      words.push(rest.slice(0, end) + rest.slice(end + 1, close))
      rest = rest.slice(close + 1).replace(/^[ \t\r\n]+/, '')
    } else {
      words.push(rest.slice(0, end))
      rest = rest.slice(end).replace(/^[ \t\r\n]*=?[ \t\r\n]*/, '')
    }
  }
  return words
}
