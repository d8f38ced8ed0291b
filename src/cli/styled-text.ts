import type { ChalkInstance } from 'chalk'
import type { Io } from '../commands/io.ts'
import { visible } from '../model/visible.ts'

type StyleName = keyof Io['style']

/** A name from a server could hold a mark that it has seen, so marks differ from process to process. */
const nonce = `\0${Math.random().toString(36).slice(2)}:`
const codes: Readonly<Record<StyleName, string>> = { green: 'g', yellow: 'y', red: 'r', dim: 'd', bold: 'b' }
const names = new Map<string, StyleName>([
  ['g', 'green'],
  ['y', 'yellow'],
  ['r', 'red'],
  ['d', 'dim'],
  ['b', 'bold'],
])
const marks = new RegExp(`${nonce}([gyrdb.])`)

const mark = (name: StyleName) => (text: string) => `${nonce}${codes[name]}${text}${nonce}.`

/** Marks a piece of raw text; `rendered` makes it a colour, or nothing where there is none. */
export const style: Io['style'] = {
  green: mark('green'),
  yellow: mark('yellow'),
  red: mark('red'),
  dim: mark('dim'),
  bold: mark('bold'),
}

/** Raw text as a terminal may have it: control characters escaped, marks turned into colours where `chalk` is given. */
export function rendered(text: string, chalk: ChalkInstance | undefined): string {
  if (!text.includes(nonce)) return visible(text)
  const open: StyleName[] = []
  return text
    .split(marks)
    .map((piece, index) => {
      if (index % 2 === 0) return painted(visible(piece), open.at(-1), chalk)
      const name = names.get(piece)
      if (name === undefined) open.pop()
      else open.push(name)
      return ''
    })
    .join('')
}

function painted(text: string, name: StyleName | undefined, chalk: ChalkInstance | undefined): string {
  return chalk === undefined || name === undefined || text === '' ? text : chalk[name](text)
}
