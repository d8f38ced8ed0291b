import { Command } from 'commander'
import type { CommandContext } from './context.ts'
import { stateBackupCommand, stateRestoreCommand } from './state-backup.ts'
import { stateCheckCommand } from './state-check.ts'
import { statePullCommand, statePushCommand } from './state-copy.ts'
import { stateShowCommand } from './state-show.ts'

export function stateCommand(context: CommandContext): Command {
  return new Command('state')
    .description('look after the state: what it is, whether it is sound, copies of it')
    .addCommand(stateShowCommand(context))
    .addCommand(stateCheckCommand(context))
    .addCommand(stateBackupCommand(context))
    .addCommand(stateRestoreCommand(context))
    .addCommand(statePushCommand(context))
    .addCommand(statePullCommand(context))
}
