import { Command } from 'commander'
import { storedConnection } from '../api/stored-objects.ts'
import { withoutObjects } from '../enmasse/edit.ts'
import type { Connection } from '../model/connection.ts'
import type { Stored } from '../model/state.ts'
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
  const deleted = new Map<string, Stored<Connection>>()
  const { serial } = await (await store()).update((state) => {
    for (const name of names) deleted.set(name, storedConnection(state, name))
    return { ...state, connections: withoutObjects(state.connections, names) }
  })
  for (const [name, object] of deleted) {
    io.note(1, `deleted connection ${name} (state serial ${serial})`)
    warnOfOwner(io, 'connection', object, 'remove it there too')
  }
  await io.result({ ok: true, names: [...deleted.keys()], serial })
}
