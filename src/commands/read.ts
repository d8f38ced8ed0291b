import type { Command } from 'commander'
import type { ConnectionInput } from '../model/connection-input.ts'
import { readFile } from '../operations/read-file.ts'
import { type ConnectionFlags, connectionCommand, helpNotes, overrides } from './connection-command.ts'
import type { CommandContext } from './context.ts'

export interface ReadInput {
  readonly connection: ConnectionInput
  readonly path: string
}

export function readCommand(context: CommandContext): Command {
  return connectionCommand('read')
    .description("write a remote file's bytes to standard output")
    .argument('<remote>')
    .addHelpText('after', helpNotes('ferry read bank invoices.csv | head -1', '1 no such file or refused'))
    .action((address: string, path: string, flags: ConnectionFlags) =>
      runRead(context, { connection: { address, overrides: overrides(flags) }, path }),
    )
}

export async function runRead({ connect, io, signal }: CommandContext, input: ReadInput): Promise<void> {
  await using remote = await connect(input.connection, signal)
  const { bufferSize, requests } = remote.preferences
  const options = {
    ...(bufferSize !== undefined && { bufferSize }),
    ...(requests !== undefined && { requests }),
    signal,
  }
  for await (const bytes of readFile(remote.session, remote.resolve(input.path), options)) await io.bytes(bytes)
}
