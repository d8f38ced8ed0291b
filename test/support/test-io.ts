import { PassThrough, Readable, Writable } from 'node:stream'
import type { PingResult } from '../../src/api/ping.ts'
import type { Remote } from '../../src/api/remote.ts'
import { createIo, type Environment, type OutputFlags, type OutputStream } from '../../src/cli/output.ts'
import type { CommandContext } from '../../src/commands/context.ts'
import { FerryError } from '../../src/errors/ferry-error.ts'
import type { ConnectionInput } from '../../src/model/connection-input.ts'
import type { StateStore } from '../../src/state/state-store.ts'

export interface TestContextOptions extends Partial<OutputFlags> {
  /** All of standard input. */
  readonly stdin?: string | Uint8Array
  /** Makes stdin, stdout and stderr terminals; `typed` is then what a person types at questions. */
  readonly terminal?: boolean
  readonly typed?: string
  readonly environment?: Environment
  readonly signal?: AbortSignal
  readonly now?: Date
  readonly store?: StateStore | (() => Promise<StateStore>)
  readonly connect?: (connection: ConnectionInput, signal: AbortSignal) => Promise<Remote>
  readonly ping?: (connection: ConnectionInput, signal: AbortSignal) => Promise<PingResult>
  readonly offeredHostKeys?: CommandContext['offeredHostKeys']
}

export interface TestContext {
  readonly context: CommandContext
  stdout(): string
  stdoutBytes(): Buffer
  stderr(): string
  /** What the command said with `exitWith`, or 0. */
  exitStatus(): number
}

/** A command's context over the real output code and streams in memory, so that a test reads what a person would. */
export async function testContext(options: TestContextOptions = {}): Promise<TestContext> {
  const terminal = options.terminal ?? false
  const environment = options.environment ?? {}
  const stdout = collector(terminal)
  const stderr = collector(terminal)
  const now = (): Date => options.now ?? new Date('2026-11-23T20:49:00Z')
  let status = 0
  const io = await createIo({
    streams: { stdin: input(options), stdout: stdout.stream, stderr: stderr.stream },
    flags: {
      json: options.json ?? false,
      quiet: options.quiet ?? false,
      verbosity: options.verbosity ?? 0,
      color: options.color ?? false,
      input: options.input ?? true,
    },
    environment,
    now,
    onReaderGone: () => {},
  })
  const store = options.store
  const context: CommandContext = {
    io,
    environment,
    signal: options.signal ?? new AbortController().signal,
    now,
    store: async () => {
      if (store === undefined) throw new FerryError('bug', 'this test has no state')
      return typeof store === 'function' ? store() : store
    },
    connect: options.connect ?? (() => Promise.reject(new FerryError('bug', 'this test has no connection'))),
    ping: options.ping ?? (() => Promise.reject(new FerryError('bug', 'this test has no connection'))),
    offeredHostKeys:
      options.offeredHostKeys ?? (() => Promise.reject(new FerryError('bug', 'this test has no connection'))),
    sparesMemory: () => undefined,
    interrupts: () => ({ [Symbol.dispose]: () => undefined }),
    exitWith: (code) => {
      status = code
    },
  }
  return {
    context,
    stdout: () => stdout.bytes().toString('utf8'),
    stdoutBytes: stdout.bytes,
    stderr: () => stderr.bytes().toString('utf8'),
    exitStatus: () => status,
  }
}

function collector(terminal: boolean): { stream: OutputStream; bytes(): Buffer } {
  const chunks: Buffer[] = []
  const stream = new Writable({
    write(chunk: Buffer, _encoding, done) {
      chunks.push(chunk)
      done()
    },
  })
  return {
    stream: terminal ? Object.assign(stream, { isTTY: true, columns: 80 }) : stream,
    bytes: () => Buffer.concat(chunks),
  }
}

function input({ terminal = false, typed = '', stdin = '' }: TestContextOptions): Readable & { isTTY?: boolean } {
  if (!terminal) return Readable.from(stdin.length === 0 ? [] : [Buffer.from(stdin)])
  const keyboard = new PassThrough()
  keyboard.write(typed)
  return Object.assign(keyboard, { isTTY: true, setRawMode: () => keyboard })
}
