import { parseArgs } from 'node:util'

export interface BenchOptions {
  /** A file for the figures as JSON. */
  readonly json?: string
  /** Exit with 1 where a figure is not what it must be. */
  readonly gate: boolean
  /** Only cases and peers whose names contain one of these. */
  readonly only: readonly string[]
  readonly rounds?: number
  /** An eighth of the data, three rounds: to see that all works, not to compare. */
  readonly quick: boolean
  /** Installs the peers from Debian first. */
  readonly install: boolean
  /** Runs ferry without ssh2's native addon. */
  readonly noAddon: boolean
}

export const usage = `npm run bench -- [flags]
  --install       install the peers first: lftp, rclone, psftp (Debian, as root)
  --only <name>   only cases whose names contain this (repeatable)
  --rounds <n>    rounds of each case
  --quick         an eighth of the data and three rounds: to see that all works
  --no-addon      run ferry without ssh2's native addon
  --json <file>   write the figures as JSON
  --gate          exit with 1 where a figure is not what it must be`

export function parseOptions(args: readonly string[]): BenchOptions {
  const { values } = parseArgs({
    args: [...args],
    options: {
      json: { type: 'string' },
      gate: { type: 'boolean', default: false },
      only: { type: 'string', multiple: true, default: [] },
      rounds: { type: 'string' },
      quick: { type: 'boolean', default: false },
      install: { type: 'boolean', default: false },
      'no-addon': { type: 'boolean', default: false },
    },
  })
  const { json, gate, only, rounds, quick, install } = values
  return {
    gate,
    only,
    quick,
    install,
    noAddon: values['no-addon'],
    ...(json !== undefined && { json }),
    ...(rounds !== undefined && { rounds: Number(rounds) }),
  }
}
