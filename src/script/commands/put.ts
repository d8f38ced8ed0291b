import { FerryError } from '../../errors/ferry-error.ts'
import { isDirectory } from '../../model/attributes.ts'
import { withoutTrailingSlashes } from '../../model/remote-path.ts'
import { canSync } from '../../operations/can-sync.ts'
import { glance } from '../../operations/glance.ts'
import type { CommandRun } from '../command-run.ts'
import { Failures } from '../failures.ts'
import { glob } from '../glob.ts'
import { localTree } from '../local-tree.ts'
import { parsePattern } from '../match.ts'
import { appendPath, copyName } from '../paths.ts'
import type { Command } from '../script.ts'
import { TreeSend } from '../send-tree.ts'
import { sendAct, sendWhole } from '../send-whole.ts'
import { type TransferFlags, transferFlags } from '../transfer-flags.ts'
import { argument } from './arguments.ts'

/** Uploads what a pattern matches (OpenSSH sftp.c, process_put). One that fails does not keep the others. */
export async function put(run: CommandRun, command: Command): Promise<void> {
  const word = argument(command, 0)
  const act = `${command.calledAs} ${word.plain}`
  const pattern = parsePattern(word.pattern, { unknownClass: 'is plain' })
  const { matches } = await glob(localTree(run.local), [pattern], { mark: true })
  const given = command.arguments[1]?.plain
  const to = run.remote(given ?? '')
  const intoDirectory = given === undefined || (await isRemoteDirectory(run, to))
  if (matches.length > 1 && !intoDirectory) {
    throw new FerryError('wrong_kind', `${act}: ${matches.length} files match, and ${given} is not a directory`, {
      path: to,
    })
  }
  const flags = await putFlags(run, command)
  const failures = new Failures()
  const tree = new TreeSend(run, flags, command.calledAs, failures)
  // As in sftp, a pattern that matches nothing is a name, and only a match can take the destination's.
  const paths = matches.length === 0 ? [pattern.plain] : matches.map(({ path }) => path)
  for (const path of paths) {
    run.signal.throwIfAborted()
    const target = intoDirectory || matches.length === 0 ? appendPath(to, copyName(path)) : to
    try {
      if (flags.recursive && path.endsWith('/')) await tree.send(path, target)
      else await sendWhole(run, path, target, flags)
    } catch (error) {
      failures.add(sendAct(command.calledAs, withoutTrailingSlashes(path), target, error), error, path)
    }
  }
  failures.throwAny(act, run.place)
}

async function isRemoteDirectory({ session, signal }: CommandRun, path: string): Promise<boolean> {
  return isDirectory((await glance(session, path, signal, 'stat')) ?? {})
}

/** Where the server cannot sync, this is said once. */
async function putFlags(run: CommandRun, command: Command): Promise<TransferFlags> {
  const flags = transferFlags(run, command, 'upload')
  const warnings: string[] = []
  const sync = canSync(run.session, flags.sync, (message) => warnings.push(message))
  for (const warning of warnings) await run.remark(warning)
  return { ...flags, sync }
}
