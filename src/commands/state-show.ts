import { Command } from 'commander'
import type { CommandContext } from './context.ts'
import { stateDocument } from './state-document.ts'

export function stateShowCommand(context: CommandContext): Command {
  return new Command('show')
    .description('show where the state is, its lineage and serial, and how much it holds')
    .addHelpText(
      'after',
      'Examples: ferry state show; ferry state show --json | jq .serial\nExit codes: 11 it cannot be read',
    )
    .action(() => runStateShow(context))
}

async function runStateShow({ io, store: open }: CommandContext): Promise<void> {
  const store = await open()
  const document = stateDocument(store, await store.read())
  if (io.json) return io.result(document)
  await io.table(
    [],
    Object.entries(document).map(([name, value]) => [name, String(value)]),
  )
}
