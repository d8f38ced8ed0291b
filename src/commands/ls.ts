import { type Command, Option } from 'commander'
import { FerryError } from '../errors/ferry-error.ts'
import type { ConnectionInput } from '../model/connection-input.ts'
import { type ConnectionFlags, connectionCommand, helpNotes, overrides } from './connection-command.ts'
import type { CommandContext } from './context.ts'
import { expanded } from './expanded.ts'
import { type ListingView, listDirectory, listMatches, listTree } from './listings.ts'
import { startingPath } from './starting-path.ts'

export interface LsInput extends ListingView {
  readonly connection: ConnectionInput
  readonly path?: string
  readonly glob: boolean
  readonly recursive: boolean
}

type Flags = ConnectionFlags &
  Readonly<Record<'glob' | 'recursive' | 'all' | 'reverse' | 'long' | 'human' | 'null', boolean>>

export function lsCommand(context: CommandContext): Command {
  let order: LsInput['order'] = 'name'
  const command = connectionCommand('ls')
    .description('list a directory, one entry a line')
    .argument('[path]')
    .option('-l, --long', "sftp's long form: mode, owner, group, size, date, name", false)
    .option('-a, --all', 'also names that begin with a dot', false)
    .option('-t, --by-time', 'newest first')
    .option('-S, --by-size', 'largest first')
    .option('-r, --reverse', 'the other way round', false)
    .option('-h, --human', 'sizes of the long form with units', false)
    .option('-R, --recursive', 'all that is below, as it is found', false)
    .option('-0, --null', 'exact names, each ended by a NUL byte', false)
    .option('--glob', 'the path is a pattern', false)
    // As typed by habit: one entry a line is the only form.
    .addOption(new Option('-1').hideHelp())
    .addHelpText(
      'after',
      helpNotes("ferry ls bank /outgoing; ferry ls -lt bank; ferry ls bank --glob '/outgoing/*.csv'", '1 no such path'),
    )
    .action((address: string, path: string | undefined, flags: Flags) =>
      runLs(context, {
        connection: { address, overrides: overrides(flags) },
        ...(path !== undefined && { path }),
        glob: flags.glob,
        recursive: flags.recursive,
        all: flags.all,
        order,
        reverse: flags.reverse,
        long: flags.long,
        human: flags.human,
        nul: flags.null,
      }),
    )
  // As in sftp, the last of -t and -S counts.
  command.on('option:by-time', () => {
    order = 'time'
  })
  command.on('option:by-size', () => {
    order = 'size'
  })
  return command
}

export async function runLs(context: CommandContext, input: LsInput): Promise<void> {
  await using remote = await context.connect(input.connection, context.signal)
  context.sparesMemory()
  const { paths, refused } =
    input.glob && input.path !== undefined
      ? await expanded(remote, [input.path], context.signal)
      : { paths: [startingPath(remote, input.path)], refused: [] }
  for (const error of refused) context.io.problem(error)
  const [only] = paths
  const list = paths.length > 1 || only === undefined ? listMatches : input.recursive ? listTree : listDirectory
  const failed = refused.length + (await list(context, input, remote, paths))
  if (failed === 0) return
  const what = failed === 1 ? '1 entry' : `${failed} entries`
  throw new FerryError('partial', `ls ${input.connection.address}: ${what} could not be listed`)
}
