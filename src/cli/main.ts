import { join } from 'node:path'
import about from '../../package.json' with { type: 'json' }
import { cacheDirectory } from '../model/home.ts'
import { loadScript } from './code-cache.ts'
import { endProcess } from './end-process.ts'
import { optimizeAsUsual } from './optimize-late.ts'
import { letYoungGenerationGrow } from './young-generation.ts'

/** The bundle of `run-process.ts`; the build names it after its content. */
declare const programFile: string

type Program = (require: NodeJS.Require, folder: string) => typeof import('./run-process.ts')

// Asked by scripts at every start, so it waits for nothing.
function showVersion(): void {
  process.stdout.on('error', ({ code }: NodeJS.ErrnoException) => {
    process.exitCode = code === 'EPIPE' ? 0 : 1
  })
  process.stdout.write(`ferry ${about.version}\n`)
}

async function run(args: readonly string[]): Promise<void> {
  const file = join(import.meta.dirname, programFile)
  // As Node calls it for what it compiles itself.
  const cached = process.env['NODE_DISABLE_COMPILE_CACHE'] === undefined ? cacheDirectory(process.env) : undefined
  const { script, keep } = loadScript(file, cached)
  const program: Program = script.runInThisContext()
  const { status, act } = await program(require, import.meta.dirname).runProcess(args)
  optimizeAsUsual()
  letYoungGenerationGrow()
  if (status === 0 && act !== undefined) keep(act)
  await endProcess(status)
}

const args = process.argv.slice(2)
if (args.length === 1 && args[0] === '--version') showVersion()
else void run(args)
