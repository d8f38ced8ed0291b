import { Command } from 'commander'
import schema from '../../schemas/manifest.schema.json' with { type: 'json' }
import type { CommandContext } from './context.ts'

export function enmasseSchemaCommand(context: CommandContext): Command {
  return new Command('schema')
    .description('print the JSON schema of manifests, for editors')
    .addHelpText('after', 'Examples: ferry enmasse schema > manifest.schema.json')
    .action(() => runEnmasseSchema(context))
}

export async function runEnmasseSchema({ io }: CommandContext): Promise<void> {
  await io.bytes(Buffer.from(`${JSON.stringify(schema, null, 2)}\n`))
}
