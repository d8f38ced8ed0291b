import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'

/** The licences of the packages whose code the bundles hold, or goes beside them: their terms go where the code goes. */
export async function licences(root, metafiles, beside) {
  const packages = new Set([
    ...beside,
    ...metafiles
      .flatMap(({ inputs }) => Object.keys(inputs))
      .flatMap((input) => /^(?:.*\/)?node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(input)?.[1] ?? []),
  ])
  const texts = await Promise.all([...packages].sort().map((name) => licence(name, join(root, 'node_modules', name))))
  return texts.join('\n\n')
}

async function licence(name, folder) {
  const about = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8'))
  const file = (await readdir(folder)).find((entry) => /^licen[cs]e/i.test(entry))
  const text = file === undefined ? '' : (await readFile(join(folder, file), 'utf8')).trim()
  return `# ${name} ${about.version} (${about.license ?? 'see its text'})\n\n${text}`
}
