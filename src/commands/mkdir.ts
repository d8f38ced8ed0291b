import type { Command } from 'commander'
import type { ConnectionInput } from '../model/connection-input.ts'
import { parseMode } from '../model/mode.ts'
import { makeDirectory } from '../operations/make-directory.ts'
import { type ConnectionFlags, connectionCommand, helpNotes, overrides } from './connection-command.ts'
import type { CommandContext } from './context.ts'

export interface MkdirInput {
  readonly connection: ConnectionInput
  readonly path: string
  readonly parents: boolean
  readonly mode?: number
}

type Flags = ConnectionFlags & { readonly parents: boolean; readonly mode?: number }

/** A directory's mode as mkdir(1) takes it: symbolic changes start from 0777. */
const directoryMode = (text: string): number => parseMode(text)(0o777, true)

export function mkdirCommand(context: CommandContext): Command {
  return connectionCommand('mkdir')
    .description('create a remote directory')
    .argument('<path>')
    .option('-p, --parents', 'create missing parents; an existing directory is fine', false)
    .option('-m, --mode <mode>', 'permissions of the new directory, as for chmod', directoryMode)
    .addHelpText(
      'after',
      helpNotes('ferry mkdir bank /outgoing/done; ferry mkdir -p -m 0750 bank in/2026/11', '1 refused'),
    )
    .action((address: string, path: string, { mode, ...flags }: Flags) =>
      runMkdir(context, {
        connection: { address, overrides: overrides(flags) },
        path,
        parents: flags.parents,
        ...(mode !== undefined && { mode }),
      }),
    )
}

export async function runMkdir({ connect, io, signal }: CommandContext, input: MkdirInput): Promise<void> {
  await using remote = await connect(input.connection, signal)
  const path = remote.resolve(input.path)
  const { parents, mode } = input
  await makeDirectory(remote.session, path, { parents, ...(mode !== undefined && { mode }), signal })
  io.note(1, `created directory ${path}`)
  await io.result({ ok: true, path })
}
