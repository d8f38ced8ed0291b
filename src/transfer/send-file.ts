import { readSync } from 'node:fs'
import { localError } from '../errors/local-error.ts'
import type { Handle, SftpSession } from '../sftp/session.ts'
import type { EngineOptions } from './fetch-file.ts'
import { TransferWindow } from './transfer-window.ts'
import { WritePipeline } from './write-pipeline.ts'

export interface SendOptions extends EngineOptions {
  /** Called once, when the last WRITE has been asked and not yet answered: what is asked now arrives right behind it. */
  readonly onLastAsked?: () => void
  /** Is given what is sent, in its order. */
  readonly onPiece?: ((piece: Uint8Array) => void) | undefined
}

/** Beyond the believed end a small read looks whether the local file goes on. */
const probeLength = 4096

/**
 * Writes an open local file until its end into an open remote one, with many WRITEs in flight, and gives the number of bytes. After a
 * failure or an abort nothing is in flight any more, and where the server allows it, the remote file holds a beginning without a hole.
 */
export function sendFile(session: SftpSession, handle: Handle, fd: number, options: SendOptions): Promise<number> {
  const { offset = 0, size = 0, lanes, onBytes, onLastAsked, onPiece, ahead, signal } = options
  const window = options.window ?? new TransferWindow(session, 'write', options)
  const pipeline = new WritePipeline(session, handle, offset, {
    window,
    lanes,
    onBytes,
    onLastAsked,
    onPiece,
    ahead,
    signal,
  })
  const free: Buffer[] = []
  return pipeline.run(async () => {
    for (let at = offset; ; ) {
      signal.throwIfAborted()
      const length = lengthAt(at, size, window.chunk)
      const isChunk = length === window.chunk
      const buffer = isChunk ? (free.pop() ?? Buffer.allocUnsafeSlow(length)) : Buffer.allocUnsafe(length)
      const got = readLocal(fd, buffer, at)
      if (got === 0) return
      await pipeline.put(buffer.subarray(0, got), isChunk ? () => free.push(buffer) : undefined)
      at += got
    }
  })
}

const lengthAt = (at: number, size: number, chunk: number): number =>
  at < size ? Math.min(chunk, size - at) : at === size && size > 0 ? Math.min(probeLength, chunk) : chunk

function readLocal(fd: number, buffer: Buffer, offset: number): number {
  try {
    return readSync(fd, buffer, 0, buffer.length, offset)
  } catch (error) {
    throw localError('read', 'the local file', error)
  }
}
