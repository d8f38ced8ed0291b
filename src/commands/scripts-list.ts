import { Command } from 'commander'
import { compareNames } from '../model/byte-order.ts'
import type { CommandContext } from './context.ts'
import { parametersText, scriptDocument, scriptSize } from './script-document.ts'

export function scriptsListCommand(context: CommandContext): Command {
  return new Command('list')
    .description('list the stored scripts')
    .addHelpText('after', 'Examples: ferry scripts list; ferry scripts list --json | jq -r .[].name')
    .action(() => runScriptsList(context))
}

async function runScriptsList({ io, store }: CommandContext): Promise<void> {
  const { scripts } = await (await store()).read()
  const sorted = [...scripts.values()].sort((one, other) => compareNames(one.value.name, other.value.name))
  if (io.json) return io.result(sorted.map(scriptDocument))
  if (sorted.length === 0) return io.summary('no scripts')
  await io.table(
    ['NAME', 'SIZE', 'PARAMETERS'],
    sorted.map(({ value }) => [value.name, String(scriptSize(value)), parametersText(value)]),
    [1],
  )
}
