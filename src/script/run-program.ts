import { spawn } from 'node:child_process'
import type { Readable } from 'node:stream'
import { localReason } from '../errors/local-error.ts'
import { decodeName } from '../model/name-bytes.ts'

export interface LocalOptions {
  readonly directory: string
  readonly environment: Readonly<Record<string, string | undefined>>
  readonly signal: AbortSignal
}

/** Runs a local program to its end. Gives what went wrong with it in words, such as `exited with status 1`, if something did. */
export type RunLocal = (words: readonly string[], options: LocalOptions) => Promise<string | undefined>

interface ProgramOptions extends LocalOptions {
  readonly onOutput: (text: string) => Promise<void>
  readonly onErrorOutput: (text: string) => Promise<void>
}

/** What a program left running in the background may hold its output open for; nobody waits longer for that. */
const graceMs = 500

/** Runs a local program with nothing on its stdin, as RunLocal does. */
export async function runProgram(words: readonly string[], options: ProgramOptions): Promise<string | undefined> {
  const { directory, environment, signal } = options
  signal.throwIfAborted()
  const [program = '', ...args] = words
  const child = spawn(program, args, { cwd: directory, env: environment, stdio: ['ignore', 'pipe', 'pipe'] })
  const letGo = (): void => {
    child.stdout.destroy()
    child.stderr.destroy()
  }
  const stop = (): void => {
    child.kill()
    letGo()
  }
  let timer: NodeJS.Timeout | undefined
  signal.addEventListener('abort', stop)
  try {
    const ending = new Promise<string | undefined>((resolve) => {
      child.once('error', (error) => resolve(`could not be run: ${localReason(error)}`))
      child.once('exit', (status, killedBy) => {
        timer = setTimeout(letGo, graceMs)
        resolve(
          killedBy !== null ? `was killed by ${killedBy}` : status === 0 ? undefined : `exited with status ${status}`,
        )
      })
    })
    await Promise.all([relay(child.stdout, options.onOutput), relay(child.stderr, options.onErrorOutput)])
    signal.throwIfAborted()
    return await ending
  } catch (error) {
    stop()
    throw error
  } finally {
    clearTimeout(timer)
    signal.removeEventListener('abort', stop)
  }
}

/** Passes on what comes until the end, or until the stream was let go, and waits for a slow reader. Bytes stay what they are. */
async function relay(stream: Readable, onText: (text: string) => Promise<void>): Promise<void> {
  const chunks = stream[Symbol.asyncIterator]()
  let rest: Buffer = Buffer.alloc(0)
  for (;;) {
    const next = await chunks.next().catch(() => undefined)
    if (next === undefined || next.done === true) break
    const bytes = Buffer.concat([rest, next.value])
    const whole = bytes.length - unfinished(bytes)
    rest = bytes.subarray(whole)
    if (whole > 0) await onText(decodeName(bytes.subarray(0, whole)))
  }
  if (rest.length > 0) await onText(decodeName(rest))
}

/** Bytes at the end that may be the beginning of one character (RFC 3629). */
function unfinished(bytes: Buffer): number {
  for (let back = 1; back <= Math.min(3, bytes.length); back += 1) {
    const byte = bytes[bytes.length - back] ?? 0
    if (byte < 0x80) return 0
    if (byte >= 0xc0) return back < (byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2) ? back : 0
  }
  return 0
}
