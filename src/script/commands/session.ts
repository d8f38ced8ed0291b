import { helpText } from '../grammar.ts'
import type { Interpreter } from '../interpreter.ts'

export async function help(run: Interpreter): Promise<void> {
  await run.print(helpText())
}

/** The one version that a session speaks. */
export async function version(run: Interpreter): Promise<void> {
  await run.print('SFTP protocol version 3\n')
}

/** Without a terminal there is no meter to show; the state is kept and told, as in sftp. */
export async function progress(run: Interpreter): Promise<void> {
  run.showsProgress = !run.showsProgress
  await run.print(`Progress meter ${run.showsProgress ? 'enabled' : 'disabled'}\n`)
}

export async function quit(run: Interpreter): Promise<void> {
  run.isOver = true
}
