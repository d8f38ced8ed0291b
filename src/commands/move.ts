import type { Command } from 'commander'
import type { ConnectionInput } from '../model/connection-input.ts'
import { move } from '../operations/move.ts'
import { type ConnectionFlags, connectionCommand, helpNotes, overrides } from './connection-command.ts'
import type { CommandContext } from './context.ts'

export interface MoveInput {
  readonly connection: ConnectionInput
  readonly from: string
  readonly to: string
  readonly force: boolean
}

export function moveCommand(context: CommandContext): Command {
  return connectionCommand('move')
    .description('move a file or directory on the server, into the target if that is a directory')
    .argument('<from>')
    .argument('<to>')
    .option('--force', 'replace an existing target in one step', false)
    .addHelpText('after', helpNotes('ferry move bank invoices.csv done', '1 refused or the target exists'))
    .action((address: string, from: string, to: string, flags: ConnectionFlags & { readonly force: boolean }) =>
      runMove(context, { connection: { address, overrides: overrides(flags) }, from, to, force: flags.force }),
    )
}

export async function runMove({ connect, io, signal }: CommandContext, input: MoveInput): Promise<void> {
  await using remote = await connect(input.connection, signal)
  const from = remote.resolve(input.from)
  const to = await move(remote.session, from, remote.resolve(input.to), { force: input.force, signal })
  io.note(1, `moved ${from} -> ${to}`)
  await io.result({ ok: true, from, to })
}
