import type { Command } from 'commander'
import type { ConnectionInput } from '../model/connection-input.ts'
import { rename } from '../operations/rename.ts'
import { type ConnectionFlags, connectionCommand, helpNotes, overrides } from './connection-command.ts'
import type { CommandContext } from './context.ts'

export interface RenameInput {
  readonly connection: ConnectionInput
  readonly from: string
  readonly to: string
  readonly force: boolean
}

export function renameCommand(context: CommandContext): Command {
  return connectionCommand('rename')
    .description("give a file or directory another name, by the protocol's plain rename")
    .argument('<from>')
    .argument('<to>')
    .option('--force', 'replace an existing target in one step (posix-rename)', false)
    .addHelpText('after', helpNotes('ferry rename bank invoices.part invoices.csv', '1 refused or the target exists'))
    .action((address: string, from: string, to: string, flags: ConnectionFlags & { readonly force: boolean }) =>
      runRename(context, { connection: { address, overrides: overrides(flags) }, from, to, force: flags.force }),
    )
}

export async function runRename({ connect, io, signal }: CommandContext, input: RenameInput): Promise<void> {
  await using remote = await connect(input.connection, signal)
  const from = remote.resolve(input.from)
  const to = remote.resolve(input.to)
  await rename(remote.session, from, to, { force: input.force, signal })
  io.note(1, `renamed ${from} -> ${to}`)
  await io.result({ ok: true, from, to })
}
