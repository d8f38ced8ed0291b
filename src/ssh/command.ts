import { once } from 'node:events'
import { Duplex } from 'node:stream'
import { FerryError } from '../errors/ferry-error.ts'
import { LastWords } from './last-words.ts'
import { cannotStart, endProgram, startProgram } from './program.ts'
import type { CommandSettings } from './settings.ts'
import type { Channel } from './transport.ts'

/** Starts a program that speaks SFTP on its standard input and output; no shell looks at its words. */
export async function connectCommand(settings: CommandSettings, signal: AbortSignal): Promise<Channel> {
  signal.throwIfAborted()
  const { command, environment, host, port, username } = settings
  const [program = '', ...words] = command
  const child = startProgram(program, words, environment)
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
      closing ??= endProgram(child)
      return closing
    },
  }
}
