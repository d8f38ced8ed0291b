import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { measure, type Run, spread } from './measure.ts'

// npm run bench [-- --json FILE]: times whole processes, peers interleaved with ferry, and prints medians and ratios.

const node = process.execPath
const ferry = join(import.meta.dirname, '../bin/ferry.js')
const rounds = 21
const connections = 10_000

interface Figure {
  readonly name: string
  readonly medianMs: number
  readonly minMs: number
  readonly maxMs: number
  readonly peakMiB: number
  readonly limit: string
  readonly held: boolean
}

async function startUp(environment: NodeJS.ProcessEnv): Promise<Figure[]> {
  const runs: { empty: Run[]; version: Run[] } = { empty: [], version: [] }
  for (let round = 0; round < rounds; round += 1) {
    runs.empty.push(await measure([node, '-e', '0'], environment))
    const version = await measure([node, ferry, '--version'], environment)
    if (!/^ferry \d/.test(version.output)) throw new Error(`ferry --version printed ${version.output}`)
    runs.version.push(version)
  }
  const [empty, version] = [spread(runs.empty), spread(runs.version)]
  const ratio = version.medianMs / empty.medianMs
  return [
    { name: 'node -e 0', ...empty, limit: '', held: true },
    {
      name: 'ferry --version',
      ...version,
      limit: `${ratio.toFixed(2)} of node -e 0, at most 1.50`,
      held: ratio <= 1.5,
    },
  ]
}

async function planning(folder: string, environment: NodeJS.ProcessEnv): Promise<Figure[]> {
  const manifest = join(folder, 'many.yml')
  await writeFile(manifest, manyConnections())
  const figures: Figure[] = []
  for (const command of ['validate', 'plan']) {
    const runs: Run[] = []
    for (let round = 0; round < 5; round += 1) {
      const run = await measure([node, ferry, 'enmasse', command, manifest], environment, { peak: true })
      if (
        !run.output.includes(
          command === 'plan' ? `Plan: ${connections} to create` : `valid (${connections} connections`,
        )
      ) {
        throw new Error(`enmasse ${command} printed ${run.output.slice(-200)}`)
      }
      runs.push(run)
    }
    const figure = spread(runs)
    const held = figure.medianMs < 2000 && figure.peakMiB < 300
    figures.push({ name: `enmasse ${command}, ${connections} connections`, ...figure, limit: '2000 ms, 300 MiB', held })
  }
  return figures
}

function manyConnections(): string {
  const lines = ['name: many', 'defaults: { username: deploy, identity_file: ~/.ssh/id_ed25519 }', 'connections:']
  for (let index = 0; index < connections; index += 1) {
    lines.push(
      `  - name: partner-${index}`,
      `    host: sftp-${index}.example`,
      `    port: ${2000 + (index % 1000)}`,
      `    directory: /outgoing/${index}`,
      `    password: \${env:PARTNER_${index}}`,
      '    timeout: 45s',
      '    ssh_options: { ServerAliveInterval: 15 }',
    )
  }
  return `${lines.join('\n')}\n`
}

const folder = await mkdtemp(join(tmpdir(), 'ferry-bench-'))
try {
  const environment = { PATH: process.env['PATH'], HOME: folder, FERRY_STATE: join(folder, 'state.json') }
  const figures = [...(await startUp(environment)), ...(await planning(folder, environment))]
  const rows = figures.map(({ name, medianMs, minMs, maxMs, peakMiB, limit, held }) => [
    name,
    `${medianMs.toFixed(0)} ms`,
    `${minMs.toFixed(0)}–${maxMs.toFixed(0)}`,
    peakMiB === 0 ? '' : `${peakMiB.toFixed(0)} MiB`,
    limit === '' ? '' : `${held ? 'held' : 'NOT HELD'}: ${limit}`,
  ])
  const widths = [0, 1, 2, 3].map((column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)))
  for (const row of rows)
    console.log(
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
  const jsonFile = process.argv[process.argv.indexOf('--json') + 1]
  if (process.argv.includes('--json') && jsonFile !== undefined)
    await writeFile(jsonFile, JSON.stringify(figures, null, 2))
  if (figures.some(({ held }) => !held)) process.exitCode = 1
} finally {
  await rm(folder, { recursive: true, force: true })
}
