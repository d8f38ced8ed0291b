import type { Readable } from 'node:stream'
import { decodeName } from '../model/name-bytes.ts'
import { excerpt } from '../model/visible.ts'

const keptBytes = 4096

/** Reads a stream of complaints to its end, so that its writer never waits, and keeps the last of them. */
export class LastWords {
  #kept = Buffer.alloc(0)

  constructor(stream: Readable) {
    stream.on('data', (chunk: Buffer) => {
      this.#kept = Buffer.concat([this.#kept, chunk]).subarray(-keptBytes)
    })
    // Its owner fails as well, and says so.
    stream.on('error', () => undefined)
  }

  /** `: "…"`, or nothing where nothing was said. */
  get quoted(): string {
    const text = decodeName(this.#kept).trim()
    return text === '' ? '' : `: "${excerpt(text, 500)}"`
  }
}
