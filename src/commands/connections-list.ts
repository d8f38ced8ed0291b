import { Command } from 'commander'
import { compareNames } from '../model/byte-order.ts'
import type { Connection } from '../model/connection.ts'
import { isActive } from '../model/connection.ts'
import { connectionDocument } from './connection-document.ts'
import type { CommandContext } from './context.ts'

export function connectionsListCommand(context: CommandContext): Command {
  return new Command('list')
    .description('list the stored connections')
    .addHelpText('after', 'Examples: ferry connections list; ferry connections list --json | jq -r .[].host')
    .action(() => runConnectionsList(context))
}

async function runConnectionsList({ io, store }: CommandContext): Promise<void> {
  const { connections } = await (await store()).read()
  const sorted = [...connections.values()].sort((one, other) => compareNames(one.value.name, other.value.name))
  if (io.json) return io.result(sorted.map(connectionDocument))
  if (sorted.length === 0) return io.summary('no connections')
  await io.table(
    ['NAME', 'ADDRESS', 'TRANSPORT', 'STATUS'],
    sorted.map(({ value }) => [value.name, address(value), transport(value), isActive(value) ? 'active' : 'inactive']),
  )
}

/** As ssh takes it: `deploy@192.0.2.10`, with a port where that is not the usual one. */
function address({ host, port = 22, username }: Connection): string {
  const place = port === 22 ? host : `${host.includes(':') ? `[${host}]` : host}:${port}`
  return username === undefined ? place : `${username}@${place}`
}

const transport = ({ transport: name = 'auto' }: Connection): string => (name === 'auto' ? 'ssh' : name)
