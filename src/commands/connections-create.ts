import { Command } from 'commander'
import { assertFree, createConnection } from '../api/change-connections.ts'
import { FerryError } from '../errors/ferry-error.ts'
import { connectionOf } from '../manifest/parse-field.ts'
import { nameProblem } from '../model/connection.ts'
import type { CommandContext } from './context.ts'
import { type FieldFlags, fieldOptions, type GivenField, givenFields } from './field-flags.ts'
import { askedValues, writtenValues } from './field-values.ts'

interface ConnectionsCreateInput {
  readonly name: string
  readonly given: readonly GivenField[]
}

export function connectionsCreateCommand(context: CommandContext): Command {
  const command = new Command('create')
    .description('store a new connection')
    .argument('<name>')
    .addHelpText(
      'after',
      'Examples: ferry connections create bank --host 192.0.2.10 --username deploy --password env:BANK_PASSWORD\nExit codes: 1 there is one of that name, 11 the state is locked',
    )
    .action((name: string, flags: FieldFlags) => runConnectionsCreate(context, { name, given: givenFields(flags) }))
  for (const option of fieldOptions()) command.addOption(option)
  return command
}

async function runConnectionsCreate(context: CommandContext, input: ConnectionsCreateInput): Promise<void> {
  const { name, given } = input
  const problem = nameProblem(name)
  if (problem !== undefined) throw new FerryError('usage', `create connection "${name}": ${problem}`)
  const written = { name, ...writtenValues(given) }
  // All that can be wrong is found before a person is asked for a secret.
  connectionOf(written)
  const store = await context.store()
  assertFree(await store.read(), name)
  const asked = await askedValues(context, name, given)
  const { environment } = context
  const { serial } = await createConnection({ store, environment }, name, { ...written, ...asked })
  context.io.note(1, `created connection ${name} (state serial ${serial})`)
  await context.io.result({ ok: true, name, serial })
}
