import { Command } from 'commander'
import { editScript } from '../api/change-scripts.ts'
import { storedScript } from '../api/stored-objects.ts'
import { scriptDifferences } from '../enmasse/differences.ts'
import { FerryError } from '../errors/ferry-error.ts'
import type { Script } from '../model/script.ts'
import { collected } from './connection-command.ts'
import type { CommandContext } from './context.ts'
import { answerChange } from './hand-made-change.ts'
import { type GivenScript, givenBody, givenParameters, scriptFlags, scriptName } from './script-flags.ts'

interface ScriptsEditInput extends GivenScript {
  readonly name: string
  readonly unset?: readonly string[]
}

const removable = ['parameters', 'description'] as const

export function scriptsEditCommand(context: CommandContext): Command {
  return scriptFlags(new Command('edit'))
    .description('change a stored script: its text, its parameters as a whole, its description')
    .option('--unset <field>', 'remove the parameters or the description (repeatable)', collected)
    .addHelpText(
      'after',
      'Examples: ferry scripts edit nightly nightly.sftp; ferry scripts edit nightly --unset description\nExit codes: 11 the state is locked, 12 no such script',
    )
    .action((name: string, source: string | undefined, flags: GivenScript & { readonly unset?: readonly string[] }) =>
      runScriptsEdit(context, { ...flags, name, ...(source !== undefined && { source }) }),
    )
}

async function runScriptsEdit(context: CommandContext, input: ScriptsEditInput): Promise<void> {
  assertPossible(input)
  const store = await context.store()
  const name = scriptName(input.name)
  const before = storedScript(await store.read(), name)
  const body = await givenBody(context, input)
  const parameters = givenParameters(input)
  const { description } = input
  const state = await editScript({ store }, name, (script) => ({
    ...without(script, input.unset),
    ...(body !== undefined && { body }),
    ...(parameters !== undefined && { parameters }),
    ...(description !== undefined && { description }),
  }))
  const { serial } = state
  const after = storedScript(state, name)
  const changed = scriptDifferences(before.value, after.value).map((one) => one.name)
  if (changed.length > 0) context.io.note(1, `changed script ${name}: ${changed.join(', ')} (state serial ${serial})`)
  await answerChange(context.io, { ok: true, name, changed, serial }, { scripts: changed.length > 0 ? [after] : [] })
}

function assertPossible({ name, source, body, parameter, description, unset = [] }: ScriptsEditInput): void {
  const unknown = unset.find((field) => !removable.some((one) => one === field))
  if (unknown !== undefined) {
    throw new FerryError('usage', `--unset: "${unknown}" cannot be removed from a script`, {
      hint: `only ${removable.join(' and ')} can`,
    })
  }
  const contradicts =
    (parameter !== undefined && unset.includes('parameters')) ||
    (description !== undefined && unset.includes('description'))
  if (contradicts) throw new FerryError('usage', `edit script "${name}": set and --unset contradict each other`)
  if ([source, body, parameter, description].every((one) => one === undefined) && unset.length === 0) {
    throw new FerryError('usage', `edit script "${name}": nothing to change`, {
      hint: `ferry scripts edit ${name} <file>, --body, --parameter, --description or --unset`,
    })
  }
}

function without({ parameters, description, ...script }: Script, unset: readonly string[] = []): Script {
  return {
    ...script,
    ...(parameters !== undefined && !unset.includes('parameters') && { parameters }),
    ...(description !== undefined && !unset.includes('description') && { description }),
  }
}
