import { Command } from 'commander'
import { storedConnection } from '../api/stored-objects.ts'
import { withObject } from '../enmasse/edit.ts'
import { FerryError } from '../errors/ferry-error.ts'
import { nameProblem } from '../model/connection.ts'
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
  const problem = nameProblem(to)
  if (problem !== undefined) throw new FerryError('usage', `rename connection "${from}" to "${to}": ${problem}`)
  const store = await context.store()
  const state = await store.update((current) => {
    const { value, origin } = storedConnection(current, from)
    if (from !== to && current.connections.has(to)) {
      throw new FerryError('already_exists', `rename connection "${from}": there is a "${to}" already`, {
        connection: from,
      })
    }
    return { ...current, connections: withObject(current.connections, { value: { ...value, name: to }, origin }, from) }
  })
  const { serial } = state
  context.io.note(1, `renamed connection ${from} -> ${to} (state serial ${serial})`)
  await answerChange(
    context.io,
    { ok: true, from, to, serial },
    { connections: from === to ? [] : [storedConnection(state, to)] },
  )
}
