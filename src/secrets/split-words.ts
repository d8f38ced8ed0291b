/** A backslash and what it quotes, text in quotes, blanks, or plain text; as sh(1) quotes, without any expansion. */
const piece = /\\([\s\S])|'([^']*)'|"((?:\\[\s\S]|[^"\\])*)"|(\s+)|([^\s\\'"]+)/y

/** The words of a command line, by sh(1)'s quoting; `undefined` where a quote is not closed or a backslash quotes nothing. */
export function splitWords(line: string): string[] | undefined {
  const words: string[] = []
  let word: string | undefined
  piece.lastIndex = 0
  while (piece.lastIndex < line.length) {
    const match = piece.exec(line)
    if (match === null) return undefined
    const [, escaped, single, double, blank, plain] = match
    if (blank !== undefined) {
      if (word !== undefined) words.push(word)
      word = undefined
    } else {
      const text = escaped ?? single ?? plain ?? (double ?? '').replace(/\\([$`"\\\n])/g, (_, quoted: string) => quoted)
      word = (word ?? '') + (text === '\n' && escaped !== undefined ? '' : text)
    }
  }
  if (word !== undefined) words.push(word)
  return words
}
