import { type Command, Option } from 'commander'
import type { RemotePreferences } from '../api/remote.ts'

/** The flags that uploads and downloads share, as commander gives them. */
export interface TransferFlags {
  readonly preserve?: boolean
  readonly links: 'keep' | 'follow' | 'skip'
  readonly overwrite: boolean
  readonly atomic: boolean
}

export function transferOptions(command: Command): Command {
  return command
    .option('--preserve', 'keep times and permissions, also where the connection says otherwise')
    .option('--no-preserve', 'do not keep times and permissions')
    .addOption(
      new Option('--links <how>', 'links inside a tree (default keep)')
        .choices(['keep', 'follow', 'skip'])
        .default('keep'),
    )
    .option('--no-overwrite', 'fail where a file exists')
    .option('--no-atomic', 'write under the final name at once, for servers without rename')
}

/** What a transfer does: flags for this run, else what the connection prefers. */
export function transferSettings(
  { preserve, links, overwrite, atomic }: TransferFlags,
  { preserveMetadata = true, fsync, bufferSize, requests }: RemotePreferences,
) {
  return {
    preserve: preserve ?? preserveMetadata,
    links,
    overwrite,
    atomic,
    fsync,
    ...(bufferSize !== undefined && { bufferSize }),
    ...(requests !== undefined && { requests }),
  }
}
