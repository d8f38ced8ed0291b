import { spawn } from 'node:child_process'
import { localReason } from '../errors/local-error.ts'

interface CommandOptions {
  readonly environment: Readonly<Record<string, string | undefined>>
  /** Most bytes that it may print. */
  readonly limit: number
  readonly signal: AbortSignal
}

/** What a program printed, or why that is not to be had; the reason never holds any of it. */
export type CommandOutcome = { readonly output: Buffer } | { readonly failure: string }

/**
 * Runs a program, without a shell, for its standard output. It is ended when the signal aborts. What it says on stderr is
 * dropped, as that might hold the secret too.
 */
export async function commandOutput(words: readonly string[], options: CommandOptions): Promise<CommandOutcome> {
  const { environment, limit, signal } = options
  signal.throwIfAborted()
  const [program = '', ...args] = words
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'ignore'], env: environment })
  const settled = new AbortController()
  try {
    return await new Promise<CommandOutcome>((resolve, reject) => {
      const chunks: Buffer[] = []
      let size = 0
      signal.addEventListener('abort', () => reject(signal.reason), { signal: settled.signal })
      child.stdout.on('data', (chunk: Buffer) => {
        size += chunk.length
        chunks.push(chunk)
        if (size > limit) resolve({ failure: `it printed more than ${limit} bytes` })
      })
      child.on('error', (error) => resolve({ failure: localReason(error) }))
      child.on('close', (code, killedBy) => {
        if (code === 0) resolve({ output: Buffer.concat(chunks) })
        else resolve({ failure: code === null ? `it was ended by ${killedBy}` : `it exited with status ${code}` })
      })
    })
  } finally {
    settled.abort()
    // Nothing of it is waited for any more; where it has ended already, this does nothing.
    child.kill()
    child.stdout.destroy()
  }
}
