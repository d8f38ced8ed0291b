import type { ChildProcessWithoutNullStreams } from 'node:child_process'
import { once } from 'node:events'
import { FerryError } from '../errors/ferry-error.ts'
import { errnoOf } from '../errors/local-error.ts'
import { cannotStart, endProgram, killProgram, startProgram } from './program.ts'

/** The rest of what ssh wrote is read in so long, where a program that it left behind holds its standard error open. */
const drainMs = 300

/**
 * A running ssh with what it has started (ProxyCommand, jump hosts). In a session of its own it finds no terminal to ask on, and Ctrl-C
 * reaches ferry alone, which has things to put in order over this very connection.
 */
export class OpensshProcess {
  readonly child: ChildProcessWithoutNullStreams
  /** How it ended, once it has, and what it said has been read. */
  readonly ended: Promise<string>

  constructor(words: readonly string[], environment: Readonly<Record<string, string | undefined>>) {
    this.child = startProgram('ssh', words, environment, true)
    // Where ssh is gone, its exit says why.
    this.child.stdin.on('error', () => undefined)
    this.ended = this.#end()
    this.ended.catch(() => undefined)
  }

  /** Rejects where there is no ssh; `need` is what asks for it. */
  async started(need: string | undefined): Promise<void> {
    try {
      await once(this.child, 'spawn')
    } catch (error) {
      if (errnoOf(error) !== 'ENOENT') throw cannotStart('ssh', error)
      const why = need === undefined ? '' : `, and ${need} needs it`
      throw new FerryError('connect_failed', `could not start ssh: there is none in PATH${why}`, {
        cause: error,
        lasting: true,
        hint: "install OpenSSH's client",
      })
    }
  }

  /** Ends it where there is no session to be ended in order. */
  async giveUp(): Promise<void> {
    killProgram(this.child, 'SIGTERM', true)
    await this.end()
  }

  async end(): Promise<void> {
    if (this.child.pid === undefined) return
    await endProgram(this.child, true)
  }

  async #end(): Promise<string> {
    const closed = once(this.child.stderr, 'close')
    closed.catch(() => undefined)
    const [code, killedBy]: unknown[] = await once(this.child, 'exit')
    let timer: NodeJS.Timeout | undefined
    const late = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, drainMs)
    })
    await Promise.race([closed, late])
    clearTimeout(timer)
    return typeof code === 'number' ? `exited with status ${code}` : `was ended by ${String(killedBy)}`
  }
}
