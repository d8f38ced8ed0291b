import type { Command } from 'commander'
import type { ConnectionInput } from '../model/connection-input.ts'
import { changeOwner } from '../operations/change-owner.ts'
import { type OwnerChange, parseOwner } from '../operations/remote-ids.ts'
import { type ConnectionFlags, connectionCommand, helpNotes, overrides } from './connection-command.ts'
import type { CommandContext } from './context.ts'
import { eachPath } from './paths.ts'

export interface ChownInput {
  readonly connection: ConnectionInput
  /** Names or numbers; what is absent stays as it is. */
  readonly ownership: OwnerChange
  readonly paths: readonly string[]
  readonly recursive: boolean
  /** Change a link itself and not what it points to. */
  readonly noFollow: boolean
}

type Flags = ConnectionFlags & { readonly recursive: boolean; readonly dereference: boolean }

export function chownCommand(context: CommandContext): Command {
  return command(context, 'chown', '<owner[:group]>', parseOwner)
    .description('change the owner, and the group after a colon: names of the server, or numbers')
    .addHelpText(
      'after',
      helpNotes('ferry chown bank deploy:www-data /www; ferry chown -R bank 1000 /home/deploy', exits),
    )
}

export function chgrpCommand(context: CommandContext): Command {
  return command(context, 'chgrp', '<group>', (group) => ({ group }))
    .description('change the group: a name of the server, or a number')
    .addHelpText('after', helpNotes('ferry chgrp -R bank www-data /www', exits))
}

const exits = '1 refused, 3 some failed'

function command(
  context: CommandContext,
  name: string,
  argument: string,
  parse: (text: string) => OwnerChange,
): Command {
  return connectionCommand(name)
    .argument(argument)
    .argument('<path...>')
    .option('-R, --recursive', 'a directory with all that is in it; links are never followed', false)
    .option('-h, --no-dereference', 'a link itself, not what it points to')
    .action((address: string, text: string, paths: readonly string[], flags: Flags) =>
      runChown(
        context,
        {
          connection: { address, overrides: overrides(flags) },
          ownership: parse(text),
          paths,
          recursive: flags.recursive,
          noFollow: !flags.dereference,
        },
        name,
      ),
    )
}

export async function runChown(context: CommandContext, input: ChownInput, act = 'chown'): Promise<void> {
  const { io, signal } = context
  const { ownership, paths, recursive, noFollow } = input
  await using remote = await context.connect(input.connection, signal)
  await eachPath(
    context,
    `${act} ${input.connection.address}`,
    paths,
    async (path) => {
      const resolved = remote.resolve(path)
      const options = { recursive, noFollow, signal }
      const { changed, failures } = await changeOwner(remote.session, resolved, ownership, options)
      if (failures.length === 0)
        io.note(1, `changed the ${ownership.owner === undefined ? 'group' : 'owner'} of ${resolved}`)
      return { done: changed, failures }
    },
    (changed) => ({ ...ownership, paths, changed }),
  )
}
