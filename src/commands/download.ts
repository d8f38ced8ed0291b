import type { Command } from 'commander'
import type { Remote } from '../api/remote.ts'
import { FerryError } from '../errors/ferry-error.ts'
import type { ConnectionInput } from '../model/connection-input.ts'
import type { RemotePath } from '../model/remote-path.ts'
import { download } from '../operations/download.ts'
import { readFile } from '../operations/read-file.ts'
import type { TransferFailure, TransferListener, TransferSummary } from '../transfer/progress.ts'
import { onConnection } from './act-error.ts'
import { type ConnectionFlags, connectionCommand, helpNotes, overrides } from './connection-command.ts'
import type { CommandContext } from './context.ts'
import { expanded } from './expanded.ts'
import { refuseForStreams, type TransferFlags, transferOptions, transferSettings } from './transfer-flags.ts'
import { assertWhole, summaryDocument } from './transfer-outcome.ts'

export interface DownloadInput {
  readonly connection: ConnectionInput
  readonly sources: readonly string[]
  /** A local path, or `-` for standard output. */
  readonly to: string
  /** The sources are patterns, matched on the server's side. */
  readonly glob: boolean
  /** A source that is no file is an error. */
  readonly requireFile: boolean
  readonly flags: TransferFlags
}

type Flags = ConnectionFlags & TransferFlags & { readonly glob: boolean }

export function downloadCommand(context: CommandContext): Command {
  return transferOptions(connectionCommand('download'))
    .description('download files and directories; "-" is standard output')
    .usage('<connection> <remote>… <local>')
    .argument('<remote...>')
    .option('--glob', "expand patterns in remote paths, as sftp's get does", false)
    .addHelpText(
      'after',
      helpNotes(
        "ferry download bank /outgoing .; ferry download bank --glob '/outgoing/*.csv' in/",
        '1 failed, 3 some failed',
      ),
    )
    .action((address: string, paths: readonly string[], flags: Flags) => {
      const to = paths.at(-1)
      if (to === undefined || paths.length < 2) {
        throw new FerryError('usage', 'missing <local>', { hint: 'ferry download <connection> <remote>… <local>' })
      }
      const connection = { address, overrides: overrides(flags) }
      return runDownload(context, {
        connection,
        sources: paths.slice(0, -1),
        to,
        glob: flags.glob,
        requireFile: false,
        flags,
      })
    })
}

export function downloadFileCommand(context: CommandContext): Command {
  return transferOptions(connectionCommand('download-file'))
    .description('download one file; an error where the path is no file')
    .argument('<remote>')
    .argument('<local>')
    .addHelpText('after', helpNotes('ferry download-file bank /outgoing/invoices.csv .', '1 failed'))
    .action((address: string, path: string, to: string, flags: ConnectionFlags & TransferFlags) =>
      runDownload(context, {
        connection: { address, overrides: overrides(flags) },
        sources: [path],
        to,
        glob: false,
        requireFile: true,
        flags,
      }),
    )
}

export async function runDownload(context: CommandContext, input: DownloadInput): Promise<void> {
  const { io, signal } = context
  const { connection, to, flags, requireFile } = input
  if (to === '') throw new FerryError('usage', 'empty local path')
  if (to === '-') refuseForStreams(flags)
  await using remote = await context.connect(connection, signal)
  const { paths: sources, refused } = input.glob
    ? await expanded(remote, input.sources, signal)
    : { paths: input.sources.map((path) => remote.resolve(path)), refused: [] }
  using view = io.transfer('download')
  const { listener } = view
  if (to === '-') {
    const [only] = sources
    if (only === undefined || sources.length > 1) throw new FerryError('usage', 'standard output ("-") takes one file')
    const toStream = downloadToStandardOutput(context, remote, only, listener)
    return view.finish(await onConnection(connection.address, toStream))
  }
  const settings = transferSettings(flags, remote)
  const work = download(remote.session, sources, to, { ...settings, requireFile, listener, signal })
  const moved = await onConnection(connection.address, work)
  if (!io.json) for (const error of refused) io.problem(error)
  const summary = { ...moved, failures: [...refused.map(failureOf), ...moved.failures] }
  view.finish(summary)
  await io.result(summaryDocument(summary))
  assertWhole(summary, `download ${connection.address}`)
}

const failureOf = (error: FerryError): TransferFailure => ({ path: error.details.path ?? '', error })

async function downloadToStandardOutput(
  { io, signal }: CommandContext,
  remote: Remote,
  path: RemotePath,
  listener: TransferListener,
): Promise<TransferSummary> {
  const startedAt = performance.now()
  const { bufferSize, requests } = remote.preferences
  const options = {
    ...(bufferSize !== undefined && { bufferSize }),
    ...(requests !== undefined && { requests }),
    signal,
  }
  let bytes = 0
  for await (const chunk of readFile(remote.session, path, options)) {
    await io.bytes(chunk)
    bytes += chunk.length
    listener({ kind: 'moved', path, bytes: chunk.length })
  }
  listener({ kind: 'done', from: path, to: '-', bytes })
  const durationMs = performance.now() - startedAt
  return { files: 1, directories: 0, bytes, skipped: 0, deleted: 0, durationMs, failures: [] }
}
