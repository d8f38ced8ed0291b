import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process'
import { once } from 'node:events'
import { FerryError } from '../errors/ferry-error.ts'
import { localReason } from '../errors/local-error.ts'

/** A program has so long to end after its input did, and so long again after SIGTERM. */
const closeGraceMs = 1000

/** Starts a program with pipes to it; no shell looks at its words. `ownSession` keeps it from the terminal and from Ctrl-C there. */
export function startProgram(
  program: string,
  words: readonly string[],
  environment: Readonly<Record<string, string | undefined>>,
  ownSession = false,
): ChildProcessWithoutNullStreams {
  try {
    return spawn(program, words, { stdio: ['pipe', 'pipe', 'pipe'], env: environment, detached: ownSession })
  } catch (error) {
    throw cannotStart(program, error)
  }
}

export const cannotStart = (program: string, error: unknown): FerryError =>
  new FerryError('connect_failed', `could not start ${program}: ${localReason(error)}`, {
    cause: error,
    lasting: true,
  })

/** Ends its input, then asks it to end, then ends it. */
export async function endProgram(
  child: ChildProcessWithoutNullStreams,
  kill: (signal: 'SIGTERM' | 'SIGKILL') => void = (signal) => void child.kill(signal),
): Promise<void> {
  const exited = child.exitCode !== null || child.signalCode !== null ? Promise.resolve() : once(child, 'exit')
  child.stdin.end()
  for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
    if (await isOver(exited)) break
    kill(signal)
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
