import type { Command } from 'commander'
import { fileType } from '../model/attributes.ts'
import type { ConnectionInput } from '../model/connection-input.ts'
import type { Entry } from '../model/entry.ts'
import { octal, permissionText } from '../model/mode.ts'
import { info } from '../operations/info.ts'
import { type ConnectionFlags, connectionCommand, helpNotes, overrides } from './connection-command.ts'
import type { CommandContext } from './context.ts'
import { entryDocument, isoTime } from './entry-document.ts'

export interface InfoInput {
  readonly connection: ConnectionInput
  readonly path: string
  readonly follow: boolean
}

export function infoCommand(context: CommandContext): Command {
  return connectionCommand('info')
    .description('show the attributes of a path: type, size, owner, group, permissions, times')
    .argument('<path>')
    .option('-L, --follow', 'of what a link points to, instead of the link', false)
    .addHelpText(
      'after',
      helpNotes('ferry info bank invoices.csv; ferry info bank invoices.csv --json', '1 no such path'),
    )
    .action((address: string, path: string, flags: ConnectionFlags & { readonly follow: boolean }) =>
      runInfo(context, { connection: { address, overrides: overrides(flags) }, path, follow: flags.follow }),
    )
}

export async function runInfo({ connect, io, signal }: CommandContext, input: InfoInput): Promise<void> {
  await using remote = await connect(input.connection, signal)
  const entry = await info(remote.session, remote.resolve(input.path), { follow: input.follow, signal })
  if (!io.json) return io.table([], infoRows(entry))
  const { times } = entry.attributes
  await io.result({ ...entryDocument(entry), ...(times !== undefined && { accessed_at: isoTime(times.atime) }) })
}

function infoRows({ name, path, attributes, owner, group, target }: Entry): string[][] {
  const { size, permissions, times, owner: ids } = attributes
  return [
    ['name', name],
    ['path', path],
    ['type', fileType(attributes)],
    ...(target === undefined ? [] : [['target', target]]),
    ...(size === undefined ? [] : [['size', String(size)]]),
    ...(ids === undefined
      ? []
      : [
          ['owner', named(owner, ids.uid)],
          ['group', named(group, ids.gid)],
        ]),
    ...(permissions === undefined ? [] : [['permissions', `${permissionText(permissions)} (${octal(permissions)})`]]),
    ...(times === undefined
      ? []
      : [
          ['modified', localTime(times.mtime)],
          ['accessed', localTime(times.atime)],
        ]),
  ]
}

const named = (name: string | undefined, id: number): string => (name === undefined ? String(id) : `${name} (${id})`)

/** Local time for people: `2026-11-23 20:49:03`. */
function localTime(seconds: number): string {
  const at = new Date(seconds * 1000)
  const pad = (value: number): string => String(value).padStart(2, '0')
  return `${at.getFullYear()}-${pad(at.getMonth() + 1)}-${pad(at.getDate())} ${pad(at.getHours())}:${pad(at.getMinutes())}:${pad(at.getSeconds())}`
}
