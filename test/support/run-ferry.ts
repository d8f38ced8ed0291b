import { type ChildProcess, spawn } from 'node:child_process'
import { mkdir } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import type { Readable } from 'node:stream'
import { temporaryDirectory } from './temporary-directory.ts'

const ferryFile = resolve(import.meta.dirname, '../../bin/ferry.js')

export interface FerryOptions {
  /** Another program for Node, in place of `bin/ferry.js`. */
  readonly program?: string
  /** All of standard input; empty when absent. */
  readonly stdin?: string | Uint8Array
  /** Added to a clean environment; `undefined` takes away. */
  readonly env?: Readonly<Record<string, string | undefined>>
  readonly cwd?: string
  /** Where HOME and the XDG folders are, for runs that share a state; a fresh one for this run when absent. */
  readonly home?: string
  /** Kills the program. */
  readonly signal?: AbortSignal
}

export interface FerryResult {
  readonly stdout: string
  readonly stdoutBytes: Buffer
  readonly stderr: string
  /** `null` where a signal ended it. */
  readonly exitCode: number | null
  readonly signal: NodeJS.Signals | null
}

export interface FerryProcess {
  readonly result: Promise<FerryResult>
  kill(signal: NodeJS.Signals): void
  /** Settles when the stream has a match; rejects when the program ends without. */
  until(stream: 'stdout' | 'stderr', pattern: RegExp): Promise<void>
  /** Ends what the program reads of its standard output, as `| head` does. */
  closeStdout(): void
}

/** Runs `bin/ferry.js` to its end, in an environment of its own. */
export async function runFerry(args: readonly string[], options: FerryOptions = {}): Promise<FerryResult> {
  const ferry = await startFerry(args, options)
  return ferry.result
}

/** Starts `bin/ferry.js`, for tests that act while it runs. */
export async function startFerry(args: readonly string[], options: FerryOptions = {}): Promise<FerryProcess> {
  const place = await ferryPlace(options)
  const child = spawn(process.execPath, [place.program, ...args], {
    cwd: place.cwd,
    env: place.env,
    stdio: ['pipe', 'pipe', 'pipe'],
    ...(options.signal !== undefined && { signal: options.signal, killSignal: 'SIGKILL' as const }),
  })
  // It may end without reading all.
  child.stdin.on('error', () => undefined)
  child.stdin.end(options.stdin ?? '')
  const output = { stdout: collect(child.stdout), stderr: collect(child.stderr) }
  const ended = endOf(child)
  return {
    result: ended
      .then(({ exitCode, signal }) => ({
        stdout: output.stdout.bytes().toString('utf8'),
        stdoutBytes: output.stdout.bytes(),
        stderr: output.stderr.bytes().toString('utf8'),
        exitCode,
        signal,
      }))
      .finally(place.dispose),
    kill: (signal) => void child.kill(signal),
    until: (stream, pattern) => output[stream].until(pattern, ended),
    closeStdout: () => void child.stdout.destroy(),
  }
}

export interface FerryPlace {
  readonly program: string
  readonly cwd: string
  readonly env: NodeJS.ProcessEnv
  dispose(): Promise<void>
}

/** An environment that knows nothing of who runs the tests: no settings, keys, agent, state, or CI. */
export async function ferryPlace({ program = ferryFile, env = {}, cwd, home }: FerryOptions): Promise<FerryPlace> {
  const fresh = home === undefined ? await temporaryDirectory() : undefined
  const place = home ?? fresh?.path ?? ''
  const runtime = join(place, '.run')
  await mkdir(runtime, { recursive: true, mode: 0o700 })
  const clean = {
    PATH: process.env['PATH'],
    TMPDIR: process.env['TMPDIR'],
    HOME: place,
    XDG_CONFIG_HOME: join(place, '.config'),
    XDG_STATE_HOME: join(place, '.local/state'),
    XDG_DATA_HOME: join(place, '.local/share'),
    XDG_CACHE_HOME: join(place, '.cache'),
    XDG_RUNTIME_DIR: runtime,
    LANG: 'C.UTF-8',
    TZ: 'UTC',
  }
  return {
    program,
    cwd: cwd ?? place,
    env: { ...clean, ...env },
    dispose: async () => fresh?.[Symbol.asyncDispose](),
  }
}

export interface Ending {
  readonly exitCode: number | null
  readonly signal: NodeJS.Signals | null
}

export function endOf(child: ChildProcess): Promise<Ending> {
  return new Promise((settle, reject) => {
    // An aborted run ends like any other, by its signal.
    child.once('error', (error) => error.name === 'AbortError' || reject(error))
    child.once('close', (exitCode, signal) => settle({ exitCode, signal }))
  })
}

export interface Collected {
  bytes(): Buffer
  /** Settles when there is a match, behind so many bytes; rejects when `ended` comes before. */
  until(pattern: RegExp, ended: Promise<Ending>, from?: number): Promise<void>
}

export function collect(stream: Readable): Collected {
  const chunks: Buffer[] = []
  const lookers = new Set<() => void>()
  stream.on('data', (chunk: Buffer) => {
    chunks.push(chunk)
    for (const look of lookers) look()
  })
  const text = (from = 0): string => Buffer.concat(chunks).subarray(from).toString('utf8')
  return {
    bytes: () => Buffer.concat(chunks),
    until: (pattern, ended, from) =>
      new Promise((settle, reject) => {
        const look = (): void => {
          if (!pattern.test(text(from))) return
          lookers.delete(look)
          settle()
        }
        lookers.add(look)
        look()
        ended.then(() => reject(new Error(`it ended without ${pattern}:\n${text()}`)), reject)
      }),
  }
}
