import { Command } from 'commander'
import { FerryError } from '../errors/ferry-error.ts'
import { counted } from '../model/counted.ts'
import { stateProblems } from '../state/state-problems.ts'
import type { CommandContext } from './context.ts'
import { stateDocument, stateSummary } from './state-document.ts'

export function stateCheckCommand(context: CommandContext): Command {
  return new Command('check')
    .description('read the whole state and say what is amiss with it')
    .addHelpText('after', 'Examples: ferry state check\nExit codes: 11 something is amiss, or it cannot be read')
    .action(() => runStateCheck(context))
}

async function runStateCheck({ io, store: open }: CommandContext): Promise<void> {
  const store = await open()
  const state = await store.read()
  const problems = await stateProblems(store, state)
  const [first] = problems
  await io.result({ ok: first === undefined, ...stateDocument(store, state), problems }, [
    ...problems,
    ...(first === undefined ? [`${store.location}: sound (${stateSummary(state)})`] : []),
  ])
  if (first === undefined) return
  throw new FerryError('state_failed', `state check ${store.location}: ${counted(problems.length, 'problem')}`)
}
