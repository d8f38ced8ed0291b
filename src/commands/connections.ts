import { Command } from 'commander'
import { connectionsCreateCommand } from './connections-create.ts'
import { connectionsDeleteCommand } from './connections-delete.ts'
import { connectionsEditCommand } from './connections-edit.ts'
import { connectionsDisableCommand, connectionsEnableCommand } from './connections-enable.ts'
import { connectionsListCommand } from './connections-list.ts'
import { connectionsRenameCommand } from './connections-rename.ts'
import { connectionsShowCommand } from './connections-show.ts'
import { connectionsTrustCommand } from './connections-trust.ts'
import type { CommandContext } from './context.ts'

export function connectionsCommand(context: CommandContext): Command {
  return new Command('connections')
    .description('look after the stored connections by hand')
    .addCommand(connectionsListCommand(context))
    .addCommand(connectionsShowCommand(context))
    .addCommand(connectionsTrustCommand(context))
    .addCommand(connectionsCreateCommand(context))
    .addCommand(connectionsEditCommand(context))
    .addCommand(connectionsRenameCommand(context))
    .addCommand(connectionsDeleteCommand(context))
    .addCommand(connectionsEnableCommand(context))
    .addCommand(connectionsDisableCommand(context))
}
