import { execFile } from 'node:child_process'
import { createHash, randomBytes } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { userInfo } from 'node:os'
import { setTimeout } from 'node:timers/promises'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import type { AuditEntry } from '../../src/audit/audit-entry.ts'
import { useCutRelay } from '../support/cut-line.ts'
import { endOf, type FerryResult, ferryPlace, runFerry, startFerry } from '../support/run-ferry.ts'
import { type Sshd, useSshd } from '../support/sshd.ts'
import { type TemporaryDirectory, temporaryDirectory } from '../support/temporary-directory.ts'

const password = 'hunter2-and-more'
let sshd: Sshd
let home: TemporaryDirectory
let there: string

beforeAll(async () => {
  sshd = await useSshd()
})
afterAll(() => sshd[Symbol.asyncDispose]())
beforeEach(async () => {
  home = await temporaryDirectory()
  there = `${sshd.directory}/${home.path.split('/').at(-1)}`
  mkdirSync(there)
})
afterEach(() => home[Symbol.asyncDispose]())

const address = (): string => `sftp://${sshd.username}@${sshd.host}:${sshd.port}/${there.split('/').at(-1)}`
const connection = (): string[] => [
  address(),
  ...['-i', sshd.identityFile, '-o', `UserKnownHostsFile=${sshd.knownHostsFile}`],
]
const logFile = (): string => `${home.path}/audit.log`
const options = (log = logFile()) => ({ home: home.path, cwd: home.path, env: { FERRY_AUDIT_LOG: log } })
const ferry = (...args: string[]): Promise<FerryResult> => runFerry(args, options())

const entries = (): AuditEntry[] =>
  existsSync(logFile())
    ? readFileSync(logFile(), 'utf8')
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line))
    : []
/** What the outcomes say, in words: `upload ok /inbox/a`. */
const outcomes = (): string[] =>
  entries()
    .filter(({ phase }) => phase === 'outcome')
    .map(({ operation, result, path }) => `${operation} ${result} ${path.split('/').at(-1)}`)
const sha256 = (data: string | Buffer): string => createHash('sha256').update(data).digest('hex')
/** Settles when a temporary file in the directory is so long. */
async function grown(directory: string, bytes: number): Promise<void> {
  const isLong = (): boolean =>
    readdirSync(directory).some((name) => /\.ferry-/.test(name) && statSync(`${directory}/${name}`).size >= bytes)
  while (!isLong()) await setTimeout(20)
}
const listing = (): string[] => readdirSync(there, { recursive: true }).map(String).sort()

test('an upload is two lines for each file, with the size and the hash of what was sent', async () => {
  const content = randomBytes(300_000)
  mkdirSync(`${home.path}/out/sub`, { recursive: true })
  writeFileSync(`${home.path}/out/a`, content)
  writeFileSync(`${home.path}/out/sub/b`, '')
  const { exitCode, stderr } = await ferry('upload', ...connection(), 'out', 'in')
  expect({ exitCode, stderr }).toMatchObject({ exitCode: 0 })
  const [intent, outcome, ...others] = entries().filter(({ path }) => path.endsWith('/in/a'))
  expect(others).toEqual([])
  const both = {
    user: userInfo().username,
    command: 'upload',
    connection: address(),
    operation: 'upload',
    side: 'remote',
    from: `${home.path}/out/a`,
    id: intent?.id,
  }
  expect(intent).toMatchObject({ ...both, phase: 'intent' })
  expect(intent).not.toHaveProperty('result')
  expect(outcome).toMatchObject({ ...both, phase: 'outcome', result: 'ok', size: 300_000, sha256: sha256(content) })
  expect(Date.parse(outcome?.time ?? '')).toBeGreaterThanOrEqual(Date.parse(intent?.time ?? ''))
  expect(outcomes()).toEqual(
    expect.arrayContaining(['mkdir ok in', 'mkdir ok sub', 'upload ok a', 'upload ok b', 'set_attributes ok sub']),
  )
  expect(entries().find(({ path, phase }) => path.endsWith('/b') && phase === 'outcome')?.sha256).toBe(sha256(''))
  expect(statSync(logFile()).mode & 0o777).toBe(0o600)
})

test('a download is recorded with the local file and its hash, resumed or not', async () => {
  const content = randomBytes(9_000_000)
  writeFileSync(`${there}/big`, content)
  const process = await startFerry(['download', ...connection(), 'big', 'got', '--resume', '--limit', '12'], options())
  await grown(home.path, 6_000_000)
  process.kill('SIGKILL')
  await process.result
  await ferry('download', ...connection(), 'big', 'got', '--resume')
  await ferry('download', ...connection(), 'big', 'plain', '--no-atomic')
  const made = entries().filter(({ result }) => result === 'ok')
  expect(made.map(({ path, from, size, side }) => ({ path, size, side, from: from?.endsWith('/big') }))).toEqual([
    { path: `${home.path}/got`, size: content.length, side: 'local', from: true },
    { path: `${home.path}/plain`, size: content.length, side: 'local', from: true },
  ])
  for (const one of made) expect(one.sha256).toBe(sha256(content))
})

test('over several connections, and over a line that is cut, a file is one change, with the hash of the whole', async () => {
  const content = randomBytes(6_000_000)
  writeFileSync(`${home.path}/big`, content)
  await using relay = await useCutRelay(sshd.port, [2_000_000])
  const through = connection().map((word) => word.replace(`:${sshd.port}/`, `:${relay.port}/`))
  const alias = ['-o', `HostKeyAlias=[127.0.0.1]:${sshd.port}`]
  const commands = [
    ['upload', ...connection(), '--connections', '4', 'big', 'split'],
    ['upload', ...through, ...alias, '--retry', '2', 'big', 'retried'],
    ['download', ...connection(), '--connections', '4', 'split', 'back'],
  ]
  for (const args of commands) {
    const { exitCode, stderr } = await ferry(...args)
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: expect.any(String) })
  }
  expect(relay.accepted()).toBe(2)
  expect(entries()).toHaveLength(6)
  for (const one of entries().filter(({ phase }) => phase === 'outcome')) {
    expect(one).toMatchObject({ result: 'ok', size: content.length, sha256: sha256(content) })
  }
})

test('what only looks is not recorded', async () => {
  writeFileSync(`${there}/a`, 'x')
  for (const args of [['ls'], ['info', 'a'], ['read', 'a'], ['exists', 'a'], ['df'], ['ping']]) {
    const [command = '', ...rest] = args
    const { exitCode } = await ferry(command, ...connection(), ...rest)
    expect(exitCode).toBe(0)
  }
  expect(existsSync(logFile())).toBe(false)
})

test('each change of a path is recorded under its own name, also one that the server refuses', async () => {
  mkdirSync(`${there}/tree/sub`, { recursive: true })
  for (const name of ['tree/a', 'tree/sub/b', 'c', 'd']) writeFileSync(`${there}/${name}`, 'x')
  await ferry('mkdir', ...connection(), 'new')
  await ferry('chmod', ...connection(), '640', 'c')
  await ferry('rename', ...connection(), 'c', 'e')
  await ferry('symlink', ...connection(), 'e', 'link')
  await ferry('hardlink', ...connection(), 'e', 'twin')
  await ferry('delete', '-r', ...connection(), 'tree')
  await ferry('write', ...connection(), 'note', 'words')
  expect((await ferry('rename', ...connection(), 'nothing', 'f')).exitCode).toBe(1)
  expect(outcomes()).toEqual([
    'mkdir ok new',
    'chmod ok c',
    'rename ok e',
    'symlink ok link',
    'hardlink ok twin',
    expect.stringMatching(/^delete ok [ab]$/),
    expect.stringMatching(/^delete ok (b|sub|a)$/),
    expect.stringMatching(/^delete ok (sub|a)$/),
    'delete ok tree',
    'write ok note',
    'rename not_found f',
  ])
  const done = entries().filter(({ phase }) => phase === 'outcome')
  expect(done.find(({ operation }) => operation === 'chmod')?.mode).toBe('0640')
  expect(done.find(({ operation }) => operation === 'symlink')?.target).toBe('e')
  expect(done.find(({ operation }) => operation === 'write')).toMatchObject({ size: 5, sha256: sha256('words') })
})

// promise: audit-no-secret
test('a script is recorded line by line, on both sides, and without the text of local commands', async () => {
  writeFileSync(`${home.path}/a`, 'from here')
  writeFileSync(`${there}/b`, 'from there')
  const script = [
    'put a',
    'get b',
    'lmkdir made',
    `!: ${password}`,
    '!test -n "$FERRY_AUDIT_LOG"',
    'rm b',
    '-rm nowhere',
    'rename a z',
  ]
  const { exitCode, stderr } = await ferry('exec', ...connection(), ...script.flatMap((line) => ['-c', line]))
  // A shell that failed would be told.
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: expect.not.stringContaining('status') })
  expect(outcomes()).toEqual([
    'upload ok a',
    'download ok b',
    'mkdir ok made',
    `local_command ok ${home.path.split('/').at(-1)}`,
    `local_command ok ${home.path.split('/').at(-1)}`,
    'delete ok b',
    'delete not_found nowhere',
    'rename ok z',
  ])
  const [upload, download] = entries().filter(({ sha256: hash }) => hash !== undefined)
  expect(upload).toMatchObject({ sha256: sha256('from here'), size: 9, command: 'exec' })
  expect(download).toMatchObject({ sha256: sha256('from there'), size: 10, path: `${home.path}/b` })
  expect(readFileSync(logFile(), 'utf8')).not.toContain(password)
})

test('a download over a tree that is there records no directory as made', async () => {
  mkdirSync(`${there}/again/sub`, { recursive: true })
  writeFileSync(`${there}/again/sub/a`, 'x')
  const made: string[][] = []
  for (const _ of ['new', 'there']) {
    const before = outcomes().length
    expect((await ferry('download', ...connection(), 'again/.', 'again')).exitCode).toBe(0)
    made.push(
      outcomes()
        .slice(before)
        .filter((line) => line.startsWith('mkdir'))
        .sort(),
    )
  }
  expect(made).toEqual([['mkdir ok again', 'mkdir ok sub'], []])
})

test('a sync is recorded on the side that it changes', async () => {
  mkdirSync(`${there}/site/sub`, { recursive: true })
  writeFileSync(`${there}/site/sub/page`, 'new')
  symlinkSync('sub/page', `${there}/site/index`)
  mkdirSync(`${home.path}/site`)
  writeFileSync(`${home.path}/site/old`, 'x')
  const { exitCode } = await ferry('sync', ...connection(), 'site', 'site', '--pull', '--delete')
  expect(exitCode).toBe(0)
  const done = entries().filter(({ phase }) => phase === 'outcome')
  expect(done.every(({ side, path }) => side === 'local' && path.startsWith(`${home.path}/site`))).toBe(true)
  expect(outcomes()).toEqual(
    expect.arrayContaining(['mkdir ok sub', 'download ok page', 'symlink ok index', 'delete ok old']),
  )
})

// promise: audit-no-secret
test('changes of the state are recorded by object, and no secret is', async () => {
  const run = (args: string[], stdin = '') => runFerry(args, { ...options(), stdin })
  writeFileSync(
    `${home.path}/deploy.yml`,
    `connections:\n  - name: two\n    host: example.com\n    password: ${password}\nscripts:\n  - name: s\n    body: ls\n`,
  )
  const commands: [string[], string?][] = [
    [['connections', 'create', 'one', '--host', 'example.com', '--password', '-'], `${password}\n`],
    [['connections', 'edit', 'one', '--username', 'u']],
    [['connections', 'disable', 'one']],
    [['connections', 'disable', 'one']],
    [['connections', 'rename', 'one', 'uno']],
    [['enmasse', 'import', 'deploy.yml']],
    [['state', 'backup', 'backup.json']],
    [['connections', 'delete', 'uno']],
    [['state', 'restore', 'backup.json']],
    [['enmasse', 'export', '--output', 'export.yml']],
  ]
  for (const [args, stdin] of commands) {
    const { exitCode, stderr } = await run(args, stdin)
    expect({ args, exitCode, stderr }).toEqual({ args, exitCode: 0, stderr: expect.any(String) })
  }
  const done = entries().filter(({ phase }) => phase === 'outcome')
  expect(
    done.map(({ command, operation, result, connection: name, script }) => ({
      command,
      text: [operation, result, name ?? script].join(' '),
    })),
  ).toEqual([
    { command: 'connections create', text: 'create_connection ok one' },
    { command: 'connections edit', text: 'update_connection ok one' },
    { command: 'connections disable', text: 'update_connection ok one' },
    { command: 'connections rename', text: 'create_connection ok uno' },
    { command: 'connections rename', text: 'delete_connection ok one' },
    { command: 'enmasse import', text: 'create_connection ok two' },
    { command: 'enmasse import', text: 'create_script ok s' },
    { command: 'state backup', text: 'replace_state ok ' },
    { command: 'connections delete', text: 'delete_connection ok uno' },
    { command: 'state restore', text: 'create_connection ok uno' },
    { command: 'enmasse export', text: 'export ok ' },
  ])
  expect(readFileSync(logFile(), 'utf8')).not.toContain(password)
})

// promise: audit-intent
test.each([
  ['upload', ['upload', 'LOCAL', 'new']],
  ['upload of a tree', ['upload', 'tree', 'new']],
  ['download', ['download', 'there', 'here']],
  ['download of a tree', ['download', 'dir', 'here']],
  ['write', ['write', 'there', 'other']],
  ['mkdir', ['mkdir', 'new']],
  ['delete', ['delete', 'there', 'dir/inner']],
  ['delete -r', ['delete', '-r', 'dir']],
  ['chmod', ['chmod', '600', 'there', 'dir/inner']],
  ['chown', ['chown', '1', 'there']],
  ['rename', ['rename', 'there', 'new']],
  ['move', ['move', 'there', 'new']],
  ['symlink', ['symlink', 'there', 'new']],
  ['hardlink', ['hardlink', 'there', 'new']],
  ['exec', ['exec', '-c', '-rm there', '-c', 'mkdir new']],
  ['exec put', ['exec', '-c', 'put LOCAL new', '-c', 'put LOCAL newer']],
  ['exec !', ['exec', '-c', '!touch here']],
  ['sync', ['sync', 'tree', 'dir', '--delete']],
  ['sync --pull', ['sync', 'empty', 'dir', '--pull']],
])('where the intent cannot be written, %s does nothing', async (_name, [command = '', ...rest]) => {
  mkdirSync(`${there}/dir`)
  for (const name of ['there', 'dir/inner']) writeFileSync(`${there}/${name}`, 'x', { mode: 0o644 })
  for (const name of ['tree', 'empty']) mkdirSync(`${home.path}/${name}`)
  for (const name of ['LOCAL', 'tree/a', 'tree/b']) writeFileSync(`${home.path}/${name}`, 'x')
  const files = (): string[] =>
    [there, home.path].flatMap((root) =>
      readdirSync(root, { recursive: true })
        .map(String)
        .filter((name) => !name.startsWith('.'))
        .map((name) => `${name} ${statSync(`${root}/${name}`).mode} ${statSync(`${root}/${name}`).uid}`)
        .sort(),
    )
  const before = files()
  const { exitCode, stderr } = await runFerry(
    [command, ...connection(), ...rest, '--json'],
    options(`${home.path}/tree`),
  )
  expect({ exitCode, stderr }).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('"audit_failed"') })
  expect(stderr).toMatch(/not done: write the audit log \S+: is a directory/)
  expect(files()).toEqual(before)
})

// promise: audit-intent
test('where the intent cannot be written, a script on several connections, and a shell, end at once', async () => {
  const stored = (name: string): string => `
  - name: ${name}
    host: ${sshd.host}
    port: ${sshd.port}
    username: ${sshd.username}
    identity_file: ${sshd.identityFile}
    known_hosts_file: ${sshd.knownHostsFile}
    directory: ${there}`
  writeFileSync(`${home.path}/two.yml`, `connections:${stored('one')}${stored('two')}\n`)
  expect((await runFerry(['enmasse', 'import', 'two.yml'], { home: home.path, cwd: home.path })).exitCode).toBe(0)
  const several = await runFerry(['exec', 'one', 'two', '-c', 'mkdir a', '--keep-going', '--json'], options(there))
  expect(several).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('"audit_failed"') })
  const shell = await runFerry(['shell', 'one'], { ...options(there), stdin: '-mkdir a\nmkdir b\n' })
  expect(shell).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('not done: write the audit log') })
  expect(listing()).toEqual([])
  await runFerry(['shell', 'one'], { ...options(), stdin: 'mkdir b\n' })
  expect(entries()).toMatchObject([
    { phase: 'intent', command: 'shell', connection: 'one', operation: 'mkdir', path: `${there}/b` },
    { phase: 'outcome', result: 'ok' },
  ])
})

test('what was interrupted ends with that, where there is time', async () => {
  writeFileSync(`${home.path}/big`, randomBytes(3_000_000))
  const process = await startFerry(['upload', ...connection(), 'big', 'big', '--limit', '1'], options())
  await grown(there, 1)
  process.kill('SIGTERM')
  expect((await process.result).exitCode).toBe(143)
  expect(entries()).toMatchObject([{ phase: 'intent' }, { phase: 'outcome', result: 'terminated' }])
  expect(entries()[1]).not.toHaveProperty('sha256')
})

// promise: audit-intent
test('where the intent cannot be written, the state is not changed', async () => {
  const args = ['connections', 'create', 'one', '--host', 'example.com']
  const { exitCode, stderr } = await runFerry(args, options(`${home.path}/no/such/folder`))
  expect({ exitCode, stderr }).toEqual({
    exitCode: 1,
    stderr: expect.stringMatching(/^ferry: create connection one: not done: write the audit log .*\n {2}hint: /),
  })
  expect((await ferry('connections', 'list', '--json')).stdout.trim()).toBe('[]')
})

// promise: audit-killed
test('what a killed process was doing is an intent without an outcome', async () => {
  writeFileSync(`${home.path}/big`, randomBytes(3_000_000))
  const process = await startFerry(['upload', ...connection(), 'big', 'big', '--limit', '1'], options())
  await grown(there, 1)
  process.kill('SIGKILL')
  await process.result
  expect(entries()).toMatchObject([{ phase: 'intent', operation: 'upload', from: `${home.path}/big` }])
})

// promise: audit-full
test('a log that gets full ends the command, and tells of all that was done', async () => {
  mkdirSync(`${home.path}/out`)
  for (let index = 0; index < 40; index += 1) writeFileSync(`${home.path}/out/${index}`, 'x')
  const place = await ferryPlace(options())
  // In units of 1 KiB: after some files the next line does not fit.
  const words = [process.execPath, place.program, 'upload', ...connection(), 'out', 'in', '--json']
  const child = execFile('bash', ['-c', 'ulimit -f 8; exec "$@"', 'bash', ...words], place)
  let stderr = ''
  child.stderr?.on('data', (text: string) => (stderr += text))
  const { exitCode } = await endOf(child)
  expect({ exitCode, stderr }).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('"audit_failed"') })
  const lines = readFileSync(logFile(), 'utf8').split('\n')
  const intended = lines.slice(0, -1).map((line): AuditEntry => JSON.parse(line))
  const paths = intended
    .filter(({ phase }) => phase === 'intent')
    .map(({ path }) => path.split('/').slice(-2).join('/'))
  for (const name of listing().filter((one) => /^in\/\d+$/.test(one))) expect(paths).toContain(name)
  expect(listing().length).toBeLessThan(40)
})
