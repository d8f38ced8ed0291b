import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'

const schemaFile = fileURLToPath(new URL('../schemas/manifest.schema.json', import.meta.url))
const specifier = 'virtual:manifest-validator'

/** The manifest's schema as a function: ajv compiles it here, so that the program loads neither ajv nor the schema to validate. */
async function compile() {
  const { Ajv2020 } = await import('ajv/dist/2020.js')
  const { default: standaloneCode } = await import('ajv/dist/standalone/index.js')
  const schema = JSON.parse(await readFile(schemaFile, 'utf8'))
  const ajv = new Ajv2020({
    allErrors: true,
    strict: true,
    // Conditions name properties that are declared beside them, not in them.
    strictRequired: false,
    strictTypes: false,
    code: { source: true, esm: true, optimize: 2 },
  })
  const code = standaloneCode(ajv, ajv.compile(schema))
  // Lengths, uniqueItems and formats would need ajv's runtime, which standalone code loads with a `require` that ES modules lack.
  if (code.includes('require('))
    throw new Error('schemas/manifest.schema.json uses a keyword that needs ajv at run time')
  return code
}

const resolved = `\0${specifier}`

/** One module, `virtual:manifest-validator`, for the bundler and for the tests alike. */
export const manifestValidator = {
  vite: {
    name: 'manifest-validator',
    resolveId: (id) => (id === specifier ? resolved : undefined),
    load: (id) => (id === resolved ? compile() : undefined),
  },
  esbuild: {
    name: 'manifest-validator',
    setup(build) {
      build.onResolve({ filter: new RegExp(`^${specifier}$`) }, () => ({ path: specifier, namespace: 'validator' }))
      build.onLoad({ filter: /.*/, namespace: 'validator' }, async () => ({
        contents: await compile(),
        loader: 'js',
        resolveDir: fileURLToPath(new URL('..', import.meta.url)),
      }))
    },
  },
}
