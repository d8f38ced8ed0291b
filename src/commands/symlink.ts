import type { Command } from 'commander'
import type { ConnectionInput } from '../model/connection-input.ts'
import { createSymlink } from '../operations/create-link.ts'
import { type ConnectionFlags, connectionCommand, helpNotes, overrides } from './connection-command.ts'
import type { CommandContext } from './context.ts'

export interface SymlinkInput {
  readonly connection: ConnectionInput
  /** Stored in the link as it is written. */
  readonly target: string
  readonly link: string
}

export function symlinkCommand(context: CommandContext): Command {
  return connectionCommand('symlink')
    .description('create a symbolic link, in the order of ln -s; the target is stored as it is written')
    .argument('<target>')
    .argument('<link>')
    .addHelpText('after', helpNotes('ferry symlink bank releases/42 /www/current', '1 refused'))
    .action((address: string, target: string, link: string, flags: ConnectionFlags) =>
      runSymlink(context, { connection: { address, overrides: overrides(flags) }, target, link }),
    )
}

export async function runSymlink({ connect, io, signal }: CommandContext, input: SymlinkInput): Promise<void> {
  await using remote = await connect(input.connection, signal)
  const path = remote.resolve(input.link)
  await createSymlink(remote.session, input.target, path, { signal })
  io.note(1, `created link ${path} -> ${input.target}`)
  await io.result({ ok: true, path, target: input.target })
}
