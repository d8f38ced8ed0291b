import { Command } from 'commander'
import { renameConnection } from '../api/change-connections.ts'
import { storedConnection } from '../api/stored-objects.ts'
import type { CommandContext } from './context.ts'
import { answerChange } from './hand-made-change.ts'

interface ConnectionsRenameInput {
  readonly from: string
  readonly to: string
}

export function connectionsRenameCommand(context: CommandContext): Command {
  return new Command('rename')
    .description('give a stored connection another name')
    .argument('<name>')
    .argument('<new-name>')
    .addHelpText(
      'after',
      'Examples: ferry connections rename bank bank-eu\nExit codes: 1 the new name is taken, 11 the state is locked, 12 no such connection',
    )
    .action((from: string, to: string) => runConnectionsRename(context, { from, to }))
}

async function runConnectionsRename(context: CommandContext, { from, to }: ConnectionsRenameInput): Promise<void> {
  const state = await renameConnection({ store: await context.store() }, from, to)
  const { serial } = state
  context.io.note(1, `renamed connection ${from} -> ${to} (state serial ${serial})`)
  await answerChange(
    context.io,
    { ok: true, from, to, serial },
    { connections: from === to ? [] : [storedConnection(state, to)] },
  )
}
