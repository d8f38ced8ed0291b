import { constants } from 'node:buffer'
import { FerryError } from '../errors/ferry-error.ts'
import type { Attributes, DirectoryEntry } from '../model/attributes.ts'
import { compareNamesAt } from '../model/byte-order.ts'
import type { Entry } from '../model/entry.ts'
import { joinRemote } from '../model/remote-path.ts'

/** What is kept of attributes: whether there were any, and the bits that tell the kind. */
const kinds: readonly Attributes[] = [{}, ...Array.from({ length: 16 }, (_, type) => ({ permissions: type << 12 }))]
const letters = kinds.map((_, kind) => String.fromCharCode(kind))
const letterOf = ({ permissions }: Attributes): string =>
  letters[permissions === undefined ? 0 : 1 + ((permissions >>> 12) & 15)] ?? ''

/**
 * Names and kinds of very many entries of a directory. They are kept as one text and become entries when they are asked for: an object
 * for each would take five times as much, and V8's young generation would grow to move them.
 */
export class PlainEntries implements Iterable<Entry> {
  readonly #directory: string
  readonly #mostLength: number
  /** For each a letter for its kind, NUL, the name, NUL. */
  #texts: string[] = []
  #textLength = 0
  /** Where each begins. */
  #places: number[] = []

  constructor(directory: string, mostLength = constants.MAX_STRING_LENGTH) {
    this.#directory = directory
    this.#mostLength = mostLength
  }

  /** How many there are in order. */
  get length(): number {
    return this.#places.length
  }

  add(entries: readonly DirectoryEntry[]): void {
    const words: string[] = []
    for (const { name, attributes } of entries) words.push(letterOf(attributes), name)
    const text = words.length === 0 ? '' : `${words.join('\0')}\0`
    this.#textLength += text.length
    if (this.#textLength > this.#mostLength) {
      const message = `list ${this.#directory}: the server sends more names than can be kept`
      throw new FerryError('protocol_error', message, { path: this.#directory })
    }
    this.#texts.push(text)
  }

  /** Puts all that were added in the order of the names' bytes. */
  sort(): void {
    const text = this.#texts.join('')
    this.#texts = [text]
    const places: number[] = []
    for (let at = 0; at < text.length; at = text.indexOf('\0', at + 2) + 1) places.push(at)
    this.#places = places.sort((one, other) => compareNamesAt(text, one + 2, other + 2))
  }

  *[Symbol.iterator](): Generator<Entry, void, undefined> {
    const [text = ''] = this.#texts
    for (const at of this.#places) {
      const name = text.slice(at + 2, text.indexOf('\0', at + 2))
      yield new PlainEntry(this.#directory, name, kinds[text.charCodeAt(at)] ?? {})
    }
  }
}

/** Its path is made when it is asked for. */
class PlainEntry implements Entry {
  readonly name: string
  readonly attributes: Attributes
  readonly #directory: string

  constructor(directory: string, name: string, attributes: Attributes) {
    this.#directory = directory
    this.name = name
    this.attributes = attributes
  }

  get path(): string {
    return pathIn(this.#directory, this.name)
  }
}

/** As the user would type it: the current directory needs no name. */
export const pathIn = (directory: string, name: string): string =>
  directory === '.' ? name : joinRemote(directory, name)
