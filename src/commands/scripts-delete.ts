import { Command } from 'commander'
import { deleteScripts } from '../api/change-scripts.ts'
import type { CommandContext } from './context.ts'
import { warnOfOwner } from './hand-made-change.ts'
import { scriptName } from './script-flags.ts'

export function scriptsDeleteCommand(context: CommandContext): Command {
  return new Command('delete')
    .description('delete stored scripts: all of them, or none where one is unknown')
    .argument('<name...>')
    .addHelpText(
      'after',
      'Examples: ferry scripts delete nightly\nExit codes: 11 the state is locked, 12 no such script',
    )
    .action((names: readonly string[]) => runScriptsDelete(context, names))
}

async function runScriptsDelete({ io, store }: CommandContext, names: readonly string[]): Promise<void> {
  const { state, deleted } = await deleteScripts({ store: await store() }, names.map(scriptName))
  const { serial } = state
  for (const [name, object] of deleted) {
    io.note(1, `deleted script ${name} (state serial ${serial})`)
    warnOfOwner(io, 'script', object, 'remove it there too')
  }
  await io.result({ ok: true, names: [...deleted.keys()], serial })
}
