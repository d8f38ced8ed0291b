import type { CommandRun } from '../command-run.ts'
import { Failures } from '../failures.ts'
import { stripPath } from '../paths.ts'
import type { Command } from '../script.ts'
import { argument, namePattern } from './arguments.ts'

/**
 * Does the same to every match of a pattern, or to the name itself where nothing matches. The first failure ends it, but for a line that
 * ignores its failure.
 */
export async function eachMatch(
  run: CommandRun,
  command: Command,
  index: number,
  task: (path: string) => Promise<void>,
): Promise<void> {
  const word = argument(command, index)
  const pattern = namePattern(run, word)
  const shownFrom = word.pattern.startsWith('/') ? undefined : run.directory
  const { matches, refused } = await run.globRemote([pattern], {})
  const failures = new Failures()
  for (const refusal of refused) failures.keep(refusal)
  const paths = matches.length === 0 ? [pattern.plain] : matches.map(({ path }) => path)
  for (const path of paths) {
    run.signal.throwIfAborted()
    try {
      await task(path)
    } catch (error) {
      failures.add(`${command.calledAs} ${stripPath(path, shownFrom)}`, error, path)
      if (!run.goesOn) break
    }
  }
  failures.throwAny(`${command.calledAs} ${word.plain}`, run.place)
}
