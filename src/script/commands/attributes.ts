import { FerryError } from '../../errors/ferry-error.ts'
import type { CommandRun } from '../command-run.ts'
import type { Command } from '../script.ts'
import { numberArgument } from './arguments.ts'
import { eachMatch } from './each-match.ts'

/** Sends the mode as it is: the server keeps what chmod(2) would. */
export async function chmod(run: CommandRun, command: Command): Promise<void> {
  const changes = { permissions: numberArgument(command) }
  await eachMatch(run, command, 0, (path) => change(run, command, path, changes))
}

export async function chown(run: CommandRun, command: Command): Promise<void> {
  await changeOwner(run, command, (owner) => ({ ...owner, uid: numberArgument(command) }))
}

export async function chgrp(run: CommandRun, command: Command): Promise<void> {
  await changeOwner(run, command, (owner) => ({ ...owner, gid: numberArgument(command) }))
}

interface Owner {
  readonly uid: number
  readonly gid: number
}

/** The protocol carries both ids or none, so the other is asked for and kept. */
async function changeOwner(run: CommandRun, command: Command, changed: (owner: Owner) => Owner): Promise<void> {
  const { session } = run
  await eachMatch(run, command, 0, async (path) => {
    const { owner } = await (command.flags.includes('h') ? session.lstat(path) : session.stat(path))
    if (owner === undefined) {
      throw new FerryError('operation_failed', `${path}: the server does not tell the present owner`, { path })
    }
    await change(run, command, path, { owner: changed(owner) })
  })
}

/** With -h of a link itself. */
function change(
  { session }: CommandRun,
  { flags }: Command,
  path: string,
  changes: { permissions: number } | { owner: Owner },
): Promise<void> {
  return flags.includes('h') ? session.lsetstat(path, changes) : session.setstat(path, changes)
}
