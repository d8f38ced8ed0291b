import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { type FerryOptions, type FerryResult, runFerry } from '../support/run-ferry.ts'
import { endlessListing } from '../support/sftp-server/acts.ts'
import { statusAnswer } from '../support/sftp-server/answers.ts'
import { startSftpServer } from '../support/sftp-server/start-sftp-server.ts'
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

test('ls keeps the young generation small, and what was compiled is taken by the next run nevertheless', async () => {
  let batches = 0
  const names = endlessListing((index) => ({ name: `name-${index}`, attributes: { permissions: 0o100644 } }), 500)
  const root = join(home.path, 'there')
  await mkdir(root)
  await using server = await startSftpServer({
    root,
    users: [{ name: 'deploy', password: 'right' }],
    faults: [
      {
        on: 'readdir',
        act: (exchange) => {
          batches += 1
          return batches > 200 ? statusAnswer(1) : names(exchange)
        },
      },
    ],
  })
  const told = join(home.path, 'bytes')
  const probe = join(home.path, 'probe.cjs')
  const space = "require('v8').getHeapSpaceStatistics().find((one) => one.space_name === 'new_space').space_size"
  await writeFile(
    probe,
    `process.on('exit', () => require('fs').writeFileSync(${JSON.stringify(told)}, \`\${${space}}\`))`,
  )
  const env = { FERRY_PASSWORD: 'right', NODE_OPTIONS: `--require ${probe}` }
  const list = (): Promise<FerryResult> => {
    batches = 0
    return run(['ls', `sftp://deploy@127.0.0.1:${server.port}`, '-o', 'StrictHostKeyChecking=accept-new', '-q'], env)
  }
  const first = await list()
  expect(first.stderr).toBe('')
  expect(first.stdout.split('\n')).toHaveLength(100_001)
  expect(Number(await readFile(told, 'utf8'))).toBeLessThanOrEqual(8 * 2 ** 20)
  expect(await kept()).toBe('ls')
  const folder = join(home.path, '.cache/ferry')
  const [file = ''] = await readdir(folder)
  const { ino } = await stat(join(folder, file))
  expect((await list()).exitCode).toBe(0)
  // What is refused is made anew, under the same name.
  expect((await stat(join(folder, file))).ino).toBe(ino)
}, 60_000)
