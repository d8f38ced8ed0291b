import { readdir, readFile } from 'node:fs/promises'
import { dirname, join, relative, resolve } from 'node:path'
import { expect, test } from 'vitest'

/** A folder imports itself and the rows above its own; neighbours in a row are strangers. */
const rows = [
  ['errors'],
  ['model'],
  ['secrets', 'audit'],
  ['manifest', 'state', 'ssh'],
  ['enmasse', 'sftp'],
  ['transfer'],
  ['operations'],
  ['script'],
  ['api'],
  ['shell', 'web'],
  ['commands'],
  ['cli'],
] as const

/** Rooms that may know this machine's files. */
const withFiles = [
  'secrets',
  'audit',
  'manifest',
  'state',
  'ssh',
  'transfer',
  'operations',
  'script',
  'api',
  'shell',
  'web',
  'commands',
  'cli',
] as const

/** Libraries and parts of Node that only these rooms may know. */
const keepers: Readonly<Record<string, readonly string[]>> = {
  ssh2: ['ssh'],
  'ssh2-sftp-client': ['ssh'],
  'js-yaml': ['manifest'],
  'virtual:manifest-validator': ['manifest'],
  'age-encryption': ['secrets'],
  commander: ['commands', 'cli'],
  chalk: ['cli'],
  ora: ['cli'],
  picomatch: ['model', 'commands', 'operations', 'transfer', 'api'],
  hono: ['web'],
  '@hono/node-server': ['web'],
  pg: ['state'],
  'node:child_process': ['secrets', 'ssh', 'script', 'shell', 'web'],
  'node:fs': withFiles,
  'node:fs/promises': withFiles,
  // A pipe with a name is read as a socket is.
  'node:net': ['ssh', 'secrets'],
}

const source = resolve(import.meta.dirname, '../src')
const importPattern =
  /(?:^|\n)\s*(?:import|export)\b[^'"\n]*?(?:\bfrom\s*)?['"]([^'"]+)['"]|\bimport\(\s*['"]([^'"]+)['"]\s*\)|\bfrom '([^']+)'/g

async function imports(): Promise<{ file: string; room: string; target: string }[]> {
  const files = (await readdir(source, { recursive: true })).filter(
    (file) => file.endsWith('.ts') && !file.endsWith('.d.ts'),
  )
  const found = await Promise.all(
    files.map(async (file) => {
      const text = await readFile(join(source, file), 'utf8')
      const room = file.split('/')[0] ?? ''
      return [...text.matchAll(importPattern)].map((match) => ({
        file,
        room,
        target: match[1] ?? match[2] ?? match[3] ?? '',
      }))
    }),
  )
  return found.flat()
}

const rowOf = (room: string): number => rows.findIndex((row) => row.some((name) => name === room))

test('every folder of src is a room of the table', async () => {
  const folders = (await readdir(source, { withFileTypes: true })).filter((entry) => entry.isDirectory())
  expect(folders.map((folder) => folder.name).filter((name) => rowOf(name) < 0)).toEqual([])
})

test('imports only point up the rows', async () => {
  const wrong = (await imports())
    .filter(({ target }) => target.startsWith('.'))
    .map((one) => ({
      ...one,
      to: relative(source, resolve(source, dirname(one.file), one.target)).split('/')[0] ?? '',
    }))
    .filter(({ room, to }) => to !== '..' && room !== to && rowOf(to) >= rowOf(room))
  expect(wrong.map(({ file, target }) => `${file} imports ${target}`)).toEqual([])
})

test('each library is known only to its rooms', async () => {
  const wrong = (await imports()).filter(({ room, target }) => {
    const keeper = keepers[target]
    return keeper !== undefined && !keeper.includes(room)
  })
  expect(wrong.map(({ file, target }) => `${file} imports ${target}`)).toEqual([])
})

test('nothing below cli/ reads the process environment or ends the process', async () => {
  const files = (await readdir(source, { recursive: true })).filter(
    (file) => file.endsWith('.ts') && !file.startsWith('cli/') && file !== 'api/process-environment.ts',
  )
  const texts = await Promise.all(
    files.map(async (file) => ({ file, text: await readFile(join(source, file), 'utf8') })),
  )
  expect(
    texts
      .filter(({ text }) => /process\.(env|exit|argv|stdout|stderr|stdin)\b|console\./.test(text))
      .map(({ file }) => file),
  ).toEqual([])
})
