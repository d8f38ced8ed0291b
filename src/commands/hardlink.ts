import type { Command } from 'commander'
import type { ConnectionInput } from '../model/connection-input.ts'
import { createHardlink } from '../operations/create-link.ts'
import { type ConnectionFlags, connectionCommand, helpNotes, overrides } from './connection-command.ts'
import type { CommandContext } from './context.ts'

export interface HardlinkInput {
  readonly connection: ConnectionInput
  readonly existing: string
  readonly link: string
}

export function hardlinkCommand(context: CommandContext): Command {
  return connectionCommand('hardlink')
    .description('create a hard link, in the order of ln')
    .argument('<existing>')
    .argument('<link>')
    .addHelpText('after', helpNotes('ferry hardlink bank report.csv archive/report.csv', '1 refused'))
    .action((address: string, existing: string, link: string, flags: ConnectionFlags) =>
      runHardlink(context, { connection: { address, overrides: overrides(flags) }, existing, link }),
    )
}

export async function runHardlink({ connect, io, signal }: CommandContext, input: HardlinkInput): Promise<void> {
  await using remote = await connect(input.connection, signal)
  const existing = remote.resolve(input.existing)
  const path = remote.resolve(input.link)
  await createHardlink(remote.session, existing, path, { signal })
  io.note(1, `created link ${path} to ${existing}`)
  await io.result({ ok: true, path, existing })
}
