import { Command } from 'commander'
import { storedConnection } from '../api/stored-objects.ts'
import { type Connection, isSecretField } from '../model/connection.ts'
import { type StoredSecret, sensitive } from '../model/secret.ts'
import type { Stored } from '../model/state.ts'
import { referenceText } from '../secrets/open-secret.ts'
import { connectionDocument, placeText, setFields } from './connection-document.ts'
import type { CommandContext } from './context.ts'
import { fieldText } from './field-text.ts'

export function connectionsShowCommand(context: CommandContext): Command {
  return new Command('show')
    .description('show what is set of a stored connection, and where')
    .argument('<name>')
    .addHelpText(
      'after',
      'Examples: ferry connections show bank; ferry connections show bank --json\nExit codes: 12 no such connection',
    )
    .action((name: string) => runConnectionsShow(context, name))
}

async function runConnectionsShow({ io, store }: CommandContext, name: string): Promise<void> {
  const stored = storedConnection(await (await store()).read(), name)
  if (io.json) return io.result(connectionDocument(stored))
  await io.table([], rows(stored))
}

function rows({ value, origin }: Stored<Connection>): string[][] {
  const place = (field: string): string => {
    const at = origin.fields?.get(field)
    return at === undefined ? '' : placeText(at)
  }
  const { owner, place: declared } = origin
  const whole = declared === undefined ? '' : placeText(declared)
  return [
    ['name', value.name, whole],
    ...setFields(value).map(([field, one]) => {
      if (!isSecretField(field)) return [field, fieldText(field, one), place(field)]
      const source = secretSource(value[field])
      return [field, sensitive, [source, place(field)].filter((part) => part !== '').join(', ')]
    }),
    ...(owner === undefined ? [] : [['owner', owner, '']]),
  ]
}

/** A reference is no secret, and tells where to look. */
function secretSource(secret: StoredSecret | undefined): string {
  if (secret === undefined) return ''
  return 'sealed' in secret ? 'sealed' : referenceText(secret)
}
