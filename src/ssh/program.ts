import { type ChildProcess, type ChildProcessWithoutNullStreams, spawn } from 'node:child_process'
import { once } from 'node:events'
import { accessSync, constants, existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { FerryError } from '../errors/ferry-error.ts'
import { localReason } from '../errors/local-error.ts'
import { fsPath } from '../model/name-bytes.ts'

/** A program has so long to end after its input did, and so long again after SIGTERM. */
const closeGraceMs = 1000

/** What still runs, and whether in a session of its own: when ferry ends at once, it ends as well. */
const running = new Map<ChildProcess, boolean>()

function killRunning(): void {
  for (const [child, ownSession] of running) killProgram(child, 'SIGKILL', ownSession)
}

/**
 * Starts a program with pipes to it; no shell looks at its words. Ctrl-C at the terminal reaches ferry alone, which has things to put in
 * order over the program: that ignores it (as OpenSSH sftp.c has it for its ssh), or with `ownSession` has no terminal at all.
 */
export function startProgram(
  program: string,
  words: readonly string[],
  environment: Readonly<Record<string, string | undefined>>,
  ownSession = false,
): ChildProcessWithoutNullStreams {
  try {
    const [file, args] = ownSession ? [program, words] : unheeding(program, words, environment['PATH'])
    const child = spawn(file, args, { stdio: ['pipe', 'pipe', 'pipe'], env: environment, detached: ownSession })
    keepUntilExit(child, ownSession)
    return child
  } catch (error) {
    throw cannotStart(program, error)
  }
}

/** What is ignored stays so in the program that takes the shell's place; Node itself can start none that ignores a signal. */
function unheeding(program: string, words: readonly string[], path: string | undefined): [string, readonly string[]] {
  if (!existsSync('/bin/sh')) return [program, words]
  checkExecutable(program, path)
  return ['/bin/sh', ['-c', `trap '' INT; exec "$@"`, 'sh', program, ...words]]
}

/** Throws what execvp(3) would; without PATH it is the shell that knows where to look. */
function checkExecutable(program: string, path: string | undefined): void {
  const folders = path?.split(delimiter) ?? []
  const files = program.includes('/') ? [program] : folders.map((folder) => join(folder, program))
  for (const [index, file] of files.entries()) {
    try {
      accessSync(fsPath(file), constants.X_OK)
      return
    } catch (error) {
      if (index === files.length - 1) throw error
    }
  }
}

function keepUntilExit(child: ChildProcess, ownSession: boolean): void {
  if (running.size === 0) process.on('exit', killRunning)
  running.set(child, ownSession)
  const forget = (): void => {
    running.delete(child)
    if (running.size === 0) process.off('exit', killRunning)
  }
  child.once('exit', forget)
  child.once('error', forget)
}

/** Sends a signal, to all that the program has started where it has a session of its own. */
export function killProgram(child: ChildProcess, signal: 'SIGTERM' | 'SIGKILL', ownSession: boolean): void {
  if (!ownSession) {
    child.kill(signal)
    return
  }
  try {
    if (child.pid !== undefined) process.kill(-child.pid, signal)
  } catch {
    // It is gone, and all that it started.
  }
}

export const cannotStart = (program: string, error: unknown): FerryError =>
  new FerryError('connect_failed', `could not start ${program}: ${localReason(error)}`, {
    cause: error,
    lasting: true,
  })

/** Ends its input, then asks it to end, then ends it. */
export async function endProgram(child: ChildProcessWithoutNullStreams, ownSession = false): Promise<void> {
  const exited = child.exitCode !== null || child.signalCode !== null ? Promise.resolve() : once(child, 'exit')
  child.stdin.end()
  for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
    if (await isOver(exited)) break
    killProgram(child, signal, ownSession)
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
