import type { Command } from 'commander'
import type { Remote } from '../api/remote.ts'
import { FerryError } from '../errors/ferry-error.ts'
import type { ConnectionInput } from '../model/connection-input.ts'
import type { RemotePath } from '../model/remote-path.ts'
import { upload } from '../operations/upload.ts'
import { writeFile } from '../operations/write-file.ts'
import type { TransferListener, TransferSummary } from '../transfer/progress.ts'
import { onConnection } from './act-error.ts'
import { type ConnectionFlags, connectionCommand, helpNotes, overrides } from './connection-command.ts'
import type { CommandContext } from './context.ts'
import { standardInput } from './standard-input.ts'
import { refuseForStreams, type TransferFlags, transferOptions, transferSettings } from './transfer-flags.ts'
import { assertWhole, summaryDocument } from './transfer-outcome.ts'

export interface UploadInput {
  readonly connection: ConnectionInput
  /** Local paths, or `-` alone for standard input. */
  readonly sources: readonly string[]
  readonly to: string
  readonly flags: TransferFlags
}

export function uploadCommand(context: CommandContext): Command {
  return transferOptions(connectionCommand('upload'))
    .description('upload files and directories; "-" is standard input')
    .usage('<connection> <local>… <remote>')
    .argument('<local...>')
    .addHelpText(
      'after',
      helpNotes('ferry upload bank report.csv /outgoing; ferry upload bank site/. /www', '1 failed, 3 some failed'),
    )
    .action((address: string, paths: readonly string[], flags: ConnectionFlags & TransferFlags) => {
      const to = paths.at(-1)
      if (to === undefined || paths.length < 2) {
        throw new FerryError('usage', 'missing <remote>', { hint: 'ferry upload <connection> <local>… <remote>' })
      }
      const connection = { address, overrides: overrides(flags) }
      return runUpload(context, { connection, sources: paths.slice(0, -1), to, flags })
    })
}

export async function runUpload(context: CommandContext, input: UploadInput): Promise<void> {
  const { io, signal } = context
  const { connection, sources, flags } = input
  if (sources.includes('-') && sources.length > 1) {
    throw new FerryError('usage', 'standard input ("-") must be the only source', {
      hint: 'a file of that name is ./-',
    })
  }
  if (sources.includes('-')) refuseForStreams(flags)
  if (input.to === '-') {
    throw new FerryError('usage', '"-" is no remote path', { hint: 'a remote file of that name is ./-' })
  }
  if (sources.includes('')) throw new FerryError('usage', 'empty local path')
  await using remote = await context.connect(connection, signal)
  using view = io.transfer('upload')
  const to = remote.resolve(input.to)
  const { listener } = view
  const work = sources.includes('-')
    ? uploadStandardInput(context, remote, to, flags, listener)
    : upload(remote.session, sources, to, { ...transferSettings(flags, remote), listener, signal })
  const summary = await onConnection(connection.address, work)
  view.finish(summary)
  await io.result(summaryDocument(summary))
  assertWhole(summary, `upload ${connection.address}`)
}

async function uploadStandardInput(
  { io, signal }: CommandContext,
  remote: Remote,
  to: RemotePath,
  flags: TransferFlags,
  listener: TransferListener,
): Promise<TransferSummary> {
  const startedAt = performance.now()
  const settings = transferSettings(flags, remote)
  const { bytes } = await writeFile(remote.session, to, standardInput(io, signal), { ...settings, listener, signal })
  listener({ kind: 'done', from: '-', to, bytes })
  const durationMs = performance.now() - startedAt
  return { files: 1, directories: 0, bytes, skipped: 0, deleted: 0, durationMs, failures: [] }
}
