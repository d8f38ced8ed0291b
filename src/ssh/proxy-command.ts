import type { ChildProcessWithoutNullStreams } from 'node:child_process'
import { once } from 'node:events'
import { Duplex } from 'node:stream'
import type { FerryError } from '../errors/ferry-error.ts'
import { LastWords } from './last-words.ts'
import { endProgram, startProgram } from './program.ts'
import type { SshSettings } from './settings.ts'
import { connectError } from './tcp.ts'
import type { TransportEvents } from './transport.ts'

/** Runs a ProxyCommand by the user's shell, as ssh does: its standard input and output lead to the server. */
export async function connectProxyCommand(
  settings: SshSettings & { readonly proxyCommand: string },
  events: TransportEvents,
  signal: AbortSignal,
): Promise<Duplex> {
  signal.throwIfAborted()
  const { proxyCommand, shell, environment } = settings
  events.note(1, `connecting by ProxyCommand: ${proxyCommand}`)
  const child = startProgram(shell, ['-c', `exec ${proxyCommand}`], environment)
  const lastWords = new LastWords(child.stderr)
  const closed = once(child, 'close')
  closed.catch(() => undefined)
  try {
    await once(child, 'spawn')
  } catch (error) {
    throw connectError(settings, `cannot start ${shell} for ProxyCommand`, error)
  }
  const failed = async (): Promise<FerryError | undefined> => {
    const [code, killedBy]: unknown[] = await closed
    if (code === 0 && child.stdout.readableDidRead) return undefined
    const how = typeof code === 'number' ? `exited with status ${code}` : `was ended by ${String(killedBy)}`
    return connectError(settings, `the proxy command ${how}${lastWords.quoted}`)
  }
  return new ProgramStream(child, failed)
}

/** A program as a stream. It ends once the program has, so that the program's own words for it are known. */
export class ProgramStream extends Duplex {
  /** Settles when it was destroyed and the program has ended. */
  readonly gone: Promise<void>
  readonly #child: ChildProcessWithoutNullStreams
  #onGone: () => void = () => undefined

  constructor(child: ChildProcessWithoutNullStreams, failed: () => Promise<Error | undefined>) {
    super()
    this.#child = child
    this.gone = new Promise((resolve) => {
      this.#onGone = resolve
    })
    child.stdout.on('data', (chunk: Buffer) => {
      if (!this.push(chunk)) child.stdout.pause()
    })
    // Where the program is gone, its exit says why.
    child.stdin.on('error', () => undefined)
    void failed().then((error) => {
      if (error === undefined) this.push(null)
      else this.destroy(error)
    })
  }

  override _read(): void {
    this.#child.stdout.resume()
  }

  override _write(chunk: Uint8Array, _encoding: BufferEncoding, callback: () => void): void {
    this.#child.stdin.write(chunk, () => callback())
  }

  override _final(callback: () => void): void {
    this.#child.stdin.end(() => callback())
  }

  override _destroy(error: Error | null, callback: (error: Error | null) => void): void {
    void endProgram(this.#child).then(() => {
      this.#onGone()
      callback(error)
    })
  }
}
