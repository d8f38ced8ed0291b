import { execFile } from 'node:child_process'
import { copyFile, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { build } from 'esbuild'
import { manifestValidator } from './manifest-validator.js'
import { nativeAddons } from './native-addons.js'
import { billOfMaterials, bundledPackages, licenceTexts } from './third-party.js'
import { unusedParts } from './unused-parts.js'

const root = fileURLToPath(new URL('..', import.meta.url))
const dist = join(root, 'dist')

const types = promisify(execFile)(join(root, 'node_modules/.bin/tsc'), ['-p', join(root, 'tsconfig.build.json')])

const shared = {
  absWorkingDir: root,
  bundle: true,
  metafile: true,
  platform: 'node',
  target: 'node20.19',
  legalComments: 'none',
  // ssh2's addons are looked for where it is installed.
  logOverride: { 'require-resolve-not-external': 'silent' },
  plugins: [manifestValidator.esbuild, nativeAddons, unusedParts],
}

// The command line is one script with its libraries: a function of `require` and its folder, which V8 can keep compiled (code-cache.ts).
const program = await build({
  ...shared,
  entryPoints: { program: 'src/cli/run-process.ts' },
  outdir: 'dist',
  entryNames: '[name]-[hash]',
  outExtension: { '.js': '.cjs' },
  format: 'cjs',
  supported: {
    // A script has no `import()`: what is loaded later is a function of the same file.
    'dynamic-import': false,
    // Tags of templates see their source, in which nothing can be escaped.
    'template-literal': false,
  },
  // What is read at every start is short, and in lines that a stack can name.
  minifyWhitespace: true,
  lineLimit: 160,
  define: { 'import.meta.dirname': '__dirname', 'import.meta.url': 'programUrl' },
  banner: {
    js: "(function (require, __dirname) { const module = { exports: {} }, programUrl = require('node:url').pathToFileURL(`${__dirname}/program`);",
  },
  footer: { js: 'return module.exports })' },
})
const [programFile] = Object.keys(program.metafile.outputs)
// It is read byte by byte, as a letter each.
if (/[^\0-\x7f]/.test(await readFile(join(root, programFile), 'utf8')))
  throw new Error(`${programFile} is not all ASCII`)
const start = await build({
  ...shared,
  entryPoints: { ferry: 'src/cli/main.ts' },
  outdir: 'dist',
  outExtension: { '.js': '.cjs' },
  // Node has such a module running sooner than an ES module.
  format: 'cjs',
  define: { 'import.meta.dirname': '__dirname', programFile: JSON.stringify(basename(programFile)) },
})

// The package for programs: a library is loaded in parts, and only what a program asks for.
const library = await build({
  ...shared,
  entryPoints: { index: 'src/api/index.ts' },
  outdir: 'dist',
  splitting: true,
  format: 'esm',
  // CommonJS libraries ask for `require` and `__dirname`, which an ES module has not.
  banner: {
    js: "import { createRequire as requireFrom } from 'node:module'; const require = requireFrom(import.meta.url), __dirname = import.meta.dirname;",
  },
})
const metafiles = [program, start, library].map(({ metafile }) => metafile)
const packages = await bundledPackages(root, metafiles, ['htmx.org'])
await writeFile(join(dist, 'third-party-licences.txt'), await licenceTexts(root, packages))
await writeFile(join(dist, 'sbom.cdx.json'), `${JSON.stringify(await billOfMaterials(root, packages), null, 2)}\n`)

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
const built = new Set(metafiles.flatMap(({ outputs }) => Object.keys(outputs)).map((output) => basename(output)))
const stale = (await readdir(dist)).filter((file) => /\.c?js$/.test(file) && !built.has(file))
await Promise.all(stale.map((file) => rm(join(dist, file))))
await types
