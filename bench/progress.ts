import { join } from 'node:path'
import { makeTree, removeAll } from './files.ts'
import { measure, type Run, spread } from './measure.ts'
import { ferry, type Target } from './peers.ts'
import type { OwnFigure } from './start-up.ts'

/** The line is loaded once, which a short transfer would show. */
const files = 20_000

/** What drawing costs in processor time: a tree that is downloaded on a terminal with progress and with --quiet, in turn. */
export async function progress(
  folder: string,
  target: Target,
  environment: NodeJS.ProcessEnv,
  rounds = 5,
): Promise<OwnFigure[]> {
  const [from, to] = [join(folder, 'drawn'), join(folder, 'drawn-copy')]
  makeTree(from, files)
  const runs: { drawn: Run[]; quiet: Run[] } = { drawn: [], quiet: [] }
  for (let round = 0; round < rounds; round += 1) {
    for (const how of round % 2 === 0 ? (['drawn', 'quiet'] as const) : (['quiet', 'drawn'] as const)) {
      removeAll(to)
      const flags = how === 'quiet' ? ['--quiet'] : []
      const command = ferry({ flags }).command({ kind: 'get-tree', from, to }, target) ?? []
      const run = await measure(onTerminal(command), {
        environment: { ...environment, TERM: 'xterm', SHELL: '/bin/sh' },
      })
      if (/\d+ of \d+ files/.test(run.output) !== (how === 'drawn')) {
        throw new Error(`${how}: the line was drawn where it should not be, or not where it should`)
      }
      runs[how].push({ ...run, ms: processorMs(run.output) })
    }
  }
  removeAll(from)
  removeAll(to)
  const [drawn, quiet] = [spread(runs.drawn), spread(runs.quiet)]
  // What else runs on the machine only ever adds.
  const ratio = drawn.minMs / quiet.minMs
  return [
    { name: `get -r ${files} files on a terminal, --quiet, processor time`, ...quiet, limit: '', held: true },
    {
      name: `get -r ${files} files on a terminal, progress, processor time`,
      ...drawn,
      limit: `${ratio.toFixed(3)} of --quiet, must 1.01`,
      held: ratio <= 1.01,
    },
  ]
}

/** script(1) of util-linux makes the terminal, without a size, on which no line is drawn; `times` of sh(1) says in the end what was used. */
const onTerminal = (command: readonly string[]): string[] => [
  'script',
  '--quiet',
  '--return',
  '--command',
  `stty cols 80 rows 24 && ${command.map((word) => `'${word}'`).join(' ')} && times`,
  '/dev/null',
]

/** User and system time of the shell's children: its last line, `0m1.23s 0m0.45s`. */
function processorMs(output: string): number {
  const [, ...fields] = /(\d+)m([\d.]+)s (\d+)m([\d.]+)s\s*$/.exec(output) ?? []
  const [userMinutes = Number.NaN, userSeconds = 0, systemMinutes = 0, systemSeconds = 0] = fields.map(Number)
  return 1000 * (60 * (userMinutes + systemMinutes) + userSeconds + systemSeconds)
}
