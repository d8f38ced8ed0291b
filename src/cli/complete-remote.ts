import type { CommandContext } from '../commands/context.ts'
import { isDirectory } from '../model/attributes.ts'
import type { ConnectionInput } from '../model/connection-input.ts'
import { orAbort } from '../model/or-abort.ts'
import { listRemote } from '../script/remote-tree.ts'

/** Nobody waits longer for Tab. */
const patienceMs = 900

/** Paths on the server that a word may become, if they come in time. */
export async function remoteWords(
  context: CommandContext,
  connection: ConnectionInput,
  typed: string,
): Promise<readonly string[]> {
  const signal = AbortSignal.any([context.signal, AbortSignal.timeout(patienceMs)])
  // A program that gives a password may ask for another one, at a terminal that is being typed at.
  if (await hasCommandSecret(context, connection.address)) return []
  return orAbort(namesBelow(context, connection, typed, signal), signal).catch(() => [])
}

async function hasCommandSecret({ store }: CommandContext, address: string): Promise<boolean> {
  const { password, identity_passphrase: passphrase } =
    (await (await store()).read()).connections.get(address)?.value ?? {}
  return [password, passphrase].some((secret) => secret !== undefined && 'command' in secret)
}

async function namesBelow(
  { connect }: CommandContext,
  connection: ConnectionInput,
  typed: string,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const directory = typed.slice(0, typed.lastIndexOf('/') + 1)
  const start = typed.slice(directory.length)
  await using remote = await connect(connection, signal)
  const place = directory === '' ? (remote.preferences.directory ?? '.') : remote.resolve(directory)
  const { entries } = await listRemote(remote.session, place, { signal })
  return entries
    .filter(({ name }) => start !== '' || !name.startsWith('.'))
    .map(({ name, attributes }) => `${directory}${name}${isDirectory(attributes) ? '/' : ''}`)
    .sort()
}
