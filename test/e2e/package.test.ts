import { execFile } from 'node:child_process'
import { readdir, readFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { beforeAll, describe, expect, test } from 'vitest'

const root = dirname(dirname(import.meta.dirname))
const json = async (file: string) => JSON.parse(await readFile(join(root, file), 'utf8'))

interface Component {
  readonly group?: string
  readonly name: string
  readonly version: string
  readonly purl: string
  readonly hashes: readonly { readonly alg: string; readonly content: string }[]
  readonly licenses: readonly unknown[]
  readonly properties: readonly { readonly value: string }[]
}
const nameOf = ({ group, name }: Component): string => (group === undefined ? name : `${group}/${name}`)
const isBundled = ({ properties }: Component): boolean => properties[0]?.value === 'bundled'

describe('the bill of materials', () => {
  let components: readonly Component[] = []
  beforeAll(async () => {
    ;({ components } = await json('dist/sbom.cdx.json'))
  })

  /** The bundler notes above each module where it comes from, in a bundle that is not squeezed. */
  test('lists every package that the bundles name, and its licence is in the package', async () => {
    const bundles = (await readdir(join(root, 'dist'))).filter((file) => file.endsWith('.js'))
    const texts = await Promise.all(bundles.map((file) => readFile(join(root, 'dist', file), 'utf8')))
    const named = texts.flatMap((text) =>
      [...text.matchAll(/^\/\/ (?:.*\/)?node_modules\/((?:@[^/\n]+\/)?[^/\n]+)\//gm)].map(([, name = '']) => name),
    )
    expect(named.length).toBeGreaterThan(100)
    const listed = components.filter(isBundled)
    expect(listed.map(nameOf)).toEqual(expect.arrayContaining([...new Set(named)]))
    // The command line's own, in the bundle that is squeezed; and what pages load.
    expect(listed.map(nameOf)).toEqual(expect.arrayContaining(['chalk', 'commander', 'ora', 'htmx.org']))
    const licences = await readFile(join(root, 'dist/third-party-licences.txt'), 'utf8')
    expect([...licences.matchAll(/^# (\S+ \S+) \(/gm)].map(([, one]) => one)).toEqual(
      listed.map((one) => `${nameOf(one)} ${one.version}`),
    )
    expect(listed.filter(({ licenses }) => licenses.length === 0)).toEqual([])
  })

  test('lists what npm installs beside them, and each as the lockfile has it', async () => {
    const { packages } = await json('package-lock.json')
    const locked = Object.entries<{ version: string; integrity: string; dev?: true }>(packages)
      .filter(([folder]) => folder !== '')
      .map(([folder, one]) => ({ ...one, called: `${folder.replace(/^.*node_modules\//, '')} ${one.version}` }))
    const called = (one: Component): string => `${nameOf(one)} ${one.version}`
    const installed = locked.filter(({ dev }) => dev === undefined).map((one) => one.called)
    expect(components.map(called)).toEqual(expect.arrayContaining(installed))
    expect(components.filter((one) => !isBundled(one) && !installed.includes(called(one)))).toEqual([])
    for (const one of components) {
      const { integrity = '' } = locked.find((other) => other.called === called(one)) ?? {}
      expect(one.hashes).toEqual([
        { alg: 'SHA-512', content: Buffer.from(integrity.slice(7), 'base64').toString('hex') },
      ])
      expect(one.purl).toBe(`pkg:npm/${nameOf(one).replace('@', '%40')}@${one.version}`)
    }
  })
})

describe('the package', () => {
  let files: readonly string[] = []
  beforeAll(async () => {
    const { stdout } = await promisify(execFile)('npm', ['pack', '--dry-run', '--json', '--ignore-scripts'], {
      cwd: root,
      maxBuffer: 1 << 24,
    })
    const [packed]: [{ files: readonly { path: string }[] }] = JSON.parse(stdout)
    files = packed.files.map(({ path }) => path)
  })

  test('holds what is needed to run and to read, and nothing else', () => {
    const needed = [
      /^(CHANGELOG|LICENSE|README|SECURITY)(\.md)?$/,
      /^package\.json$/,
      /^bin\/(ferry\.js|askpass\.js|package\.json)$/,
      /^dist\/[\w-]+\.c?js$/,
      /^dist\/(sbom\.cdx\.json|third-party-licences\.txt)$/,
      /^dist\/types\/.*\.d\.ts$/,
      /^dist\/web\/[\w.]+$/,
      /^schemas\/manifest\.schema\.json$/,
      /^(docs|examples)\//,
    ]
    expect(files.filter((file) => !needed.some((pattern) => pattern.test(file)))).toEqual([])
  })

  test('holds every file that it points to', async () => {
    const { bin, exports } = await json('package.json')
    const named = [...Object.values(bin), ...Object.values(exports).flatMap((one) => leavesOf(one))]
    expect(named.length).toBeGreaterThan(3)
    for (const file of named) expect(files).toContain(String(file).replace('./', ''))
  })

  const leavesOf = (value: unknown): unknown[] =>
    typeof value === 'object' && value !== null ? Object.values(value).flatMap(leavesOf) : [value]
})
