import type { Command } from 'commander'
import type { ConnectionInput } from '../model/connection-input.ts'
import { parseMode } from '../model/mode.ts'
import { encodeName } from '../model/name-bytes.ts'
import { writeFile } from '../operations/write-file.ts'
import { type ConnectionFlags, connectionCommand, helpNotes, overrides } from './connection-command.ts'
import type { CommandContext } from './context.ts'
import { standardInput } from './standard-input.ts'

export interface WriteInput {
  readonly connection: ConnectionInput
  readonly path: string
  /** Absent: what comes on standard input. */
  readonly text?: string
  readonly mode?: number
  readonly append: boolean
  readonly overwrite: boolean
  readonly atomic: boolean
}

type Flags = ConnectionFlags & {
  readonly mode?: number
  readonly append: boolean
  readonly overwrite: boolean
  readonly atomic: boolean
}

/** A new file's mode: symbolic changes start from 0666, as open(2) offers it. */
const fileMode = (text: string): number => parseMode(text)(0o666, false)

export function writeCommand(context: CommandContext): Command {
  return connectionCommand('write')
    .description('write a text, or standard input, into a remote file')
    .argument('<remote>')
    .argument('[text]')
    .option('-m, --mode <mode>', 'permissions of the file, as for chmod', fileMode)
    .option('--append', 'add to the end of the file', false)
    .option('--no-overwrite', 'fail where the file exists')
    .option('--no-atomic', 'write under the final name at once, for servers without rename')
    .addHelpText(
      'after',
      helpNotes('ferry write bank motd "closed on Friday"; date | ferry write bank stamp', '1 refused'),
    )
    .action((address: string, path: string, text: string | undefined, { mode, ...flags }: Flags) =>
      runWrite(context, {
        connection: { address, overrides: overrides(flags) },
        path,
        ...(text !== undefined && { text }),
        ...(mode !== undefined && { mode }),
        append: flags.append,
        overwrite: flags.overwrite,
        atomic: flags.atomic,
      }),
    )
}

export async function runWrite({ connect, io, signal }: CommandContext, input: WriteInput): Promise<void> {
  await using remote = await connect(input.connection, signal)
  const { text, mode, append, overwrite, atomic } = input
  const { fsync, bufferSize, requests } = remote.preferences
  const path = remote.resolve(input.path)
  const source = text === undefined ? standardInput(io, signal) : encodeName(text)
  const { bytes } = await writeFile(remote.session, path, source, {
    ...(mode !== undefined && { mode }),
    append,
    overwrite,
    atomic,
    fsync,
    ...(bufferSize !== undefined && { bufferSize }),
    ...(requests !== undefined && { requests }),
    listener: (event) => {
      if (event.kind === 'warning') io.note(0, `${event.path}: ${event.message}`)
    },
    signal,
  })
  io.note(1, `wrote ${path} (${bytes} bytes)`)
  await io.result({ ok: true, path, bytes })
}
