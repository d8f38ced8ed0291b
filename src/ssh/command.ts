import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process'
import { once } from 'node:events'
import { Duplex } from 'node:stream'
import { FerryError } from '../errors/ferry-error.ts'
import { localReason } from '../errors/local-error.ts'
import { LastWords } from './last-words.ts'
import type { CommandSettings } from './settings.ts'
import type { Channel } from './transport.ts'

/** A program has so long to end after its input did, and so long again after SIGTERM. */
const closeGraceMs = 1000

/** Starts a program that speaks SFTP on its standard input and output; no shell looks at its words. */
export async function connectCommand(settings: CommandSettings, signal: AbortSignal): Promise<Channel> {
  signal.throwIfAborted()
  const { command, environment, host, port, username } = settings
  const [program = '', ...words] = command
  const child = start(program, words, environment)
  const lastWords = new LastWords(child.stderr)
  // Where the program is gone, its exit says why.
  child.stdin.on('error', () => undefined)
  const stream = Duplex.from({ readable: child.stdout, writable: child.stdin })
  stream.on('error', () => undefined)
  const closed = once(child, 'close')
  closed.catch(() => undefined)
  try {
    await once(child, 'spawn')
  } catch (error) {
    throw cannotStart(program, error)
  }
  const ended = closed.then(([code, killedBy]: unknown[]) => {
    const how = typeof code === 'number' ? `exited with status ${code}` : `was ended by ${String(killedBy)}`
    const reason = `${program} ${how}${lastWords.quoted}`
    // A program that never said a word was no way to a server.
    if (child.stdout.readableDidRead) return new FerryError('connection_lost', reason)
    return new FerryError('connect_failed', `could not connect: ${reason}`)
  })
  let closing: Promise<void> | undefined
  return {
    stream,
    ended,
    peer: { transport: 'command', host, port, username },
    close: () => {
      closing ??= end(child)
      return closing
    },
  }
}

function start(
  program: string,
  words: readonly string[],
  environment: CommandSettings['environment'],
): ChildProcessWithoutNullStreams {
  try {
    return spawn(program, words, { stdio: ['pipe', 'pipe', 'pipe'], env: environment })
  } catch (error) {
    throw cannotStart(program, error)
  }
}

const cannotStart = (program: string, error: unknown): FerryError =>
  new FerryError('connect_failed', `could not start ${program}: ${localReason(error)}`, { cause: error })

/** Ends its input, then asks it to end, then ends it. */
async function end(child: ChildProcessWithoutNullStreams): Promise<void> {
  const exited = child.exitCode !== null || child.signalCode !== null ? Promise.resolve() : once(child, 'exit')
  child.stdin.end()
  for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
    if (await isOver(exited)) break
    child.kill(signal)
  }
  await exited
  // A grandchild may hold them open.
  child.stdout.destroy()
  child.stderr.destroy()
}

async function isOver(exited: Promise<unknown>): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined
  const grace = new Promise<false>((resolve) => {
    timer = setTimeout(() => resolve(false), closeGraceMs)
  })
  try {
    return await Promise.race([exited.then(() => true), grace])
  } finally {
    clearTimeout(timer)
  }
}
