import { Command, Option } from 'commander'
import type { ManifestOptions } from '../api/open-state.ts'

/** What `plan` and `import` share. */
export interface PlanFlags {
  readonly prune: boolean
  readonly takeOver: boolean
  readonly only?: 'connections' | 'scripts'
  readonly detailedExitcode: boolean
}

export function planCommand(name: string): Command {
  return new Command(name)
    .argument('<manifest...>')
    .option('--prune', "delete what this manifest once imported and no longer names; needs the manifest's name", false)
    .option('--take-over', 'take objects that another manifest owns', false)
    .addOption(new Option('--only <kind>', 'only connections, or only scripts').choices(['connections', 'scripts']))
    .option('--detailed-exitcode', 'exit with 4 when there are changes', false)
}

export const manifestOptions = ({ prune, takeOver, only }: PlanFlags): ManifestOptions => ({
  prune,
  takeOver,
  ...(only !== undefined && { only }),
})
