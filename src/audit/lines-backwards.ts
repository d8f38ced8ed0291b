import { type FileHandle, open } from 'node:fs/promises'
import { errnoOf, localError } from '../errors/local-error.ts'
import { fsPath } from '../model/name-bytes.ts'
import { longestLine } from './audit-log.ts'

/** A whole line, and the offset of its first byte. */
export interface PlacedLine {
  readonly offset: number
  readonly text: string
}

/**
 * The lines of a file, the last one first, from before an offset or from its end. No more than a few lines are held at a time, however long
 * the file is. What is longer than a line of the log may be is passed over; of a file that is not there nothing comes.
 */
export async function* linesBackwards(path: string, before = Number.POSITIVE_INFINITY): AsyncGenerator<PlacedLine> {
  await using file = await openLog(path)
  if (file === undefined) return
  const { size } = await file.stat()
  let start = Math.min(before, size)
  let rest: Buffer = Buffer.alloc(0)
  while (start > 0) {
    const length = Math.min(longestLine, start)
    start -= length
    const block = await read(file, path, start, length)
    const known = Buffer.concat([block, rest])
    let end = known.length
    for (let at = lastBreak(known, end); at >= 0; at = lastBreak(known, end)) {
      if (end > at + 1) yield { offset: start + at + 1, text: known.toString('utf8', at + 1, end) }
      end = at
    }
    // The beginning of a line that no line may have is forgotten: what is left of it is no entry.
    rest = end > longestLine ? Buffer.alloc(0) : known.subarray(0, end)
  }
  if (rest.length > 0) yield { offset: 0, text: rest.toString('utf8') }
}

const lastBreak = (bytes: Buffer, end: number): number => (end === 0 ? -1 : bytes.lastIndexOf(10, end - 1))

async function openLog(path: string): Promise<FileHandle | undefined> {
  try {
    return await open(fsPath(path), 'r')
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return undefined
    throw localError('read the audit log', path, error)
  }
}

async function read(file: FileHandle, path: string, offset: number, length: number): Promise<Buffer> {
  try {
    const { buffer, bytesRead } = await file.read(Buffer.allocUnsafe(length), 0, length, offset)
    return buffer.subarray(0, bytesRead)
  } catch (error) {
    throw localError('read the audit log', path, error)
  }
}
