import type { CommandRun } from '../command-run.ts'
import { helpText } from '../grammar.ts'

export async function help(run: CommandRun): Promise<void> {
  await run.print(helpText())
}

/** The one version that a session speaks. */
export async function version(run: CommandRun): Promise<void> {
  await run.print('SFTP protocol version 3\n')
}

/** Where nobody shows a meter, the state is kept and told all the same, as in sftp. */
export async function progress(run: CommandRun): Promise<void> {
  const { state } = run
  state.showsProgress = !state.showsProgress
  await run.print(`Progress meter ${state.showsProgress ? 'enabled' : 'disabled'}\n`)
}

export async function quit(run: CommandRun): Promise<void> {
  run.state.isOver = true
}
