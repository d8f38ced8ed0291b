import { Command } from 'commander'
import { storedConnection } from '../api/stored-objects.ts'
import { FerryError, type Place } from '../errors/ferry-error.ts'
import { type Connection, isSecretField } from '../model/connection.ts'
import type { ConnectionInput } from '../model/connection-input.ts'
import { shownPath } from '../model/home.ts'
import { type StoredSecret, sensitive } from '../model/secret.ts'
import type { Stored } from '../model/state.ts'
import { referenceText } from '../secrets/open-secret.ts'
import { type ConnectionFlags, overrides, settingOptions } from './connection-command.ts'
import { connectionDocument, placeText, setFields } from './connection-document.ts'
import type { CommandContext } from './context.ts'
import { fieldText } from './field-text.ts'

export function connectionsShowCommand(context: CommandContext): Command {
  const command = new Command('show')
    .description('show what is set of a stored connection, and where')
    .argument('<name>')
    .option('--resolved', 'every effective setting, also of an address, with the connection flags', false)
    .addHelpText(
      'after',
      'Examples: ferry connections show bank; ferry connections show bank --resolved -P 2222\nExit codes: 12 no such connection',
    )
    .action((name: string, { resolved, ...flags }: ConnectionFlags & { readonly resolved: boolean }) => {
      if (resolved) return runConnectionsShowResolved(context, { address: name, overrides: overrides(flags) })
      const [unused] = Object.keys(overrides(flags)).filter((one) => one !== 'logLevel' && one !== 'timeoutMs')
      if (unused === undefined) return runConnectionsShow(context, name)
      throw new FerryError('usage', `show connection "${name}": connection flags change only what --resolved shows`)
    })
  for (const option of settingOptions()) command.addOption(option.hideHelp())
  return command
}

async function runConnectionsShowResolved(context: CommandContext, input: ConnectionInput): Promise<void> {
  const { effectiveSettings } = await import('../api/effective-settings.ts')
  const settings = await effectiveSettings(input, context)
  if (context.io.json) return context.io.result({ name: input.address, settings })
  const rows = settings.map(({ name, value, source, place, reference }) => {
    const said = [
      source,
      ...(place === undefined ? [] : [shownPlace(place, context)]),
      ...(reference === undefined ? [] : [reference]),
    ]
    return [name, typeof value === 'string' ? value : value.join(' '), said.join(', ')]
  })
  await context.io.table([], rows)
}

async function runConnectionsShow(context: CommandContext, name: string): Promise<void> {
  const { io, store } = context
  const stored = storedConnection(await (await store()).read(), name)
  if (io.json) return io.result(connectionDocument(stored))
  await io.table([], rows(stored, context))
}

const shownPlace = (place: Place, { environment }: CommandContext): string =>
  shownPath(placeText(place), environment['HOME'] ?? '')

function rows({ value, origin }: Stored<Connection>, context: CommandContext): string[][] {
  const place = (field: string): string => {
    const at = origin.fields?.get(field)
    return at === undefined ? '' : shownPlace(at, context)
  }
  const { owner, place: declared } = origin
  const whole = declared === undefined ? '' : shownPlace(declared, context)
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
