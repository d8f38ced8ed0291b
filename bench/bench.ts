import { accessSync, constants } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { cpus } from 'node:os'
import { temporaryDirectory } from '../test/support/temporary-directory.ts'
import { allCases } from './cases.ts'
import { installPeers } from './install.ts'
import { judge } from './judge.ts'
import { bandwidth } from './limit.ts'
import { type BenchOptions, parseOptions, usage } from './options.ts'
import { ferry, peers } from './peers.ts'
import { progress } from './progress.ts'
import { type CaseResult, markdown } from './report.ts'
import { runCase } from './run-case.ts'
import { parsing } from './script.ts'
import { BenchServer } from './server.ts'
import { type OwnFigure, planning, startUp } from './start-up.ts'
import { firstPage } from './web.ts'

async function run(options: BenchOptions): Promise<boolean> {
  const { only, quick, gate } = options
  const wanted = (name: string): boolean => only.length === 0 || only.some((part) => name.includes(part))
  if (options.install) installPeers()
  const rounds = options.rounds ?? (quick ? 3 : undefined)
  await using home = await temporaryDirectory()
  const environment = { PATH: process.env['PATH'], HOME: home.path, TMPDIR: process.env['TMPDIR'], LC_ALL: 'C' }
  const own: OwnFigure[] = []
  if (wanted('start-up')) own.push(...(await startUp(environment, rounds)))
  if (wanted('planning')) own.push(...(await planning(home.path, environment, rounds)))
  if (wanted('parsing')) own.push(parsing(rounds))
  if (wanted('web')) own.push(...(await firstPage(environment, rounds)))
  const results: CaseResult[] = []
  const cases = allCases(home.path, quick ? 1 / 8 : 1).filter(({ name }) => wanted(name))
  await using server = await BenchServer.start(cases.some(({ roundTripMs }) => roundTripMs > 0))
  if (wanted('limit') || wanted('progress')) {
    using target = await server.target(0)
    if (wanted('limit')) own.push(...(await bandwidth(home.path, target, environment)))
    if (wanted('progress')) own.push(...(await progress(home.path, target, environment, rounds)))
  }
  for (const one of cases) {
    using target = await server.target(one.roundTripMs)
    const programs = [ferry({ noAddon: options.noAddon }), ...peers]
    const figures = await runCase(one, programs, target, rounds ?? one.rounds, environment)
    const verdicts = judge(one, figures)
    results.push({ name: one.name, isMemory: one.memory !== undefined, figures, verdicts })
    console.error(`${one.name}: ${verdicts.map(({ text, verdict }) => `${text} (${verdict})`).join('; ')}`)
  }
  const where = `${cpus().length} cores, Node ${process.version}, ${home.path.startsWith('/dev/shm') ? 'tmpfs' : 'disk'}`
  console.log(markdown(own, results, `${where}; long lines: ${server.lines}`))
  if (options.json !== undefined) await writeFile(options.json, JSON.stringify({ where, own, results }, null, 2))
  const missed = own.some(({ held }) => !held) || results.some(({ verdicts }) => verdicts.some(isMissed))
  return !(gate && missed)
}

const isMissed = ({ verdict }: { verdict: string }): boolean => verdict === 'missed'

/** What is measured is not the disk. */
function preferMemory(): void {
  try {
    accessSync('/dev/shm', constants.W_OK)
    process.env['TMPDIR'] ??= '/dev/shm'
  } catch {
    // the usual place does as well
  }
}

if (process.argv.includes('--help')) console.log(usage)
else {
  preferMemory()
  if (!(await run(parseOptions(process.argv.slice(2))))) process.exitCode = 1
}
