import { FerryError } from '../../errors/ferry-error.ts'
import { withoutTrailingSlashes } from '../../model/remote-path.ts'
import type { CommandRun } from '../command-run.ts'
import { Failures, failed } from '../failures.ts'
import { TreeFetch } from '../fetch-tree.ts'
import { fetchAct, fetchWhole } from '../fetch-whole.ts'
import { isLocalDirectory } from '../local-files.ts'
import { parsePattern } from '../match.ts'
import { appendPath, copyName, stripPath } from '../paths.ts'
import type { Command } from '../script.ts'
import { transferFlags } from '../transfer-flags.ts'
import { argument, remotePattern } from './arguments.ts'

/** Downloads what a pattern matches (OpenSSH sftp.c, process_get). One that fails does not keep the others. */
export async function get(run: CommandRun, command: Command): Promise<void> {
  const word = argument(command, 0)
  const to = command.arguments[1]?.plain
  const act = `${command.calledAs} ${word.plain}`
  const pattern = parsePattern(remotePattern(run, word), { unknownClass: 'matches nothing' })
  const { matches, refused, denied } = await run.globRemote([pattern], { mark: true })
  if (matches.length === 0) {
    const path = run.remote(word.plain)
    throw failed(act, denied ?? new FerryError('not_found', `${path}: no such file or directory`, { path }), path)
  }
  const intoDirectory = to !== undefined && isLocalDirectory(run.local(to))
  if (matches.length > 1 && to !== undefined && !intoDirectory) {
    throw new FerryError('wrong_kind', `${act}: ${matches.length} files match, and ${to} is not a directory`, {
      path: to,
    })
  }
  const flags = transferFlags(run, command, 'download')
  const shownFrom = word.pattern.startsWith('/') ? undefined : run.directory
  const failures = new Failures()
  for (const refusal of refused) failures.keep(refusal)
  const tree = new TreeFetch(run, flags, command.calledAs, failures)
  for (const { path, attributes = {} } of matches) {
    run.signal.throwIfAborted()
    const name = copyName(path)
    const target = to === undefined ? name : intoDirectory ? appendPath(to, name) : to
    try {
      if (flags.recursive && path.endsWith('/')) await tree.fetch(path, target, attributes)
      else await fetchWhole(run, path, target, attributes, flags)
    } catch (error) {
      const shown = withoutTrailingSlashes(stripPath(path, shownFrom))
      failures.add(fetchAct(command.calledAs, shown, target, error), error, path)
    }
  }
  failures.throwAny(act, run.place)
}
