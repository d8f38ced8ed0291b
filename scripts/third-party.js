import { readdir, readFile } from 'node:fs/promises'
import { basename, join } from 'node:path'

/** The packages whose code the bundles hold, or goes beside them: their folders, names, versions and licences. */
export async function bundledPackages(root, metafiles, beside) {
  const folders = new Set([
    ...beside.map((name) => `node_modules/${name}`),
    ...metafiles
      .flatMap(({ inputs }) => Object.keys(inputs))
      .flatMap((input) => /^((?:.*\/)?node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(input)?.[1] ?? []),
  ])
  return Promise.all([...folders].sort().map((folder) => packageAt(root, folder)))
}

async function packageAt(root, folder) {
  const { name, version, license, licenses } = JSON.parse(await readFile(join(root, folder, 'package.json'), 'utf8'))
  // Before npm 1.2 it was a list.
  return { folder, name, version, licence: license ?? licenses?.[0]?.type }
}

/** The licences of these packages: their terms go where the code goes. */
export async function licenceTexts(root, packages) {
  const texts = await Promise.all(
    packages.map(async ({ folder, name, version, licence }) => {
      const file = (await readdir(join(root, folder))).find((entry) => /^licen[cs]e/i.test(entry))
      const text = file === undefined ? '' : (await readFile(join(root, folder, file), 'utf8')).trim()
      return `# ${name} ${version} (${licence ?? 'see its text'})\n\n${text}`
    }),
  )
  return texts.join('\n\n')
}

/** What ferry is made of, for programs that look for known weaknesses (CycloneDX 1.5): what is bundled, and what npm installs beside it. */
export async function billOfMaterials(root, bundled) {
  const [about, lock] = await Promise.all(
    ['package.json', 'package-lock.json'].map(async (file) => JSON.parse(await readFile(join(root, file), 'utf8'))),
  )
  const installed = Object.entries(lock.packages).filter(([folder, { dev }]) => folder !== '' && dev !== true)
  const bundledFolders = new Set(bundled.map(({ folder }) => folder))
  const beside = installed
    .filter(([folder]) => !bundledFolders.has(folder))
    .map(([folder, { name, version, license }]) => ({
      folder,
      name: name ?? folder.slice(folder.lastIndexOf('node_modules/') + 'node_modules/'.length),
      version,
      licence: license,
    }))
  const components = [...bundled, ...beside]
    .sort((one, other) => (one.folder < other.folder ? -1 : 1))
    .map((one) => component(one, lock.packages[one.folder], bundledFolders.has(one.folder)))
  return {
    bomFormat: 'CycloneDX',
    specVersion: '1.5',
    version: 1,
    metadata: { component: { ...identity(about), type: 'application', licenses: licencesOf(about.license) } },
    components,
  }
}

function component(one, locked, isBundled) {
  return {
    type: 'library',
    ...identity(one),
    scope: locked.optional === true ? 'optional' : 'required',
    hashes: [
      { alg: 'SHA-512', content: Buffer.from(locked.integrity.replace('sha512-', ''), 'base64').toString('hex') },
    ],
    licenses: licencesOf(one.licence),
    properties: [{ name: 'ferry:place', value: isBundled ? 'bundled' : 'installed' }],
  }
}

function identity({ name, version }) {
  const purl = `pkg:npm/${name.replace('@', '%40')}@${version}`
  return name.startsWith('@')
    ? { 'bom-ref': purl, group: name.split('/')[0], name: basename(name), version, purl }
    : { 'bom-ref': purl, name, version, purl }
}

/** Identifiers of SPDX among those that are here; anything else is told by its name. */
const spdx = /^(?:0BSD|Apache-2\.0|BSD-[23]-Clause|ISC|MIT|Unlicense)$/

function licencesOf(licence) {
  if (licence === undefined) return []
  return [{ license: spdx.test(licence) ? { id: licence } : { name: licence } }]
}
