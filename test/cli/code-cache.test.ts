import { chmod, mkdir, readdir, readFile, rename, stat, symlink, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setFlagsFromString } from 'node:v8'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { type LoadedScript, loadScript } from '../../src/cli/code-cache.ts'
import { type TemporaryDirectory, temporaryDirectory } from '../support/temporary-directory.ts'

// Else V8 takes what it has compiled in this process, and looks at no file.
setFlagsFromString('--no-compilation-cache')

let place: TemporaryDirectory
let file: string
let folder: string

beforeEach(async () => {
  place = await temporaryDirectory()
  file = join(place.path, 'program-1.cjs')
  folder = join(place.path, 'cache/ferry')
  await writeFile(file, '(function () { const twice = (n) => n * 2; const word = () => "w"; return { twice, word } })')
})
afterEach(() => place[Symbol.asyncDispose]())

interface Program {
  twice(n: number): number
  word(): string
}

/** Loads the script, and runs it as far as `act` goes. */
function run(act: keyof Program, from: string | undefined = folder): LoadedScript & { result: string | number } {
  const loaded = loadScript(file, from)
  const start: () => Program = loaded.script.runInThisContext()
  const program = start()
  return { ...loaded, result: act === 'twice' ? program.twice(21) : program.word() }
}

const cacheFile = async (): Promise<string> => join(folder, (await readdir(folder))[0] ?? 'none')

/** Whether what is kept was taken. */
const isTaken = ({ script }: LoadedScript): boolean => script.cachedDataRejected === false

test('what was compiled for an act is there for the next run, in files of the user alone', async () => {
  const first = run('twice')
  expect([first.result, isTaken(first)]).toEqual([42, false])
  first.keep('twice')
  const second = run('twice')
  expect([second.result, isTaken(second)]).toEqual([42, true])
  expect((await stat(folder)).mode & 0o777).toBe(0o700)
  expect((await stat(await cacheFile())).mode & 0o777).toBe(0o600)
})

test('an act is added once, and to what others have left', async () => {
  run('twice').keep('twice')
  const before = await readFile(await cacheFile())
  run('twice').keep('twice')
  expect(await readFile(await cacheFile())).toEqual(before)
  run('word').keep('word')
  const after = await readFile(await cacheFile())
  expect(after.length).toBeGreaterThan(before.length)
  expect(after.toString('latin1')).toMatch(/\ntwice,word$/)
})

test.each([
  ['a file that others may write', async () => chmod(await cacheFile(), 0o620)],
  ['a folder that others may write', () => chmod(folder, 0o777)],
  [
    'a link',
    async () => {
      const cache = await cacheFile()
      const elsewhere = join(place.path, 'elsewhere')
      await rename(cache, elsewhere)
      await symlink(elsewhere, cache)
    },
  ],
])('%s is not trusted', async (_what, spoil) => {
  run('twice').keep('twice')
  await spoil()
  const loaded = run('twice')
  expect([loaded.result, isTaken(loaded)]).toEqual([42, false])
})

test.each([
  ['cut off', (content: Buffer) => content.subarray(0, content.length / 2)],
  ['empty', () => Buffer.alloc(0)],
  ['of something else', () => Buffer.from('hello\ntwice')],
])('a cache that is %s is made anew', async (_what, spoiled) => {
  run('twice').keep('twice')
  const cache = await cacheFile()
  await writeFile(cache, spoiled(await readFile(cache)))
  const loaded = run('twice')
  expect([loaded.result, isTaken(loaded)]).toEqual([42, false])
  loaded.keep('twice')
  expect(isTaken(run('twice'))).toBe(true)
})

test('without a place for a cache the script runs as well', async () => {
  const homeless = loadScript(file, undefined)
  homeless.keep('twice')
  expect(await readdir(place.path)).toEqual(['program-1.cjs'])
  await writeFile(join(place.path, 'cache'), 'a file where a folder should be')
  const loaded = run('twice')
  loaded.keep('twice')
  expect([loaded.result, isTaken(loaded)]).toEqual([42, false])
})

test('as somebody else in a home nothing is left behind', async () => {
  const somebodyElse = vi.spyOn(process, 'geteuid').mockReturnValue(12_345)
  try {
    run('twice').keep('twice')
  } finally {
    somebodyElse.mockRestore()
  }
  expect(await readdir(place.path)).toEqual(['program-1.cjs'])
})

test('what other versions left is removed after 30 days', async () => {
  await mkdir(folder, { recursive: true, mode: 0o700 })
  const days = (count: number): Date => new Date(Date.now() - count * 24 * 60 * 60 * 1000)
  for (const [name, age] of [
    ['program-0.cjs-v20.19.0-x64', 31],
    ['program-2.cjs-v20.19.0-x64', 29],
    ['not-ours', 31],
  ] as const) {
    await writeFile(join(folder, name), '')
    await utimes(join(folder, name), days(age), days(age))
  }
  run('twice').keep('twice')
  expect(await readdir(folder)).toEqual([
    'not-ours',
    expect.stringMatching(/^program-1\.cjs-v/),
    'program-2.cjs-v20.19.0-x64',
  ])
})

test.each([
  ['a link', async (elsewhere: string) => symlink(elsewhere, folder)],
  ['open to others', async () => mkdir(folder).then(() => chmod(folder, 0o777))],
])('nothing is written to a folder that is %s', async (_what, make) => {
  const elsewhere = join(place.path, 'elsewhere')
  await mkdir(elsewhere)
  await mkdir(join(place.path, 'cache'))
  await make(elsewhere)
  run('twice').keep('twice')
  expect([...(await readdir(elsewhere)), ...(await readdir(folder))]).toEqual([])
})
