import type { Command } from 'commander'
import { loadManifests } from '../api/manifests.ts'
import { importManifests } from '../enmasse/import-manifests.ts'
import { FerryError } from '../errors/ferry-error.ts'
import { isActive } from '../model/connection.ts'
import type { Overrides } from '../model/connection-input.ts'
import type { Manifest } from '../model/manifest.ts'
import { summaryText } from '../model/plan.ts'
import { sealingKeys } from '../secrets/sealing-keys.ts'
import { type ConnectionFlags, overrides, retryOption } from './connection-command.ts'
import type { CommandContext } from './context.ts'
import { runEnmassePlan } from './enmasse-plan.ts'
import { tellWarnings } from './manifest-words.ts'
import { pingDocument } from './ping-document.ts'
import { pingAll, pingRow } from './ping-several.ts'
import { manifestOptions, type PlanFlags, planCommand } from './plan-flags.ts'
import { hasChanges, planDocument, planLines } from './plan-view.ts'

/** `--check` connects, as the settings that go with it say. */
type ImportFlags = PlanFlags &
  Pick<ConnectionFlags, 'retry' | 'timeout' | 'verbose'> & { readonly check: boolean; readonly dryRun: boolean }

export function enmasseImportCommand(context: CommandContext): Command {
  return planCommand('import')
    .description('make the state say what the manifests say, in one atomic step')
    .option('--dry-run', 'only plan', false)
    .option('--check', 'ping every active connection of the manifests afterwards', false)
    .addOption(retryOption('with --check, connect'))
    .addHelpText(
      'after',
      'Examples: ferry enmasse import deploy.yml; ferry enmasse import deploy.yml --prune --check\nExit codes: 3 imported, but not every connection answers (--check), 4 there were changes (--detailed-exitcode), 10 the manifest is invalid, 11 the state is locked or cannot be written',
    )
    .action((files: readonly string[], flags: ImportFlags) =>
      flags.dryRun ? runEnmassePlan(context, files, flags) : runEnmasseImport(context, files, flags),
    )
}

export async function runEnmasseImport(
  context: CommandContext,
  files: readonly string[],
  flags: Omit<ImportFlags, 'dryRun'>,
): Promise<void> {
  const { io, environment, signal, exitWith } = context
  if (flags.retry !== undefined && !flags.check) {
    throw new FerryError('usage', 'enmasse import: --retry is for --check: nothing else connects')
  }
  const manifests = await loadManifests(files, context)
  tellWarnings(io, manifests)
  const store = await context.store()
  const keys = sealingKeys({ environment, mayCreate: store.isLocal })
  const { plan, state } = await importManifests(store, manifests, {
    ...manifestOptions(flags),
    keys,
    signal,
  })
  const lines = [
    ...planLines(io.style, plan, { withFields: false }),
    `Imported: ${summaryText(plan, 'past')} (state serial ${state.serial})`,
  ]
  const document = planDocument(plan, { applied: true, serial: state.serial })
  if (flags.check) await check(context, manifests, overrides(flags), document, lines)
  else await io.result(document, lines)
  if (flags.detailedExitcode && hasChanges(plan)) exitWith(4)
}

/** Answers with what was imported, pings what is active of it, and fails where one does not answer. */
async function check(
  context: CommandContext,
  manifests: readonly Manifest[],
  settings: Overrides,
  document: Readonly<Record<string, unknown>>,
  lines: readonly string[],
): Promise<void> {
  const { io } = context
  const names = manifests.flatMap(({ connections }) =>
    connections.filter(({ value }) => isActive(value)).map(({ value }) => value.name),
  )
  if (!io.json) await io.result(document, lines)
  const results = await pingAll(context, names, settings)
  if (io.json) await io.result({ ...document, checks: results.map(pingDocument) })
  else
    await io.table(
      [],
      results.map((result) => pingRow(io.style, result)),
    )
  const failed = results.filter(({ ok }) => !ok).length
  if (failed > 0) {
    throw new FerryError('partial', `enmasse import: imported, but ${failed} of ${names.length} connections failed`)
  }
}
