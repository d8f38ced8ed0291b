import { asOneChange } from '../../sftp/audited-session.ts'
import { childEnvironment } from '../../ssh/local-account.ts'
import type { CommandRun } from '../command-run.ts'
import { type RunLocal, runProgram } from '../run-program.ts'
import type { Command, ShellText } from '../script.ts'

/** Runs a command in the local shell. That it fails is no failure of the script. */
export async function shell(run: CommandRun, { shell: given }: Command): Promise<void> {
  if (given !== undefined) await runShell(run, given)
}

/** The local `ls`, by way of the shell. */
export async function lls(run: CommandRun, { shell: given }: Command): Promise<void> {
  if (given !== undefined) await runShell(run, { ...given, text: given.text === '' ? 'ls' : `ls ${given.text}` })
}

async function runShell(run: CommandRun, { text, environment }: ShellText): Promise<void> {
  const { SHELL } = run.options.environment
  const program = SHELL === undefined || SHELL === '' ? '/bin/sh' : SHELL
  const words = text === '' ? [program] : [program, '-c', text]
  const options = {
    directory: run.localDirectory,
    environment: { ...childEnvironment(run.options.environment), ...environment },
    signal: run.signal,
  }
  const { runLocal = piped(run) } = run.options
  // Its text may hold a secret, so it is not recorded.
  const change = { operation: 'local_command', side: 'local', path: run.localDirectory } as const
  const problem = await asOneChange(run.session, change, () =>
    runLocal(run.umask === undefined ? words : masked(run.umask, words), options),
  )
  if (problem !== undefined) await run.remark(`the shell ${problem}`)
}

/** What the program prints is the script's output. */
const piped =
  (run: CommandRun): RunLocal =>
  (words, options) =>
    runProgram(words, {
      ...options,
      onOutput: (output) => run.print(output),
      onErrorOutput: async (output) => run.options.onErrorOutput?.(output),
    })

/** `lumask` holds for what the shell makes, too; Node cannot set a child's mask. */
const masked = (mask: number, words: readonly string[]): string[] => [
  '/bin/sh',
  '-c',
  'umask "$1" && shift && exec "$@"',
  'sh',
  mask.toString(8),
  ...words,
]
