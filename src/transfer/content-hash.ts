import { createHash } from 'node:crypto'
import { closeSync, constants, fstatSync, openSync } from 'node:fs'
import type { Made } from '../audit/audit-entry.ts'
import { fsPath } from '../model/name-bytes.ts'
import { localRange } from './resume.ts'

const readLength = 1 << 20

/** Size and SHA-256 of a content, while its pieces pass in their order. */
export class ContentHash {
  readonly #hash = createHash('sha256')
  #size = 0

  readonly add = (piece: Uint8Array): void => {
    this.#hash.update(piece)
    this.#size += piece.length
  }

  /** Adds an open local file, or its first `length` bytes. */
  async addFile(fd: number, signal: AbortSignal, length = Number.POSITIVE_INFINITY): Promise<void> {
    const range = localRange(fd)
    for (let at = 0; at < length; ) {
      signal.throwIfAborted()
      const wanted = Math.min(readLength, length - at)
      const piece = await range(at, wanted)
      this.add(piece)
      at += piece.length
      if (piece.length < wanted) return
    }
  }

  /** Ends it: nothing may be added any more. */
  sum(): { readonly size: number; readonly sha256: string } {
    return { size: this.#size, sha256: this.#hash.digest('hex') }
  }
}

/**
 * Tells what a local file holds that came from a server: its pieces may have come in any order, so it is read once more. `file` is open, or
 * the name of one that was written in place; where that may not be read, or is no regular file, nothing can be told.
 */
export async function tellContent(made: Made, file: number | string, signal: AbortSignal): Promise<void> {
  const fd = typeof file === 'number' ? file : openToRead(file)
  if (fd === undefined) return
  try {
    const content = new ContentHash()
    await content.addFile(fd, signal)
    Object.assign(made, content.sum())
  } finally {
    if (fd !== file) closeSync(fd)
  }
}

function openToRead(path: string): number | undefined {
  try {
    const fd = openSync(fsPath(path), constants.O_RDONLY | constants.O_NONBLOCK)
    if (fstatSync(fd).isFile()) return fd
    closeSync(fd)
  } catch {
    // it may not be read
  }
  return undefined
}
