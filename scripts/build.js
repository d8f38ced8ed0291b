import { execFile } from 'node:child_process'
import { copyFile, mkdir, readdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { build } from 'esbuild'
import { manifestValidator } from './manifest-validator.js'
import { nativeAddons } from './native-addons.js'
import { licences } from './third-party.js'

const root = fileURLToPath(new URL('..', import.meta.url))
const dist = join(root, 'dist')

const types = promisify(execFile)(join(root, 'node_modules/.bin/tsc'), ['-p', join(root, 'tsconfig.build.json')])

// The libraries are bundled in: one file of what a command needs starts in half the time of a hundred files.
const { metafile } = await build({
  absWorkingDir: root,
  entryPoints: { ferry: 'src/cli/main.ts', index: 'src/api/index.ts' },
  outdir: 'dist',
  bundle: true,
  splitting: true,
  metafile: true,
  format: 'esm',
  platform: 'node',
  target: 'node20.19',
  legalComments: 'none',
  // CommonJS libraries ask for `require` and `__dirname`, which an ES module has not.
  banner: {
    js: "import { createRequire as requireFrom } from 'node:module'; const require = requireFrom(import.meta.url), __dirname = import.meta.dirname;",
  },
  plugins: [manifestValidator.esbuild, nativeAddons],
})
await writeFile(join(dist, 'third-party-licences.txt'), await licences(root, metafile, ['htmx.org']))

// What the pages of the web admin load is served as it is.
await mkdir(join(dist, 'web'), { recursive: true })
for (const [name, file] of Object.entries({
  'htmx.js': fileURLToPath(import.meta.resolve('htmx.org/dist/htmx.min.js')),
  'sse.js': fileURLToPath(import.meta.resolve('htmx.org/dist/ext/hx-sse.min.js')),
  'app.js': join(root, 'src/web/assets/app.js'),
  'app.css': join(root, 'src/web/assets/app.css'),
  'icon.svg': join(root, 'src/web/assets/icon.svg'),
}))
  await copyFile(file, join(dist, 'web', name))

// What an earlier build left goes last, so that a program that runs meanwhile finds its files.
const built = new Set(Object.keys(metafile.outputs).map((output) => output.replace(/^dist\//, '')))
const stale = (await readdir(dist)).filter((file) => file.endsWith('.js') && !built.has(file))
await Promise.all(stale.map((file) => rm(join(dist, file))))
await types
