import { localError } from '../errors/local-error.ts'
import { orAbort } from '../model/or-abort.ts'
import type { Handle, SftpSession } from '../sftp/session.ts'
import { type PipelineOptions, WritePipeline } from './write-pipeline.ts'

export type ByteSource = Uint8Array | AsyncIterable<Uint8Array>

/** Writes bytes from memory or from a stream into an open remote file from `start` on, and gives their number. */
export function sendBytes(
  session: SftpSession,
  handle: Handle,
  start: number,
  source: ByteSource,
  options: PipelineOptions,
): Promise<number> {
  const pipeline = new WritePipeline(session, handle, start, options)
  const { chunk } = options.window
  return pipeline.run(async () => {
    if (source instanceof Uint8Array) {
      for (let at = 0; at < source.length; ) at += await put(pipeline, source.subarray(at, at + chunk))
      return
    }
    let buffer = Buffer.allocUnsafe(chunk)
    let filled = 0
    for await (const piece of heeding(source, pipeline.failed, options.signal)) {
      for (let at = 0; at < piece.length; ) {
        const count = Math.min(chunk - filled, piece.length - at)
        // A copy: whoever gives the piece may use its memory again.
        buffer.set(piece.subarray(at, at + count), filled)
        at += count
        filled += count
        if (filled < chunk) continue
        await put(pipeline, buffer)
        buffer = Buffer.allocUnsafe(chunk)
        filled = 0
      }
    }
    if (filled > 0) await put(pipeline, buffer.subarray(0, filled))
  })
}

const put = (pipeline: WritePipeline, bytes: Uint8Array): Promise<number> => pipeline.put(bytes.length, () => bytes)

/** A stream that may be silent for long: waiting for it ends when a WRITE fails or the user gives up. */
async function* heeding(
  source: AsyncIterable<Uint8Array>,
  failed: Promise<never>,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array, void, undefined> {
  const iterator = source[Symbol.asyncIterator]()
  const next = (): Promise<IteratorResult<Uint8Array>> =>
    iterator.next().catch((error: unknown) => {
      throw localError('read', 'the input', error)
    })
  let ended = false
  try {
    while (!ended) {
      const result = await orAbort(Promise.race([next(), failed]), signal)
      ended = result.done === true
      if (!result.done) yield result.value
    }
  } finally {
    if (!ended) void iterator.return?.().catch(() => undefined) // not waited for: it may never answer
  }
}
