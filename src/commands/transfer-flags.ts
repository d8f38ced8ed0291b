import { type Command, Option } from 'commander'
import type { Remote, RemotePreferences } from '../api/remote.ts'
import { FerryError } from '../errors/ferry-error.ts'
import { collected, parseCount } from './connection-command.ts'

/** How the bytes of files are moved, and of which files. */
export interface ContentFlags {
  readonly exclude?: readonly string[]
  readonly include?: readonly string[]
  readonly resume?: boolean
  readonly verify?: boolean
  readonly atomic: boolean
}

/** The flags that uploads and downloads share, as commander gives them. */
export interface TransferFlags extends ContentFlags {
  readonly preserve?: boolean
  readonly links: 'keep' | 'follow' | 'skip'
  readonly overwrite: boolean
  readonly connections?: number
}

/** The flags that `sync` has as well. */
export function contentOptions(command: Command): Command {
  return command
    .option('--exclude <glob>', 'leave out what matches, by path below the source or by name (repeatable)', collected)
    .option('--include <glob>', 'take what matches all the same (repeatable)', collected)
    .addOption(
      new Option('--resume', 'go on with what an interrupted transfer left, and leave as much').conflicts('atomic'),
    )
    .option('--verify', 'compare SHA-256 hashes of each file before it gets its name')
    .option('--no-atomic', 'write under the final name at once, for servers without rename')
}

export function transferOptions(command: Command): Command {
  return contentOptions(command)
    .option('--preserve', 'keep times and permissions, also where the connection says otherwise')
    .option('--no-preserve', 'do not keep times and permissions')
    .addOption(
      new Option('--links <how>', 'links inside a tree (default keep)')
        .choices(['keep', 'follow', 'skip'])
        .default('keep'),
    )
    .option('--no-overwrite', 'fail where a file exists')
    .addOption(
      new Option('--connections <n>', 'connections for a large file (default: as many as pay)').argParser(
        parseCount('--connections'),
      ),
    )
}

/** Bytes that pass through cannot be had again: they are neither resumed nor read back. */
export function refuseForStreams({ resume, verify }: ContentFlags): void {
  if (!resume && !verify) return
  throw new FerryError('usage', `--${resume ? 'resume' : 'verify'} does not go with "-"`)
}

/** What moving files does: flags for this run, else what the connection prefers. */
export function contentSettings(
  { exclude = [], include = [], resume = false, verify = false, atomic }: ContentFlags,
  { fsync, bufferSize, requests }: RemotePreferences,
) {
  return {
    exclude,
    include,
    resume,
    verify,
    atomic,
    fsync,
    ...(bufferSize !== undefined && { bufferSize }),
    ...(requests !== undefined && { requests }),
  }
}

/** What a transfer does: flags for this run, else what the connection prefers. */
export function transferSettings(flags: TransferFlags, { preferences, more }: Pick<Remote, 'preferences' | 'more'>) {
  const { preserve = preferences.preserveMetadata ?? true, links, overwrite, connections } = flags
  return { ...contentSettings(flags, preferences), preserve, links, overwrite, connections, more }
}
