import { Command } from 'commander'
import type { CommandContext } from './context.ts'
import { enmasseExportCommand } from './enmasse-export.ts'
import { enmasseImportCommand } from './enmasse-import.ts'
import { enmassePlanCommand } from './enmasse-plan.ts'
import { enmasseSchemaCommand } from './enmasse-schema.ts'
import { enmasseValidateCommand } from './enmasse-validate.ts'

export function enmasseCommand(context: CommandContext): Command {
  return new Command('enmasse')
    .description('connections and scripts as manifests')
    .addCommand(enmasseValidateCommand(context))
    .addCommand(enmassePlanCommand(context))
    .addCommand(enmasseImportCommand(context))
    .addCommand(enmasseExportCommand(context))
    .addCommand(enmasseSchemaCommand(context))
}
