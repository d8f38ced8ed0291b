/** What JSON lets through, and a terminal acts on: DEL, C1, line separators, directional and invisible marks. */
const active = /[\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]/g

/** A document on one line. It is exact, and still safe on a terminal: what could act on one is written as `\u…`. */
export function jsonText(document: unknown): string {
  return JSON.stringify(document).replace(
    active,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
}

/** Characters that are written at once. */
const pieceLength = 100_000

/** The line that `jsonText` makes of a list of all documents, in pieces: a long one is never there as a whole. */
export function* jsonListText<One>(
  all: Iterable<One>,
  document: (one: One) => unknown,
): Generator<string, void, undefined> {
  let piece = '['
  let parting = ''
  for (const one of all) {
    piece += `${parting}${jsonText(document(one))}`
    parting = ','
    if (piece.length < pieceLength) continue
    yield piece
    piece = ''
  }
  yield `${piece}]\n`
}
