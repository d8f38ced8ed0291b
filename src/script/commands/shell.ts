import { childEnvironment } from '../../ssh/local-account.ts'
import type { Interpreter } from '../interpreter.ts'
import { runProgram } from '../run-program.ts'
import type { Command, ShellText } from '../script.ts'

/** Runs a command in the local shell. That it fails is no failure of the script. */
export async function shell(run: Interpreter, { shell: given }: Command): Promise<void> {
  if (given !== undefined) await runShell(run, given)
}

/** The local `ls`, by way of the shell. */
export async function lls(run: Interpreter, { shell: given }: Command): Promise<void> {
  if (given !== undefined) await runShell(run, { ...given, text: given.text === '' ? 'ls' : `ls ${given.text}` })
}

async function runShell(run: Interpreter, { text, environment }: ShellText): Promise<void> {
  const { SHELL } = run.options.environment
  const program = SHELL === undefined || SHELL === '' ? '/bin/sh' : SHELL
  const words = text === '' ? [program] : [program, '-c', text]
  const problem = await runProgram(run.umask === undefined ? words : masked(run.umask, words), {
    directory: run.localDirectory,
    environment: { ...childEnvironment(run.options.environment), ...environment },
    onOutput: (output) => run.print(output),
    onErrorOutput: async (output) => run.options.onErrorOutput?.(output),
    signal: run.signal,
  })
  if (problem !== undefined) await run.remark(`the shell ${problem}`)
}

/** `lumask` holds for what the shell makes, too; Node cannot set a child's mask. */
const masked = (mask: number, words: readonly string[]): string[] => [
  '/bin/sh',
  '-c',
  'umask "$1" && shift && exec "$@"',
  'sh',
  mask.toString(8),
  ...words,
]
