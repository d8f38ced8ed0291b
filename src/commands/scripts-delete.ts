import { Command } from 'commander'
import { storedScript } from '../api/stored-objects.ts'
import { withoutObjects } from '../enmasse/edit.ts'
import type { Script } from '../model/script.ts'
import type { Stored } from '../model/state.ts'
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
  const wanted = names.map(scriptName)
  const deleted = new Map<string, Stored<Script>>()
  const { serial } = await (await store()).update((state) => {
    for (const name of wanted) deleted.set(name, storedScript(state, name))
    return { ...state, scripts: withoutObjects(state.scripts, wanted) }
  })
  for (const [name, object] of deleted) {
    io.note(1, `deleted script ${name} (state serial ${serial})`)
    warnOfOwner(io, 'script', object, 'remove it there too')
  }
  await io.result({ ok: true, names: [...deleted.keys()], serial })
}
