import type { TransferReport } from '../transfer/transfer-report.ts'
import type { WindowOptions } from '../transfer/transfer-window.ts'
import type { CommandRun, ScriptPreferences, TransferVerb } from './command-run.ts'
import type { Command } from './script.ts'

/** How files are moved: the command's flags, and what the connection sets for all of them. */
export interface TransferFlags {
  readonly resume: boolean
  readonly sync: boolean
  readonly preserve: boolean
  readonly recursive: boolean
  /** By a temporary name; never where a transfer is resumed, which goes on in the file that is there. */
  readonly atomic: boolean
  readonly window: WindowOptions
  /** Present while somebody watches. */
  readonly report?: TransferReport
}

export function transferFlags(run: CommandRun, { flags }: Command, verb: TransferVerb): TransferFlags {
  const { preferences } = run
  const resume = flags.includes('a')
  const report = run.report(verb)
  return {
    resume,
    sync: flags.includes('f') || preferences.fsync,
    preserve: flags.includes('p') || preferences.preserveMetadata === true,
    recursive: flags.includes('R'),
    atomic: run.options.atomic === true && !resume,
    window: windowOptions(preferences),
    ...(report !== undefined && { report }),
  }
}

const windowOptions = ({ bufferSize, requests }: ScriptPreferences): WindowOptions => ({
  ...(bufferSize !== undefined && { bufferSize }),
  ...(requests !== undefined && { requests }),
})

/** Deeper than this is a cycle, or made up (OpenSSH sftp-client.c, MAX_DIR_DEPTH). */
export const mostLevels = 64
