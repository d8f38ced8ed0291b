import { FerryError } from '../errors/ferry-error.ts'
import { exactArguments } from './exact-arguments.ts'
import { runProgram } from './program.ts'

/** Runs a command line with this process's streams, environment and signals, and ends the process with its exit status. */
export async function runProcess(args: readonly string[]): Promise<void> {
  const status = await runProgram(exactArguments(args), {
    streams: process,
    environment: process.env,
    now: () => new Date(),
    onSignal(listener) {
      for (const name of ['SIGINT', 'SIGTERM'] as const) process.on(name, () => listener(name))
    },
    onUncaught(listener) {
      process.on('uncaughtException', listener)
      process.on('beforeExit', () => listener(new FerryError('bug', 'a bug in ferry: the work stopped before its end')))
    },
    exit: (code) => process.exit(code),
  })
  // Nothing that is still open may keep the program waiting.
  process.exit(status)
}
