import type { Command } from 'commander'
import { FerryError } from '../errors/ferry-error.ts'
import type { ConnectionInput } from '../model/connection-input.ts'
import { counted } from '../model/counted.ts'
import { elapsedText } from '../model/duration.ts'
import { sizeText } from '../model/size.ts'
import { type SyncStepResult, type SyncSummary, sync } from '../operations/sync.ts'
import { onConnection } from './act-error.ts'
import { type ConnectionFlags, connectionCommand, helpNotes, overrides } from './connection-command.ts'
import type { CommandContext } from './context.ts'
import { errorDocument } from './error-document.ts'
import { type ContentFlags, contentOptions, contentSettings } from './transfer-flags.ts'
import { summaryDocument } from './transfer-outcome.ts'

export interface SyncInput {
  readonly connection: ConnectionInput
  readonly local: string
  readonly remote: string
  readonly flags: SyncFlags
}

export interface SyncFlags extends ContentFlags {
  readonly pull: boolean
  readonly delete: boolean
  readonly dryRun: boolean
  readonly checksum: boolean
}

export function syncCommand(context: CommandContext): Command {
  return contentOptions(connectionCommand('sync'))
    .description('make a remote directory like a local one, or the other way round')
    .argument('<local>')
    .argument('<remote>')
    .option('--pull', 'make the local directory like the remote one', false)
    .option('--delete', 'delete what only the changed side has', false)
    .option('--dry-run', 'show what would be done', false)
    .option('--checksum', 'compare contents instead of times where sizes are equal', false)
    .addHelpText(
      'after',
      helpNotes('ferry sync bank site /www --delete --dry-run; ferry sync bank --pull in /outgoing', '3 some failed'),
    )
    .action((address: string, local: string, remote: string, flags: ConnectionFlags & SyncFlags) =>
      runSync(context, { connection: { address, overrides: overrides(flags) }, local, remote, flags }),
    )
}

export async function runSync(context: CommandContext, input: SyncInput): Promise<void> {
  const { io, signal } = context
  const { connection, local, flags } = input
  if (local === '') throw new FerryError('usage', 'empty local path')
  await using remote = await context.connect(connection, signal)
  using view = io.transfer(flags.pull ? 'download' : 'upload')
  let told = Promise.resolve()
  const onStep = (step: SyncStepResult): void => {
    told = told.then(() => io.record(stepDocument(step), flags.dryRun ? stepLines(step) : []))
    told.catch(() => undefined) // waited for below
  }
  const { pull, dryRun, checksum } = flags
  const work = sync(remote.session, local, remote.resolve(input.remote), {
    ...contentSettings(flags, remote.preferences),
    pull,
    delete: flags.delete,
    dryRun,
    checksum,
    onStep,
    listener: (event) => {
      if (!dryRun || event.kind === 'failed' || event.kind === 'skipped') view.listener(event)
    },
    signal,
  })
  const summary = await onConnection(connection.address, work)
  await told
  view[Symbol.dispose]()
  if (!dryRun && summary.failures.length === 0) io.summary(outcomeText(summary))
  await io.record(
    { ...summaryDocument(summary), unchanged: summary.unchanged },
    dryRun ? [`Sync: ${countsText(summary)}`] : [],
  )
  const failed = summary.failures.length
  if (failed > 0) throw new FerryError('partial', `sync ${connection.address}: ${failed} failed`)
}

function stepDocument({ action, path, bytes, error }: SyncStepResult): Readonly<Record<string, unknown>> {
  const failure = error === undefined ? {} : { error: errorDocument(error) }
  return { action, path, ok: error === undefined, ...(bytes !== undefined && { bytes }), ...failure }
}

/** What could not be done is told as a failure. */
function stepLines({ action, path, bytes, error }: SyncStepResult): string[] {
  if (error !== undefined) return []
  return [`${action} ${path}${bytes === undefined ? '' : ` (${sizeText(bytes)})`}`]
}

function outcomeText(summary: SyncSummary): string {
  const { files, directories, bytes, deleted, unchanged, durationMs } = summary
  if (files + directories + deleted === 0) return `Synced: nothing to do, ${unchanged} unchanged`
  const also = deleted > 0 ? `, ${deleted} deleted` : ''
  return `Synced ${counted(files, 'file')}, ${sizeText(bytes)} in ${elapsedText(durationMs)}${also}, ${unchanged} unchanged`
}

function countsText({ files, directories, bytes, deleted, unchanged }: SyncSummary): string {
  const made = directories > 0 ? `, ${directories} to make` : ''
  return `${counted(files, 'file')} to copy (${sizeText(bytes)})${made}, ${deleted} to delete, ${unchanged} unchanged`
}
