import { spawn } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { manifestValidator } from './manifest-validator.js'

// Node 20 does not read TypeScript: the file is bundled beside node_modules, run with the rest of the arguments, and removed.
const [file = '', ...args] = process.argv.slice(2)
const root = dirname(dirname(fileURLToPath(import.meta.url)))
const folder = await mkdtemp(join(root, 'node_modules', '.run-'))
const outfile = join(folder, 'program.mjs')
try {
  await build({
    entryPoints: [resolve(file)],
    outfile,
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node20.19',
    packages: 'external',
    alias: { ferry: join(root, 'dist/index.js') },
    plugins: [manifestValidator.esbuild],
    define: { 'import.meta.dirname': JSON.stringify(dirname(resolve(file))) },
  })
  const child = spawn(process.execPath, [outfile, ...args], { stdio: 'inherit' })
  for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => child.kill(signal))
  process.exitCode = await new Promise((done) => child.on('close', (code) => done(code ?? 1)))
} finally {
  await rm(folder, { recursive: true, force: true })
}
