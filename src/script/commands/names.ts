import { FerryError } from '../../errors/ferry-error.ts'
import { isDirectory, isFile } from '../../model/attributes.ts'
import { remotePath } from '../../model/remote-path.ts'
import { createHardlink, createSymlink } from '../../operations/create-link.ts'
import { glance } from '../../operations/glance.ts'
import { renameAs } from '../../operations/rename.ts'
import { asOneChange } from '../../sftp/audited-session.ts'
import { offers } from '../../sftp/session.ts'
import type { CommandRun } from '../command-run.ts'
import { failed } from '../failures.ts'
import type { Command } from '../script.ts'
import { openTarget } from '../send-whole.ts'
import { plainArgument } from './arguments.ts'
import { eachMatch } from './each-match.ts'

/** Deletes files and links, never directories. */
export async function rm(run: CommandRun, command: Command): Promise<void> {
  await eachMatch(run, command, 0, async (path) => {
    try {
      await run.session.remove(path)
    } catch (error) {
      const unclear = error instanceof FerryError && error.code === 'operation_failed'
      const existing = unclear ? await glance(run.session, path, run.signal) : undefined
      if (existing === undefined || !isDirectory(existing)) throw error
      throw new FerryError('wrong_kind', `${path}: is a directory`, { path, cause: error })
    }
  })
}

/** Renames, and replaces where the server can do that in one step; with -l, or where it cannot, an existing name is refused. */
export async function rename(run: CommandRun, command: Command): Promise<void> {
  const { act, from, to } = twoPaths(run, command)
  const force = !command.flags.includes('l') && offers(run.session, 'posix-rename@openssh.com')
  try {
    await renameAs(run.session, act, remotePath(from), remotePath(to), { force, signal: run.signal })
  } catch (error) {
    throw failed(act, error, from)
  }
}

/** Makes a hard link; with -s, or as symlink, a symbolic one, whose target is stored as it is written. */
export async function ln(run: CommandRun, command: Command): Promise<void> {
  const { act, from, to } = twoPaths(run, command)
  const options = { signal: run.signal }
  try {
    if (command.flags.includes('s'))
      await createSymlink(run.session, plainArgument(command, 0), remotePath(to), options)
    else await createHardlink(run.session, remotePath(from), remotePath(to), options)
  } catch (error) {
    throw failed(act, error, to)
  }
}

/** Copies a regular file on the server. Set-id bits stay behind, as the owner does. */
export async function cp(run: CommandRun, command: Command): Promise<void> {
  const { act, from, to } = twoPaths(run, command)
  const { session } = run
  try {
    if (!offers(session, 'copy-data')) {
      throw new FerryError('unsupported', `${from}: the server does not support copy-data`, { path: from })
    }
    const attributes = await session.stat(from)
    const { permissions = 0o666 } = attributes
    if (attributes.permissions !== undefined && !isFile(attributes)) {
      throw new FerryError('wrong_kind', `${from}: not a regular file`, { path: from })
    }
    await asOneChange(session, { operation: 'copy', path: to, from }, (inner) =>
      copyFile({ session: inner, signal: run.signal }, from, to, permissions & 0o777),
    )
  } catch (error) {
    throw failed(act, error, from)
  }
}

async function copyFile(
  run: Pick<CommandRun, 'session' | 'signal'>,
  from: string,
  to: string,
  permissions: number,
): Promise<void> {
  const { session, signal } = run
  const source = await session.open(from, { read: true })
  try {
    const target = await openTarget(run, to, { write: true, create: true, truncate: true }, { permissions })
    try {
      signal.throwIfAborted()
      await session.copyData(source, 0, 0, target, 0)
    } catch (error) {
      await session.close(target).catch(() => undefined) // the first error is the one to report
      throw error
    }
    await session.close(target)
  } finally {
    await session.close(source).catch(() => undefined) // nothing was written there
  }
}

function twoPaths(run: CommandRun, command: Command): { act: string; from: string; to: string } {
  const from = plainArgument(command, 0)
  const to = plainArgument(command, 1)
  return { act: `${command.calledAs} ${from} ${to}`, from: run.remote(from), to: run.remote(to) }
}
