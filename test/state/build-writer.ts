import { fileURLToPath } from 'node:url'
import { build, type Plugin } from 'esbuild'

/** Makes `writer.ts` a program of its own, for tests that start it many times. */
export async function buildWriter(outfile: string, plugins: Plugin[] = []): Promise<string> {
  await build({
    entryPoints: [fileURLToPath(new URL('./writer.ts', import.meta.url))],
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node20.19',
    external: ['pg-native'],
    banner: { js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);" },
    outfile,
    plugins,
  })
  return outfile
}

/** The same on a file system that fails as `failing-file-system.ts` has it. */
export const onFailingFileSystem: Plugin = {
  name: 'failing-file-system',
  setup({ onResolve }) {
    const path = fileURLToPath(new URL('./failing-file-system.ts', import.meta.url))
    onResolve({ filter: /^node:fs\/promises$/ }, ({ importer }) => (importer === path ? undefined : { path }))
  },
}
