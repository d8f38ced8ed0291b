import { FerryError } from '../../errors/ferry-error.ts'
import { isDirectory } from '../../model/attributes.ts'
import { remotePath } from '../../model/remote-path.ts'
import { glance } from '../../operations/glance.ts'
import { makeDirectory } from '../../operations/make-directory.ts'
import { readDirectory } from '../../transfer/read-directory.ts'
import { endsAll } from '../../transfer/transfer-error.ts'
import type { CommandRun } from '../command-run.ts'
import { failed } from '../failures.ts'
import type { Command } from '../script.ts'
import { oneLine, shownName } from '../shown-name.ts'
import { plainArgument } from './arguments.ts'

/** Goes to a remote directory, or back to the first one. */
export async function cd(run: CommandRun, command: Command): Promise<void> {
  const path = command.arguments[0]?.plain ?? ''
  await run.changeDirectory(
    run.remote(path === '' ? run.state.startDirectory : path),
    `${command.calledAs} ${path}`.trim(),
  )
}

export async function pwd(run: CommandRun): Promise<void> {
  await run.print(shownName(`Remote working directory: ${oneLine(run.directory)}\n`))
}

/** Makes one remote directory; the server's mask applies. */
export async function mkdir(run: CommandRun, command: Command): Promise<void> {
  const path = plainArgument(command, 0)
  const act = `${command.calledAs} ${path}`
  const target = run.remote(path)
  try {
    await makeDirectory(run.session, remotePath(target), { signal: run.signal })
  } catch (error) {
    throw failed(act, error, target)
  }
}

/** Deletes an empty remote directory. */
export async function rmdir(run: CommandRun, command: Command): Promise<void> {
  const path = plainArgument(command, 0)
  const target = run.remote(path)
  try {
    await run.session.rmdir(target)
  } catch (error) {
    throw failed(`${command.calledAs} ${path}`, await whyNotRemoved(run, target, error), target)
  }
}

/** OpenSSH's server answers FAILURE for a directory that is not empty. */
async function whyNotRemoved(run: CommandRun, path: string, error: unknown): Promise<unknown> {
  if (!(error instanceof FerryError) || error.code !== 'operation_failed') return error
  const existing = await glance(run.session, path, run.signal)
  if (existing === undefined) return error
  if (!isDirectory(existing)) return new FerryError('wrong_kind', `${path}: not a directory`, { path })
  try {
    for await (const _entry of readDirectory(run.session, path, { signal: run.signal })) {
      return new FerryError('not_empty', `${path}: directory not empty`, { path })
    }
  } catch (listing) {
    if (endsAll(listing)) return listing
  }
  return error
}
