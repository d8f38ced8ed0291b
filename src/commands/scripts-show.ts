import { Command } from 'commander'
import { storedScript } from '../api/stored-objects.ts'
import type { Script } from '../model/script.ts'
import type { Stored } from '../model/state.ts'
import { placeText } from './connection-document.ts'
import type { CommandContext } from './context.ts'
import { parametersText, scriptDocument, scriptSize } from './script-document.ts'
import { scriptName } from './script-flags.ts'

export function scriptsShowCommand(context: CommandContext): Command {
  return new Command('show')
    .description('show a stored script and its text')
    .argument('<name>')
    .addHelpText(
      'after',
      'Examples: ferry scripts show nightly; ferry scripts show nightly --json | jq -r .body\nExit codes: 12 no such script',
    )
    .action((name: string) => runScriptsShow(context, name))
}

async function runScriptsShow({ io, store }: CommandContext, name: string): Promise<void> {
  const stored = storedScript(await (await store()).read(), scriptName(name))
  const { body } = stored.value
  if (io.json) return io.result({ ...scriptDocument(stored), body })
  await io.table([], rows(stored))
  await io.result(undefined, ['', ...body.replace(/\n$/, '').split('\n')])
}

function rows({ value, origin }: Stored<Script>): string[][] {
  const { name, sha256, parameters, description } = value
  const { owner, place } = origin
  return [
    ['name', name],
    ['size', String(scriptSize(value))],
    ['sha256', sha256],
    ...(parameters === undefined ? [] : [['parameters', parametersText(value)]]),
    ...(description === undefined ? [] : [['description', description]]),
    ...(owner === undefined ? [] : [['owner', owner]]),
    ...(place === undefined ? [] : [['declared', placeText(place)]]),
  ]
}
