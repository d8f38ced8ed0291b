import { Command } from 'commander'
import { createScript } from '../api/change-scripts.ts'
import { storedScript } from '../api/stored-objects.ts'
import { FerryError } from '../errors/ferry-error.ts'
import { nameProblem } from '../model/connection.ts'
import type { CommandContext } from './context.ts'
import { type GivenScript, givenBody, givenParameters, scriptFlags } from './script-flags.ts'

interface ScriptsCreateInput extends GivenScript {
  readonly name: string
}

export function scriptsCreateCommand(context: CommandContext): Command {
  return scriptFlags(new Command('create'))
    .description('store a new script')
    .addHelpText(
      'after',
      'Examples: ferry scripts create nightly nightly.sftp --parameter day; ferry scripts create tidy --body "-rm *.tmp"\nExit codes: 1 there is one of that name, 11 the state is locked',
    )
    .action((name: string, source: string | undefined, flags: GivenScript) =>
      runScriptsCreate(context, { ...flags, name, ...(source !== undefined && { source }) }),
    )
}

async function runScriptsCreate(context: CommandContext, input: ScriptsCreateInput): Promise<void> {
  const { name, description } = input
  const problem = nameProblem(name)
  if (problem !== undefined) throw new FerryError('usage', `create script "${name}": ${problem}`)
  const parameters = givenParameters(input)
  const body = await givenBody(context, input)
  if (body === undefined) {
    throw new FerryError('usage', `create script "${name}": there is no text`, {
      hint: `ferry scripts create ${name} <file>, - for standard input, or --body`,
    })
  }
  const state = await createScript({ store: await context.store() }, name, {
    body,
    ...(parameters !== undefined && { parameters }),
    ...(description !== undefined && { description }),
  })
  const { serial } = state
  context.io.note(1, `created script ${name} (state serial ${serial})`)
  await context.io.result({ ok: true, name, sha256: storedScript(state, name).value.sha256, serial })
}
