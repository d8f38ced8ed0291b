import { constants, createReadStream, openSync, statSync } from 'node:fs'
import { Socket } from 'node:net'
import { fsPath } from '../model/name-bytes.ts'

/**
 * What is in a file of this machine, or comes out of a pipe, as in `ferry exec bank <(generate)`. Opened as a file, a pipe that nobody
 * writes to would keep one of Node's threads for ever, and with it the end of the process.
 */
export async function* fileChunks(path: string): AsyncGenerator<Buffer, void, undefined> {
  const file = fsPath(path)
  if (!statSync(file).isFIFO()) return yield* createReadStream(file)
  const fd = openSync(file, constants.O_RDONLY | constants.O_NONBLOCK)
  yield* new Socket({ fd, readable: true, writable: false })
}

/** All of it. */
export async function wholeFile(path: string): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of fileChunks(path)) chunks.push(chunk)
  return Buffer.concat(chunks)
}
