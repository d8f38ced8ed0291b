import { Command } from 'commander'
import { copyState } from '../state/copy-state.ts'
import type { CommandContext } from './context.ts'
import { stateDocument, stateSummary } from './state-document.ts'

interface Flags {
  readonly force: boolean
}

const forceText = 'replace another state, or a newer one'
const exits = 'Exit codes: 11 another or a newer state is there, or it cannot be read or written'

export function statePushCommand(context: CommandContext): Command {
  return new Command('push')
    .description('copy the state to another store, a file or a postgres:// URL')
    .argument('<store>')
    .option('--force', forceText, false)
    .addHelpText(
      'after',
      `Examples: ferry state push 'postgres://ferry@db.example/ferry?sslmode=verify-full'\n${exits}`,
    )
    .action((location: string, flags: Flags) => runStateCopy(context, undefined, location, flags))
}

export function statePullCommand(context: CommandContext): Command {
  return new Command('pull')
    .description('copy the state of another store, a file or a postgres:// URL, here')
    .argument('<store>')
    .option('--force', forceText, false)
    .addHelpText(
      'after',
      `Examples: ferry state pull 'postgres://ferry@db.example/ferry?sslmode=verify-full'\n${exits}`,
    )
    .action((location: string, flags: Flags) => runStateCopy(context, location, undefined, flags))
}

/** Between the state that the flags name and another place. */
async function runStateCopy(
  { io, store }: CommandContext,
  source: string | undefined,
  destination: string | undefined,
  flags: Flags,
): Promise<void> {
  const [from, to] = [await store(source), await store(destination)]
  const state = await copyState(from, to, flags)
  const what = destination === undefined ? 'Pulled' : 'Pushed'
  await io.result({ ok: true, ...stateDocument(to, state) }, [`${what}: ${stateSummary(state)}`])
}
