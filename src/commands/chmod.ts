import type { Command } from 'commander'
import type { ConnectionInput } from '../model/connection-input.ts'
import { parseMode } from '../model/mode.ts'
import { changeMode } from '../operations/change-mode.ts'
import { type ConnectionFlags, connectionCommand, helpNotes, overrides } from './connection-command.ts'
import type { CommandContext } from './context.ts'
import { eachPath } from './paths.ts'

export interface ChmodInput {
  readonly connection: ConnectionInput
  /** As chmod(1) takes it. */
  readonly mode: string
  readonly paths: readonly string[]
  readonly recursive: boolean
}

export function chmodCommand(context: CommandContext): Command {
  return connectionCommand('chmod')
    .description('change permissions: octal, or symbolic as u+x,g-w')
    .argument('<mode>')
    .argument('<path...>')
    .option('-R, --recursive', 'a directory with all that is in it; links are never followed', false)
    .addHelpText(
      'after',
      helpNotes('ferry chmod bank 0640 invoices.csv; ferry chmod -R bank g+rX /outgoing', '1 refused, 3 some failed'),
    )
    .action(
      (address: string, mode: string, paths: string[], flags: ConnectionFlags & { readonly recursive: boolean }) =>
        runChmod(context, {
          connection: { address, overrides: overrides(flags) },
          mode,
          paths,
          recursive: flags.recursive,
        }),
    )
}

export async function runChmod(context: CommandContext, input: ChmodInput): Promise<void> {
  const { io, signal } = context
  const { mode, paths, recursive } = input
  const change = parseMode(mode)
  await using remote = await context.connect(input.connection, signal)
  await eachPath(
    context,
    `chmod ${input.connection.address}`,
    paths,
    async (path) => {
      const resolved = remote.resolve(path)
      const { changed, failures } = await changeMode(remote.session, resolved, change, { recursive, signal })
      if (failures.length === 0) io.note(1, `changed the mode of ${resolved} (${mode})`)
      return { done: changed, failures }
    },
    (changed) => ({ mode, paths, changed }),
  )
}
