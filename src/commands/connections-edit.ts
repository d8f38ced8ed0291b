import { Command } from 'commander'
import { editConnection, type FieldValues } from '../api/change-connections.ts'
import { storedConnection } from '../api/stored-objects.ts'
import { connectionDifferences } from '../enmasse/differences.ts'
import { FerryError } from '../errors/ferry-error.ts'
import { fieldNamed, fields } from '../manifest/fields.ts'
import { connectionOf } from '../manifest/parse-field.ts'
import type { Connection } from '../model/connection.ts'
import { suggest } from '../model/suggest.ts'
import { collected } from './connection-command.ts'
import type { CommandContext } from './context.ts'
import { type FieldFlags, fieldOptions, type GivenField, givenFields } from './field-flags.ts'
import { askedValues, writtenValues } from './field-values.ts'
import { answerChange } from './hand-made-change.ts'

interface ConnectionsEditInput {
  readonly name: string
  readonly given: readonly GivenField[]
  /** Names of fields that return to their defaults. */
  readonly unset: readonly string[]
}

export function connectionsEditCommand(context: CommandContext): Command {
  const command = new Command('edit')
    .description('change fields of a stored connection')
    .argument('<name>')
    .option('--unset <field>', 'return a field to its default (repeatable)', collected)
    .addHelpText(
      'after',
      'Examples: ferry connections edit bank --timeout 1m --unset port; ferry connections edit bank --password\nExit codes: 11 the state is locked, 12 no such connection',
    )
    .action((name: string, { unset, ...flags }: FieldFlags & { readonly unset?: readonly string[] }) =>
      runConnectionsEdit(context, { name, given: givenFields(flags), unset: unset ?? [] }),
    )
  for (const option of fieldOptions()) command.addOption(option)
  return command
}

async function runConnectionsEdit(context: CommandContext, input: ConnectionsEditInput): Promise<void> {
  const { name, given } = input
  const unset = unsetFields(input)
  if (given.length + unset.length === 0) {
    throw new FerryError('usage', `edit connection "${name}": nothing to change`, {
      hint: 'ferry connections edit --help lists the fields',
    })
  }
  const written = writtenValues(given)
  const valuesFor = (connection: Connection, values: FieldValues): FieldValues =>
    Object.fromEntries(Object.entries({ ...connection, ...values }).filter(([field]) => !unset.includes(field)))
  const store = await context.store()
  // All that can be wrong is found before a person is asked for a secret.
  const before = storedConnection(await store.read(), name)
  connectionOf(valuesFor(before.value, written))
  const values = { ...written, ...(await askedValues(context, name, given)) }
  const { environment } = context
  const state = await editConnection({ store, environment }, name, (connection) => valuesFor(connection, values))
  const after = storedConnection(state, name)
  const changed = connectionDifferences(before.value, after.value, () => undefined).map((change) => change.name)
  if (changed.length > 0)
    context.io.note(1, `changed connection ${name}: ${changed.join(', ')} (state serial ${state.serial})`)
  await answerChange(
    context.io,
    { ok: true, name, changed, serial: state.serial },
    { connections: changed.length > 0 ? [after] : [] },
  )
}

function unsetFields({ name, given, unset }: ConnectionsEditInput): string[] {
  return unset.map((typed) => {
    const field = fieldNamed(typed.replaceAll('-', '_'))
    if (field === undefined) {
      const nearest = suggest(
        typed,
        fields.map((one) => one.name),
      )
      throw new FerryError('usage', `--unset: a connection has no field "${typed}"`, {
        hint: nearest === undefined ? 'ferry connections edit --help lists them' : `did you mean "${nearest}"?`,
      })
    }
    if (given.some((one) => one.field === field)) {
      throw new FerryError(
        'usage',
        `edit connection "${name}": ${field.flag} and --unset ${typed} contradict each other`,
      )
    }
    return field.name
  })
}
