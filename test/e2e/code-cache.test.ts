import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { type FerryOptions, type FerryResult, runFerry } from '../support/run-ferry.ts'
import { type TemporaryDirectory, temporaryDirectory } from '../support/temporary-directory.ts'

let home: TemporaryDirectory
beforeEach(async () => {
  home = await temporaryDirectory()
})
afterEach(() => home[Symbol.asyncDispose]())

const run = (args: readonly string[], env: FerryOptions['env'] = {}): Promise<FerryResult> =>
  runFerry(args, { home: home.path, env })

/** The commands whose code is kept. */
async function kept(): Promise<string> {
  const folder = join(home.path, '.cache/ferry')
  const [file, ...others] = await readdir(folder).catch(() => [])
  expect(others).toEqual([])
  return file === undefined ? '' : ((await readFile(join(folder, file), 'latin1')).split('\n').at(-1) ?? '')
}

test('the code of each command that succeeded is kept, and used', async () => {
  const listed = await run(['connections', 'list'])
  expect(listed).toMatchObject({ exitCode: 0, stderr: 'no connections\n' })
  expect(await kept()).toBe('connections list')
  expect(await run(['connections', 'list'])).toEqual(listed)
  expect(await run(['scripts', 'list'])).toMatchObject({ exitCode: 0, stderr: 'no scripts\n' })
  expect(await kept()).toBe('connections list,scripts list')
})

test('a command that fails leaves nothing behind', async () => {
  expect(await run(['connections', 'show', 'nobody'])).toMatchObject({ exitCode: 12 })
  expect(await kept()).toBe('')
})

test.each([
  ['where Node is told so', { NODE_DISABLE_COMPILE_CACHE: '1' }],
  ['where there is no place for it', { XDG_CACHE_HOME: '/dev/null' }],
])('nothing is kept %s', async (_where, env) => {
  expect(await run(['connections', 'list'], env)).toMatchObject({ exitCode: 0, stderr: 'no connections\n' })
  expect(await kept()).toBe('')
})
