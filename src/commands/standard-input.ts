import { addAbortSignal } from 'node:stream'
import { localError } from '../errors/local-error.ts'
import type { Io } from './io.ts'

/** All of standard input as it comes. It ends with the signal's reason, also while nothing comes. */
export async function* standardInput(io: Io, signal: AbortSignal): AsyncGenerator<Buffer> {
  signal.throwIfAborted()
  addAbortSignal(signal, io.stdin)
  try {
    for await (const chunk of io.stdin) yield Buffer.from(chunk)
  } catch (error) {
    signal.throwIfAborted()
    throw localError('read', 'standard input', error)
  }
}
