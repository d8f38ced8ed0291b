import { decodeName, encodeName } from '../model/name-bytes.ts'
import { visible } from '../model/visible.ts'

/** Control characters as the lone surrogates U+DC00–U+DC7F, where `name-bytes.ts` has nothing: bytes that are not UTF-8 begin at U+DC80. */
const controls = /[\0-\x1f\x7f]/g
const standIns = /(?<![\ud800-\udbff])[\udc00-\udc7f]/g

/**
 * Text as the line editor may have it: what a terminal acts on is replaced by halves of characters, which show as U+FFFD, and which
 * `typedText` turns back.
 */
export function editableText(text: string): string {
  return [...text.replace(controls, (control) => String.fromCharCode(0xdc00 + control.charCodeAt(0)))]
    .map((character) => (character === '\\' || visible(character) === character ? character : escapedBytes(character)))
    .join('')
}

/** What an edited line stands for. */
export function typedText(line: string): string {
  const text = line.replace(standIns, (standIn) => String.fromCharCode(standIn.charCodeAt(0) - 0xdc00))
  return decodeName(encodeName(text))
}

/** Each byte by itself: what is a direction mark as a whole is nothing to a terminal in pieces. */
function escapedBytes(character: string): string {
  const code = character.charCodeAt(0)
  if (character.length === 1 && code >= 0xdc00 && code <= 0xdfff) return character
  return [...encodeName(character)].map((byte) => String.fromCharCode(0xdc00 + byte)).join('')
}
