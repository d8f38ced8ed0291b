import type { Command } from 'commander'
import type { ConnectionInput } from '../model/connection-input.ts'
import { remove } from '../operations/remove.ts'
import { type ConnectionFlags, connectionCommand, helpNotes, overrides } from './connection-command.ts'
import type { CommandContext } from './context.ts'
import { eachPath } from './paths.ts'

type Kind = 'file' | 'directory' | 'symlink'

export interface DeleteInput {
  readonly connection: ConnectionInput
  readonly paths: readonly string[]
  readonly recursive: boolean
  /** What each path must be. */
  readonly kind?: Kind
}

type Flags = ConnectionFlags & { readonly recursive?: boolean }

const recursion = ['-r, --recursive', 'a directory with all that is in it; links are never followed'] as const

export function deleteCommand(context: CommandContext): Command {
  return command(context, 'delete')
    .description('delete files, links and directories')
    .option(...recursion)
    .addHelpText(
      'after',
      `See also: ferry delete-file, ferry delete-directory, ferry delete-symlink\n${helpNotes('ferry delete bank old.csv; ferry delete -r bank /outgoing/2019', '1 refused, 3 some failed')}`,
    )
}

export function deleteFileCommand(context: CommandContext): Command {
  return command(context, 'delete-file', 'file')
    .description('delete files; an error when a path is of another kind')
    .addHelpText('after', helpNotes('ferry delete-file bank old.csv', '1 refused, 3 some failed'))
}

export function deleteDirectoryCommand(context: CommandContext): Command {
  return command(context, 'delete-directory', 'directory')
    .description('delete directories; an error when a path is of another kind')
    .option(...recursion)
    .addHelpText('after', helpNotes('ferry delete-directory bank /outgoing/2019', '1 refused, 3 some failed'))
}

export function deleteSymlinkCommand(context: CommandContext): Command {
  return command(context, 'delete-symlink', 'symlink')
    .description('delete symbolic links, not what they point to; an error when a path is of another kind')
    .addHelpText('after', helpNotes('ferry delete-symlink bank /www/current', '1 refused, 3 some failed'))
}

function command(context: CommandContext, name: string, kind?: Kind): Command {
  return connectionCommand(name)
    .argument('<path...>')
    .action((address: string, paths: readonly string[], flags: Flags) =>
      runDelete(context, {
        connection: { address, overrides: overrides(flags) },
        paths,
        recursive: flags.recursive ?? false,
        ...(kind !== undefined && { kind }),
      }),
    )
}

export async function runDelete(context: CommandContext, input: DeleteInput): Promise<void> {
  const { io, signal } = context
  const { recursive, kind } = input
  await using remote = await context.connect(input.connection, signal)
  await eachPath(
    context,
    `delete ${input.connection.address}`,
    input.paths,
    async (path) => {
      const resolved = remote.resolve(path)
      const options = { recursive, ...(kind !== undefined && { kind }), signal }
      const { deleted, failures } = await remove(remote.session, resolved, options)
      if (failures.length === 0) io.note(1, `deleted ${resolved}`)
      return { done: deleted, failures }
    },
    (deleted) => ({ paths: input.paths, deleted }),
  )
}
