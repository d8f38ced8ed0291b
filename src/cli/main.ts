import { createRequire } from 'node:module'
import { join } from 'node:path'
import about from '../../package.json' with { type: 'json' }
import { cacheDirectory } from '../model/home.ts'
import { loadScript } from './code-cache.ts'

/** The bundle of `run-process.ts`; the build names it after its content. */
declare const programFile: string

type Program = (require: NodeJS.Require, folder: string) => typeof import('./run-process.ts')

const args = process.argv.slice(2)

// Asked by scripts at every start, so it waits for nothing.
if (args.length === 1 && args[0] === '--version') {
  process.stdout.on('error', ({ code }: NodeJS.ErrnoException) => {
    process.exitCode = code === 'EPIPE' ? 0 : 1
  })
  process.stdout.write(`ferry ${about.version}\n`)
} else {
  const folder = import.meta.dirname
  // As Node calls it for what it compiles itself.
  const cached = process.env['NODE_DISABLE_COMPILE_CACHE'] === undefined ? cacheDirectory(process.env) : undefined
  const { script, keep } = loadScript(join(folder, programFile), cached)
  const program: Program = script.runInThisContext()
  const { status, act } = await program(createRequire(import.meta.url), folder).runProcess(args)
  if (status === 0 && act !== undefined) keep(act)
  // Nothing that is still open may keep the program waiting.
  process.exit(status)
}
