import { Command } from 'commander'
import type { CommandContext } from './context.ts'
import { scriptsCreateCommand } from './scripts-create.ts'
import { scriptsDeleteCommand } from './scripts-delete.ts'
import { scriptsEditCommand } from './scripts-edit.ts'
import { scriptsListCommand } from './scripts-list.ts'
import { scriptsShowCommand } from './scripts-show.ts'

export function scriptsCommand(context: CommandContext): Command {
  return new Command('scripts')
    .description('look after the stored scripts by hand')
    .addCommand(scriptsListCommand(context))
    .addCommand(scriptsShowCommand(context))
    .addCommand(scriptsCreateCommand(context))
    .addCommand(scriptsEditCommand(context))
    .addCommand(scriptsDeleteCommand(context))
}
