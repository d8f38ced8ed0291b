import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { measure, type Run, type Spread, spread } from './measure.ts'

const node = process.execPath
const ferry = join(import.meta.dirname, '../bin/ferry.js')
const startRounds = 21
const connections = 10_000

/** A figure that is held against a limit of its own, not against a peer. */
export interface OwnFigure extends Spread {
  readonly name: string
  readonly limit: string
  readonly held: boolean
}

/** `ferry --version` against Node doing nothing. */
export async function startUp(environment: NodeJS.ProcessEnv, rounds = startRounds): Promise<OwnFigure[]> {
  const runs: { empty: Run[]; version: Run[] } = { empty: [], version: [] }
  for (let round = 0; round < rounds; round += 1) {
    runs.empty.push(await measure([node, '-e', '0'], { environment }))
    const version = await measure([node, ferry, '--version'], { environment })
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
      limit: `${ratio.toFixed(2)} of node -e 0, must 1.5`,
      held: ratio <= 1.5,
    },
  ]
}

/** Validating and planning a manifest of very many connections. */
export async function planning(folder: string, environment: NodeJS.ProcessEnv, rounds = 5): Promise<OwnFigure[]> {
  const manifest = join(folder, 'many.yml')
  await writeFile(manifest, manyConnections())
  const figures: OwnFigure[] = []
  const expected = { validate: `valid (${connections} connections`, plan: `Plan: ${connections} to create` }
  for (const command of ['validate', 'plan'] as const) {
    const runs: Run[] = []
    for (let round = 0; round < rounds; round += 1) {
      const run = await measure([node, ferry, 'enmasse', command, manifest], { environment, peak: true })
      if (!run.output.includes(expected[command])) {
        throw new Error(`enmasse ${command} printed ${run.output.slice(-200)}`)
      }
      runs.push(run)
    }
    const figure = spread(runs)
    const held = figure.medianMs < 2000 && figure.peakMiB < 300
    const limit = `${figure.peakMiB.toFixed(0)} MiB, must 2000 ms and 300 MiB`
    figures.push({ name: `enmasse ${command}, ${connections} connections`, ...figure, limit, held })
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
