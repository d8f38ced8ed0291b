import { randomBytes } from 'node:crypto'
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { watch } from 'node:fs/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type FerryResult, runFerry, startFerry } from '../support/run-ferry.ts'
import { type Sshd, useSshd } from '../support/sshd.ts'
import { type TemporaryDirectory, temporaryDirectory } from '../support/temporary-directory.ts'

const size = 10_000_000
const content = randomBytes(size)
const killAt = 6_000_000
let sshd: Sshd
let home: TemporaryDirectory

beforeAll(async () => {
  sshd = await useSshd()
  home = await temporaryDirectory()
})
afterAll(async () => {
  await sshd[Symbol.asyncDispose]()
  await home[Symbol.asyncDispose]()
})

const connection = (): string[] => [
  `sftp://${sshd.username}@${sshd.host}:${sshd.port}`,
  ...['-i', sshd.identityFile, '-o', `UserKnownHostsFile=${sshd.knownHostsFile}`],
]
const ferry = (...args: string[]): Promise<FerryResult> => runFerry(args, { home: home.path, cwd: home.path })

/** Settles when the temporary file of `big` is so long. */
async function grown(directory: string, bytes: number): Promise<void> {
  const isLong = (): boolean =>
    readdirSync(directory).some(
      (name) => name.startsWith('.big.ferry-') && statSync(`${directory}/${name}`).size > bytes,
    )
  const changes = watch(directory)
  for await (const _change of changes) if (isLong()) return
}

const ways = {
  upload: (name: string) => ({
    source: `${home.path}/${name}`,
    target: `${sshd.directory}/${name}`,
    args: ['upload', ...connection(), `${name}/big`, name],
  }),
  download: (name: string) => ({
    source: `${sshd.directory}/${name}`,
    target: `${home.path}/${name}`,
    args: ['download', ...connection(), `${name}/big`, name],
  }),
  sync: (name: string) => ({
    source: `${home.path}/${name}`,
    target: `${sshd.directory}/${name}`,
    args: ['sync', ...connection(), name, name],
  }),
  'sync --pull': (name: string) => ({
    source: `${sshd.directory}/${name}`,
    target: `${home.path}/${name}`,
    args: ['sync', ...connection(), name, name, '--pull'],
  }),
}

test.each([
  ['upload', 'SIGKILL'],
  ['upload', 'SIGTERM'],
  ['download', 'SIGKILL'],
  ['download', 'SIGTERM'],
  ['sync', 'SIGKILL'],
  ['sync --pull', 'SIGKILL'],
] as const)('%s --resume that %s ends leaves the old file, and the next run finishes it', async (way, signal) => {
  const { source, target, args } = ways[way](`${way.replaceAll(/\W/g, '')}-${signal}`)
  for (const directory of [source, target]) mkdirSync(directory)
  writeFileSync(`${source}/big`, content)
  writeFileSync(`${target}/big`, 'old')
  const options = { home: home.path, cwd: home.path }
  const process = await startFerry([...args, '--resume', '--limit', '12', '--json'], options)
  await grown(target, killAt)
  process.kill(signal)
  const ended = await process.result
  expect(readFileSync(`${target}/big`, 'utf8')).toBe('old')
  if (signal === 'SIGTERM') {
    expect(ended.exitCode).toBe(143)
    const { error } = JSON.parse(ended.stderr.trim().split('\n').at(-1) ?? '')
    expect(error).toMatchObject({ code: 'terminated', hint: expect.stringContaining('.big.ferry-') })
  }
  const { exitCode, stdout } = await ferry(...args, '--resume', '--json')
  expect(exitCode).toBe(0)
  expect(JSON.parse(stdout.trim().split('\n').at(-1) ?? '').bytes).toBeLessThan(size - 1_000_000)
  expect(readFileSync(`${target}/big`).equals(content)).toBe(true)
  expect(readdirSync(target)).toEqual(['big'])
})

// promise: all-or-nothing
test('a write that is killed leaves the old file', async () => {
  writeFileSync(`${sshd.directory}/note`, 'old')
  const args = ['write', ...connection(), 'note', '--limit', '1']
  const process = await startFerry(args, { home: home.path, cwd: home.path, stdin: content })
  for await (const _change of watch(sshd.directory)) {
    if (readdirSync(sshd.directory).some((name) => name.startsWith('.note.ferry-'))) break
  }
  process.kill('SIGKILL')
  await process.result
  expect(readFileSync(`${sshd.directory}/note`, 'utf8')).toBe('old')
})

test('a sync that is cut in the middle of its files is finished by the next one', async () => {
  const source = `${home.path}/many`
  mkdirSync(source)
  for (let n = 0; n < 40; n += 1) writeFileSync(`${source}/${n}`, content.subarray(n * 50_000, (n + 1) * 50_000))
  const process = await startFerry(['sync', ...connection(), 'many', 'many', '--limit', '2', '--json'], {
    home: home.path,
    cwd: home.path,
  })
  await process.until('stdout', /"action":"copy"/)
  process.kill('SIGKILL')
  await process.result
  for (const name of readdirSync(`${sshd.directory}/many`).filter((one) => !one.startsWith('.'))) {
    expect(readFileSync(`${sshd.directory}/many/${name}`).equals(readFileSync(`${source}/${name}`))).toBe(true)
  }
  const again = await ferry('sync', ...connection(), 'many', 'many', '--delete', '--json')
  expect(again.exitCode).toBe(0)
  expect(JSON.parse(again.stdout.trim().split('\n').at(-1) ?? '')).toMatchObject({ failures: [] })
  expect(readdirSync(`${sshd.directory}/many`).sort()).toEqual(readdirSync(source).sort())
  const last = await ferry('sync', ...connection(), 'many', 'many', '--json')
  expect(JSON.parse(last.stdout)).toMatchObject({ files: 0, bytes: 0, unchanged: 40 })
})
