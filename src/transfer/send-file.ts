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
    let at = offset
    while (at < size) {
      const length = Math.min(window.chunk, size - at)
      let buffer: Buffer | undefined
      const read = (): Buffer => {
        buffer = length < window.chunk ? Buffer.allocUnsafe(length) : (free.pop() ?? Buffer.allocUnsafeSlow(length))
        return buffer.subarray(0, readLocal(fd, buffer, at))
      }
      const got = await pipeline.put(length, read, () => buffer?.length === window.chunk && free.push(buffer))
      if (got === 0) return
      at += got
    }
    // A look beyond the believed end needs no room unless there is more.
    for (let length = size > 0 ? Math.min(probeLength, window.chunk) : window.chunk; ; length = window.chunk) {
      signal.throwIfAborted()
      const buffer = Buffer.allocUnsafe(length)
      const got = readLocal(fd, buffer, at)
      if (got === 0) return
      at += await pipeline.put(got, () => buffer.subarray(0, got))
    }
  })
}

/** Reads from an open local file, and gives how many bytes came. */
export function readLocal(fd: number, buffer: Buffer, offset: number, length = buffer.length): number {
  try {
    return readSync(fd, buffer, 0, length, offset)
  } catch (error) {
    throw localError('read', 'the local file', error)
  }
}
