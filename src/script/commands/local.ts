import { userInfo } from 'node:os'
import { FerryError } from '../../errors/ferry-error.ts'
import type { CommandRun } from '../command-run.ts'
import { failed } from '../failures.ts'
import { makeLocalDirectory } from '../local-files.ts'
import { runProgram } from '../run-program.ts'
import type { Command } from '../script.ts'
import { shownName } from '../shown-name.ts'
import { numberArgument, plainArgument } from './arguments.ts'

/** Changes the local directory of the script, or goes home. */
export async function lcd(run: CommandRun, command: Command): Promise<void> {
  const { pattern = '', plain: path = '' } = command.arguments[0] ?? {}
  const act = `${command.calledAs} ${path}`.trim()
  try {
    const hasHome = path === '' || pattern.startsWith('~')
    run.changeLocalDirectory(hasHome ? await withHome(run, act, path) : path)
  } catch (error) {
    throw failed(act, error, path)
  }
}

/** `~` is the home that the system knows, whatever HOME says; an unknown user ends the script (OpenSSH misc.c, tilde_expand). */
async function withHome(run: CommandRun, act: string, path: string): Promise<string> {
  const user = path.slice(1).split('/')[0] ?? ''
  const home = user === '' ? userInfo().homedir : await homeOf(run, user)
  if (home !== undefined) return home + path.slice(1 + user.length)
  run.state.isOver = run.options.goesOn !== true
  throw new FerryError('local_failed', `${act}: no user is named "${user}" on this machine`)
}

/** Node has no getpwnam(3), but every POSIX shell does. */
async function homeOf(run: CommandRun, user: string): Promise<string | undefined> {
  if (!/^[A-Za-z0-9._][A-Za-z0-9._-]*$/.test(user)) return undefined
  let home = ''
  await runProgram(['/bin/sh', '-c', `printf %s ~${user}`], {
    directory: '/',
    environment: run.options.environment,
    onOutput: async (text) => {
      home += text
    },
    onErrorOutput: async () => undefined,
    signal: run.signal,
  })
  return home.startsWith('/') ? home : undefined
}

export async function lpwd(run: CommandRun): Promise<void> {
  await run.print(shownName(`Local working directory: ${run.localDirectory}\n`))
}

export async function lmkdir(run: CommandRun, command: Command): Promise<void> {
  const path = plainArgument(command, 0)
  try {
    makeLocalDirectory(run, path, 0o777)
  } catch (error) {
    throw failed(`${command.calledAs} ${path}`, error, path)
  }
}

export async function lumask(run: CommandRun, command: Command): Promise<void> {
  const mask = numberArgument(command)
  run.state.umask = mask & 0o777
  await run.print(`Local umask: ${mask.toString(8).padStart(3, '0')}\n`)
}
