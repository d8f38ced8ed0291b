import { chmodSync, constants, existsSync, fchmodSync, mkdirSync, openSync, statSync } from 'node:fs'
import { localError } from '../errors/local-error.ts'
import { fsPath } from '../model/name-bytes.ts'
import { asLocalChange } from '../sftp/audited-session.ts'
import type { CommandRun } from './command-run.ts'

/** A mask that `lumask` set, which stands in for the process's own. */
export type Mask = number | undefined

/** Opens a local file to write it, a link's target where the path is one; a new file gets `mode` less the mask. */
export function openForWriting(
  path: string,
  shown: string,
  { mode, truncate, mask }: { readonly mode: number; readonly truncate: boolean; readonly mask: Mask },
): number {
  try {
    const isNew = mask !== undefined && !existsSync(fsPath(path))
    // A FIFO without a reader is refused, not waited for.
    const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_NONBLOCK | (truncate ? constants.O_TRUNC : 0)
    const fd = openSync(fsPath(path), flags, mode & ~(mask ?? 0))
    if (isNew) fchmodSync(fd, mode & ~mask)
    return fd
  } catch (error) {
    throw localError('open', shown, error)
  }
}

/** Makes a local directory with `mode` less the mask. */
export function makeLocalDirectory(
  { session, local, umask: mask }: Pick<CommandRun, 'session' | 'local' | 'umask'>,
  shown: string,
  mode: number,
): void {
  const path = local(shown)
  try {
    asLocalChange(session, { operation: 'mkdir', path }, () => {
      mkdirSync(fsPath(path), { mode: mode & ~(mask ?? 0) })
      if (mask !== undefined) chmodSync(fsPath(path), (statSync(fsPath(path)).mode & 0o6000) | (mode & ~mask))
    })
  } catch (error) {
    throw localError('make directory', shown, error)
  }
}

/** Whether a local path leads to a directory. */
export function isLocalDirectory(path: string): boolean {
  try {
    return statSync(fsPath(path)).isDirectory()
  } catch {
    return false
  }
}
