import { spawn } from 'node:child_process'
import { localReason } from '../errors/local-error.ts'
import type { RunLocal } from '../script/run-program.ts'

/** Runs a local program on the terminal that the shell has. */
export const runOnTerminal: RunLocal = async ([program = '', ...args], { directory, environment, signal }) => {
  signal.throwIfAborted()
  const child = spawn(program, args, { cwd: directory, env: environment, stdio: 'inherit' })
  const stop = (): void => void child.kill()
  signal.addEventListener('abort', stop)
  try {
    const problem = await new Promise<string | undefined>((resolve) => {
      child.once('error', (error) => resolve(`could not be run: ${localReason(error)}`))
      child.once('exit', (status, killedBy) =>
        resolve(
          killedBy !== null ? `was killed by ${killedBy}` : status === 0 ? undefined : `exited with status ${status}`,
        ),
      )
    })
    signal.throwIfAborted()
    return problem
  } finally {
    signal.removeEventListener('abort', stop)
  }
}
