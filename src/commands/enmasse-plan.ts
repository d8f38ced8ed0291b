import type { Command } from 'commander'
import { loadManifests, planManifests } from '../api/manifests.ts'
import { summaryText } from '../model/plan.ts'
import type { CommandContext } from './context.ts'
import { tellWarnings } from './manifest-words.ts'
import { manifestOptions, type PlanFlags, planCommand } from './plan-flags.ts'
import { hasChanges, planDocument, planLines } from './plan-view.ts'

export function enmassePlanCommand(context: CommandContext): Command {
  return planCommand('plan')
    .description('show what an import would create, change, delete and leave')
    .option('--dry-run', 'a plan is one already', false)
    .addHelpText(
      'after',
      'Examples: ferry enmasse plan deploy.yml; ferry enmasse plan deploy.yml --prune --detailed-exitcode\nExit codes: 4 there are changes (--detailed-exitcode), 10 the manifest is invalid',
    )
    .action((files: readonly string[], flags: PlanFlags) => runEnmassePlan(context, files, flags))
}

export async function runEnmassePlan(
  context: CommandContext,
  files: readonly string[],
  flags: PlanFlags,
): Promise<void> {
  const { io, environment, exitWith } = context
  const manifests = await loadManifests(files, context)
  tellWarnings(io, manifests)
  const state = await (await context.store()).read()
  const plan = await planManifests(state, manifests, { ...manifestOptions(flags), environment })
  await io.result(planDocument(plan, { applied: false, serial: state.serial }), [
    ...planLines(io.style, plan, { withFields: true }),
    `Plan: ${summaryText(plan, 'future')}`,
  ])
  if (flags.detailedExitcode && hasChanges(plan)) exitWith(4)
}
