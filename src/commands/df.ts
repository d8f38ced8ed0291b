import { type Command, Option } from 'commander'
import type { ConnectionInput } from '../model/connection-input.ts'
import { sizeText } from '../model/size.ts'
import { space } from '../operations/space.ts'
import { type ConnectionFlags, connectionCommand, helpNotes, overrides } from './connection-command.ts'
import type { CommandContext } from './context.ts'
import { startingPath } from './starting-path.ts'

export interface DfInput {
  readonly connection: ConnectionInput
  readonly path?: string
}

export function dfCommand(context: CommandContext): Command {
  return (
    connectionCommand('df')
      .description('show space and inodes of the file system that holds a path, where the server can say')
      .argument('[path]')
      // As typed by habit: sizes are for people without it.
      .addOption(new Option('-h').hideHelp())
      .addHelpText('after', helpNotes('ferry df bank; ferry df bank /outgoing --json', '1 the server cannot say'))
      .action((address: string, path: string | undefined, flags: ConnectionFlags) =>
        runDf(context, { connection: { address, overrides: overrides(flags) }, ...(path !== undefined && { path }) }),
      )
  )
}

export async function runDf({ connect, io, signal }: CommandContext, input: DfInput): Promise<void> {
  await using remote = await connect(input.connection, signal)
  const path = startingPath(remote, input.path)
  const { size, used, available, inodes, inodesUsed, inodesAvailable } = await space(remote.session, path, { signal })
  if (io.json) {
    await io.result({
      path,
      size,
      used,
      available,
      inodes,
      inodes_used: inodesUsed,
      inodes_available: inodesAvailable,
    })
    return
  }
  const heading = ['PATH', 'SIZE', 'USED', 'AVAILABLE', 'INODES', 'INODES USED', 'INODES AVAILABLE']
  const sizes = [size, used, available].map(sizeText)
  await io.table(heading, [[path, ...sizes, ...[inodes, inodesUsed, inodesAvailable].map(String)]], [1, 2, 3, 4, 5, 6])
}
