import { Command } from 'commander'
import { deleteConnections } from '../api/change-connections.ts'
import type { CommandContext } from './context.ts'
import { warnOfOwner } from './hand-made-change.ts'

export function connectionsDeleteCommand(context: CommandContext): Command {
  return new Command('delete')
    .description('delete stored connections: all of them, or none where one is unknown')
    .argument('<name...>')
    .addHelpText(
      'after',
      'Examples: ferry connections delete bank\nExit codes: 11 the state is locked, 12 no such connection',
    )
    .action((names: readonly string[]) => runConnectionsDelete(context, names))
}

async function runConnectionsDelete({ io, store }: CommandContext, names: readonly string[]): Promise<void> {
  const { state, deleted } = await deleteConnections({ store: await store() }, names)
  const { serial } = state
  for (const [name, object] of deleted) {
    io.note(1, `deleted connection ${name} (state serial ${serial})`)
    warnOfOwner(io, 'connection', object, 'remove it there too')
  }
  await io.result({ ok: true, names: [...deleted.keys()], serial })
}
