import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'

// The properties of `npm test`, for long: rounds of FUZZ_RUNS runs of each, every round from another seed, until a round fails or the time
// is over. `npm run fuzz -- --minutes 30 test/ssh` tries one folder for half an hour.
const { values, positionals } = parseArgs({ options: { minutes: { type: 'string' } }, allowPositionals: true })
const minutes = Number(values.minutes ?? 0)
if (!(minutes >= 0)) throw new Error(`--minutes takes a number, not "${values.minutes}"`)
/** A round that takes longer hangs. */
const roundMsMax = 60 * 60_000

const root = fileURLToPath(new URL('..', import.meta.url))
const runs = process.env.FUZZ_RUNS || '2000'
const files = await propertyFiles(positionals.length === 0 ? ['test'] : positionals)
if (files.length === 0) throw new Error('no properties there')
const end = performance.now() + minutes * 60_000
let seed = Number(process.env.TEST_SEED || Date.now() & 0x7fff_ffff)
let code
do {
  const again = `TEST_SEED=${seed} FUZZ_RUNS=${runs} npm run fuzz${positionals.map((one) => ` ${one}`).join('')}`
  console.log(`seed ${seed}: ${runs} runs of each property in ${files.length} files`)
  code = await round(seed)
  if (code !== 0) console.error(`\nseed ${seed} failed; the counter-example is above. To repeat it:\n  ${again}`)
  seed += 1
} while (code === 0 && performance.now() < end)
process.exitCode = code === 0 ? 0 : 1

/** Test files that hold properties. One that says its number of runs itself starts programs, and has its time in `npm test`. */
async function propertyFiles(places) {
  const all = await readdir(join(root, 'test'), { recursive: true })
  const tests = all.map((file) => `test/${file}`).filter((file) => file.endsWith('.test.ts'))
  const texts = await Promise.all(tests.map((file) => readFile(join(root, file), 'utf8')))
  return tests.filter((file, index) => {
    const text = texts[index] ?? ''
    return /\bfc\.assert\(/.test(text) && !text.includes('numRuns') && places.some((place) => file.startsWith(place))
  })
}

async function round(testSeed) {
  const args = ['node_modules/vitest/vitest.mjs', 'run', '--project', 'parts', `--test-timeout=${roundMsMax}`, ...files]
  const child = spawn(process.execPath, args, {
    cwd: root,
    stdio: 'inherit',
    env: { ...process.env, TEST_SEED: String(testSeed), FUZZ_RUNS: runs },
    timeout: roundMsMax,
  })
  const [exit, signal] = await once(child, 'close')
  if (signal !== null) console.error(`the round was ended by ${signal}`)
  return exit ?? 1
}
