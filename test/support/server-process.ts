import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdir, readFile } from 'node:fs/promises'
import { freePort } from './free-port.ts'

/** A program that listens on the port that it is told. */
export interface ServerCommand {
  readonly program: string
  readonly args: readonly string[]
  readonly env?: NodeJS.ProcessEnv
}

/** Starts a server on a free loopback port, and waits until it says that it listens. */
export async function startServer(
  command: (port: number) => Promise<ServerCommand>,
  listening: RegExp,
): Promise<ServerProcess> {
  for (let attempt = 1; ; attempt += 1) {
    const port = await freePort()
    const { program, args, env = process.env } = await command(port)
    const server = new ServerProcess(port, spawn(program, args, { env, stdio: ['ignore', 'pipe', 'pipe'] }))
    const listens = server.logged(listening)
    const failure = await Promise.race([listens.then(() => undefined), server.ended])
    if (failure === undefined) return server
    // Somebody may have taken the port between our look and the server's bind.
    if (attempt === 5 || !/Address already in use/i.test(failure))
      throw new Error(`${program} did not start:\n${failure}`)
  }
}

/** The listener and what it has started. */
export class ServerProcess {
  readonly port: number
  /** Settles with all that was logged, once no process can log any more. */
  readonly ended: Promise<string>
  #text = ''
  readonly #child: ChildProcess
  readonly #waiting = new Set<() => void>()
  readonly #kill = (): void => void this.#child.kill('SIGKILL')

  constructor(port: number, child: ChildProcess) {
    this.port = port
    this.#child = child
    // A test runner that is stopped must not leave a listener behind.
    process.once('exit', this.#kill)
    for (const stream of [child.stdout, child.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => {
        this.#text += text.replaceAll('\r\n', '\n')
        for (const look of this.#waiting) look()
      })
    }
    this.ended = new Promise((resolve, reject) => {
      child.once('error', reject)
      child.once('close', () => resolve(this.#text))
    })
    this.ended.catch(() => undefined)
    child.once('exit', () => process.removeListener('exit', this.#kill))
  }

  log = (): string => this.#text

  logged = (pattern: RegExp): Promise<void> =>
    new Promise((resolve) => {
      const look = (): void => {
        if (!pattern.test(this.#text)) return
        this.#waiting.delete(look)
        resolve()
      }
      this.#waiting.add(look)
      look()
    })

  dropConnections = async (): Promise<void> => {
    // Another process may have the number of one that has ended.
    if (this.#hasEnded()) return
    for (const pid of await descendants(this.#child.pid)) killProcess(pid)
  }

  stop = async (): Promise<void> => {
    if (this.#hasEnded()) return
    const exit = once(this.#child, 'exit')
    // Stopped first, so that no connection begins between the look and the end.
    this.#child.kill('SIGSTOP')
    await this.dropConnections()
    this.#child.kill('SIGKILL')
    // What a session left running may hold them open for ever.
    this.#child.stdout?.destroy()
    this.#child.stderr?.destroy()
    await exit
  }

  #hasEnded(): boolean {
    return this.#child.exitCode !== null || this.#child.signalCode !== null
  }
}

function killProcess(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch {
    // It ended by itself meanwhile.
  }
}

/** Children of children too: sshd gives each connection processes, and each of these a session of its own (setsid). */
async function descendants(of: number | undefined): Promise<number[]> {
  const pids = (await readdir('/proc').catch(() => [])).filter((name) => /^\d+$/.test(name))
  const stats = await Promise.all(pids.map((pid) => readFile(`/proc/${pid}/stat`, 'latin1').catch(() => '')))
  const parents = new Map(
    // proc(5): `pid (name) state ppid`, where the name may hold anything.
    stats.map((stat) => [Number.parseInt(stat, 10), Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1])]),
  )
  const found = new Set([of])
  for (let before = 0; before !== found.size; ) {
    before = found.size
    for (const [pid, parent] of parents) if (found.has(parent)) found.add(pid)
  }
  found.delete(of)
  return [...found].filter((pid) => pid !== undefined)
}
