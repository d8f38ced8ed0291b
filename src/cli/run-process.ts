import { FerryError } from '../errors/ferry-error.ts'
import { endProcessNow } from './end-process.ts'
import { exactArguments } from './exact-arguments.ts'
import { runProgram } from './program.ts'
import { keepYoungGeneration } from './young-generation.ts'

export interface EndedProcess {
  readonly status: number
  /** Which command it was, where it came that far. */
  readonly act?: string
}

/** Runs a command line with this process's streams, environment and signals. */
export async function runProcess(args: readonly string[]): Promise<EndedProcess> {
  let act: string | undefined
  const status = await runProgram(exactArguments(args), {
    streams: process,
    // A copy: each look at the process's own is a call into Node.
    environment: { ...process.env },
    now: () => new Date(),
    onSignal(listener) {
      for (const name of ['SIGINT', 'SIGTERM'] as const) process.on(name, () => listener(name))
    },
    onUncaught(listener) {
      process.on('uncaughtException', listener)
      process.on('beforeExit', () => listener(new FerryError('bug', 'a bug in ferry: the work stopped before its end')))
    },
    onAct(name) {
      act = name
    },
    sparesMemory: keepYoungGeneration,
    exit: endProcessNow,
  })
  return { status, ...(act !== undefined && { act }) }
}
