import { Command } from 'commander'
import { backUpState, restoreState } from '../state/copy-state.ts'
import type { CommandContext } from './context.ts'
import { stateDocument, stateSummary } from './state-document.ts'

interface Flags {
  readonly force: boolean
}

export function stateBackupCommand(context: CommandContext): Command {
  return new Command('backup')
    .description('write the state to a file, as it is; sealed secrets stay sealed, and their key is not in it')
    .argument('<file>')
    .option('--force', 'replace an existing file', false)
    .addHelpText(
      'after',
      'Examples: ferry state backup before-upgrade.json\nExit codes: 1 the file exists, 11 the state cannot be read',
    )
    .action((file: string, flags: Flags) => runStateBackup(context, file, flags))
}

async function runStateBackup({ io, store }: CommandContext, file: string, flags: Flags): Promise<void> {
  const backup = await store(file)
  const state = await backUpState(await store(), backup, flags)
  await io.result({ ok: true, ...stateDocument(backup, state) }, [`Backed up: ${stateSummary(state)}`])
}

export function stateRestoreCommand(context: CommandContext): Command {
  return new Command('restore')
    .description('take back what a backup holds, as the next change of the state')
    .argument('<file>')
    .option('--force', "also over another state than the backup's own", false)
    .addHelpText('after', 'Examples: ferry state restore before-upgrade.json\nExit codes: 11 no state, or another one')
    .action((file: string, flags: Flags) => runStateRestore(context, file, flags))
}

async function runStateRestore({ io, store }: CommandContext, file: string, flags: Flags): Promise<void> {
  const target = await store()
  const state = await restoreState(await store(file), target, flags)
  await io.result({ ok: true, ...stateDocument(target, state) }, [`Restored: ${stateSummary(state)}`])
}
