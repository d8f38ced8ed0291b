import { Command } from 'commander'
import { setActive } from '../api/change-connections.ts'
import { storedConnection } from '../api/stored-objects.ts'
import type { CommandContext } from './context.ts'
import { answerChange } from './hand-made-change.ts'

interface ConnectionsEnableInput {
  readonly names: readonly string[]
  readonly active: boolean
}

export function connectionsEnableCommand(context: CommandContext): Command {
  return new Command('enable')
    .description('let stored connections be used')
    .argument('<name...>')
    .addHelpText(
      'after',
      'Examples: ferry connections enable bank\nExit codes: 11 the state is locked, 12 no such connection',
    )
    .action((names: readonly string[]) => runConnectionsEnable(context, { names, active: true }))
}

export function connectionsDisableCommand(context: CommandContext): Command {
  return new Command('disable')
    .description('refuse every use of stored connections, and keep them')
    .argument('<name...>')
    .addHelpText(
      'after',
      'Examples: ferry connections disable bank\nExit codes: 11 the state is locked, 12 no such connection',
    )
    .action((names: readonly string[]) => runConnectionsEnable(context, { names, active: false }))
}

async function runConnectionsEnable(
  { io, store }: CommandContext,
  { names, active }: ConnectionsEnableInput,
): Promise<void> {
  const { state, changed } = await setActive({ store: await store() }, names, active)
  for (const name of changed)
    io.note(1, `${active ? 'enabled' : 'disabled'} connection ${name} (state serial ${state.serial})`)
  await answerChange(
    io,
    { ok: true, names, active, changed, serial: state.serial },
    { connections: changed.map((name) => storedConnection(state, name)) },
  )
}
