import { readFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { expect, test } from 'vitest'

interface Locked {
  readonly integrity?: string
  readonly resolved?: string
  readonly dev?: true
  readonly optional?: true
  readonly hasInstallScript?: true
}

async function lockedPackages(): Promise<[string, Locked][]> {
  const text = await readFile(join(dirname(import.meta.dirname), 'package-lock.json'), 'utf8')
  return Object.entries<Locked>(JSON.parse(text).packages)
    .filter(([folder]) => folder !== '')
    .map(([folder, locked]) => [folder.replace(/^.*node_modules\//, ''), locked])
}

test('every package is pinned by a hash of its content, and by no registry', async () => {
  const packages = await lockedPackages()
  expect(packages.length).toBeGreaterThan(50)
  expect(packages.filter(([, { integrity }]) => !integrity?.startsWith('sha512-'))).toEqual([])
  expect(packages.filter(([, { resolved }]) => resolved !== undefined)).toEqual([])
})

test('what is installed to run ferry is ssh2 and what it needs; all else is bundled', async () => {
  const installed = (await lockedPackages()).filter(([, { dev }]) => dev === undefined)
  expect(installed.filter(([, { optional }]) => optional === undefined).map(([name]) => name)).toEqual([
    'asn1',
    'bcrypt-pbkdf',
    'safer-buffer',
    'ssh2',
    'tweetnacl',
  ])
  expect(installed.filter(([, { optional }]) => optional).map(([name]) => name)).toEqual([
    'buildcheck',
    'cpu-features',
    'nan',
  ])
  expect(installed.filter(([, { hasInstallScript }]) => hasInstallScript).map(([name]) => name)).toEqual([
    'cpu-features',
    'ssh2',
  ])
})
