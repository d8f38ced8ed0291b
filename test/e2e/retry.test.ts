import { createHash, randomBytes } from 'node:crypto'
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type CutRelay, useCutRelay } from '../support/cut-line.ts'
import { freePort } from '../support/free-port.ts'
import { type FerryResult, runFerry, startFerry } from '../support/run-ferry.ts'
import { runInTerminal } from '../support/run-in-terminal.ts'
import { destroy, performed } from '../support/sftp-server/acts.ts'
import { startSftpServer } from '../support/sftp-server/start-sftp-server.ts'
import { type Sshd, useSshd } from '../support/sshd.ts'
import { type TemporaryDirectory, temporaryDirectory } from '../support/temporary-directory.ts'

const size = 3_000_000
const content = randomBytes(size)
let sshd: Sshd
let home: TemporaryDirectory

beforeAll(async () => {
  sshd = await useSshd()
  home = await temporaryDirectory()
  writeFileSync(`${home.path}/big`, content)
})
afterAll(async () => {
  await sshd[Symbol.asyncDispose]()
  await home[Symbol.asyncDispose]()
})

/** The host key is known under the name of the server itself, whoever leads there. */
const connection = (port = sshd.port): string[] => [
  `sftp://${sshd.username}@${sshd.host}:${port}`,
  ...['-i', sshd.identityFile, '-o', `UserKnownHostsFile=${sshd.knownHostsFile}`],
  ...['-o', `HostKeyAlias=[127.0.0.1]:${sshd.port}`],
]
const options = () => ({ home: home.path, cwd: home.path })
const ferry = (...args: string[]): Promise<FerryResult> => runFerry(args, options())
const hash = (file: string): string => createHash('sha256').update(readFileSync(file)).digest('hex')
const wanted = createHash('sha256').update(content).digest('hex')
const again = /^ferry: warning: sftp:\S+: .*; trying again in [\d.]+m?s \(1 of 3\)$/m

/** A directory of its own on both sides, with the old file on the side that is changed. */
function scene(name: string, changed: 'here' | 'there') {
  const [here, there] = [`${home.path}/${name}`, `${sshd.directory}/${name}`]
  for (const directory of [here, there]) {
    rmSync(directory, { recursive: true, force: true })
    mkdirSync(directory)
  }
  const [source, target] = changed === 'there' ? [here, there] : [there, here]
  writeFileSync(`${source}/big`, content)
  writeFileSync(`${target}/big`, 'old')
  return { target }
}

const cutAt = (...cuts: number[]): Promise<CutRelay> => useCutRelay(sshd.port, cuts)

// promise: retry-any-byte
describe.each([
  ['upload', 'there', (at: string[]) => ['upload', ...at, 'x/big', 'x/big']],
  ['download', 'here', (at: string[]) => ['download', ...at, 'x/big', 'x/big']],
  ['sync', 'there', (at: string[]) => ['sync', ...at, 'x', 'x']],
  ['exec', 'there', (at: string[]) => ['exec', ...at, '--atomic', '-c', 'put x/big x/big']],
] as const)('%s --retry, over a line that is cut', (_name, changed, args) => {
  test.each([
    ['before the greeting', [10]],
    ['in the login', [2500]],
    ['at the beginning of the file', [60_000]],
    ['in the middle of it, twice', [1_234_567, 1_000_001]],
    ['near its end', [size - 20_000]],
  ] as const)('%s, moves the whole file all the same', async (_where, cuts) => {
    await using relay = await cutAt(...cuts)
    const { target } = scene('x', changed)
    const { exitCode, stderr } = await ferry(...args(connection(relay.port)), '--retry', '3')
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: expect.stringMatching(again) })
    expect(hash(`${target}/big`)).toBe(wanted)
    expect(readdirSync(target)).toEqual(['big'])
    expect(relay.accepted()).toBe(cuts.length + 1)
  })
})

test('an sshd whose processes are killed under an upload is connected to again', async () => {
  const { target } = scene('killed', 'there')
  const args = ['upload', ...connection(), 'killed/big', 'killed/big', '--retry', '3', '--limit', '2']
  const process = await startFerry(args, options())
  for (;;) {
    const part = readdirSync(target).find((name) => name.startsWith('.big.ferry-'))
    if (part !== undefined && readFileSync(`${target}/${part}`).length > 500_000) break
    await new Promise((resolve) => setImmediate(resolve))
  }
  await sshd.dropConnections()
  const { exitCode, stderr } = await process.result
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: expect.stringMatching(again) })
  expect(hash(`${target}/big`)).toBe(wanted)
  expect(readdirSync(target)).toEqual(['big'])
})

// promise: retry-any-byte
test("a connection by the system's ssh is made again", async () => {
  await using relay = await cutAt(1_500_000, 700_000)
  const { target } = scene('openssh', 'there')
  const fields = ['--host', sshd.host, '--port', String(relay.port), '--username', sshd.username]
  const keys = ['--identity-file', sshd.identityFile, '--known-hosts-file', sshd.knownHostsFile]
  await ferry('connections', 'create', 'by-ssh', '--transport', 'openssh', ...fields, ...keys)
  const alias = ['-o', `HostKeyAlias=[127.0.0.1]:${sshd.port}`]
  const { exitCode, stderr } = await ferry('put', 'by-ssh', ...alias, 'openssh/big', 'openssh/big', '--retry', '3')
  expect({ exitCode, stderr }).toEqual({
    exitCode: 0,
    stderr: expect.stringContaining('connection lost; trying again'),
  })
  expect(hash(`${target}/big`)).toBe(wanted)
  expect(readdirSync(target)).toEqual(['big'])
  expect(relay.accepted()).toBe(3)
})

// promise: retry-any-byte
test.each([
  ['upload', 'there'],
  ['download', 'here'],
] as const)('%s --connections 3, of which each is cut, moves the whole file all the same', async (act, changed) => {
  await using relay = await cutAt(1_000_000, 400_000, 700_000)
  const { target } = scene('several', changed)
  const args = [act, ...connection(relay.port), 'several/big', 'several/big', '--connections', '3', '--retry', '3']
  expect(await ferry(...args)).toMatchObject({ exitCode: 0 })
  expect(hash(`${target}/big`)).toBe(wanted)
  expect(readdirSync(target)).toEqual(['big'])
})

describe('a server with a password', () => {
  const served = async () => {
    const root = `${home.path}/served`
    rmSync(root, { recursive: true, force: true })
    mkdirSync(root)
    writeFileSync(`${root}/big`, content)
    return startSftpServer({ root, users: [{ name: 'u', password: 'secret' }] })
  }
  const at = (port: number): string[] => [
    `sftp://u@127.0.0.1:${port}`,
    '-o',
    'StrictHostKeyChecking=no',
    '--retry',
    '3',
  ]

  test('that falls silent in the middle is connected to again', async () => {
    await using server = await served()
    const args = ['download', ...at(server.port), '/big', 'silent', '--limit', '2', '--timeout', '1']
    const process = await startFerry(args, { ...options(), env: { FERRY_PASSWORD: 'secret' } })
    const part = (): string | undefined => readdirSync(home.path).find((name) => name.startsWith('.silent.ferry-'))
    while (readFileSync(`${home.path}/${part() ?? 'big'}`).length > 1_000_000 || part() === undefined) {
      await new Promise((resolve) => setImmediate(resolve))
    }
    server.freezeConnections()
    const { exitCode, stderr } = await process.result
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: expect.stringContaining('timed out; trying again') })
    expect(hash(`${home.path}/silent`)).toBe(wanted)
  })

  test('that is typed is asked for once', async () => {
    await using server = await served()
    const args = ['shell', ...at(server.port)]
    const { output, exitCode } = await runInTerminal(args, {
      ...options(),
      inTurn: true,
      typing: [
        { at: /password: /, text: 'secret\r' },
        { at: /\/> /, text: 'ls -1\r' },
        { at: /big[\s\S]*\/> /, before: async () => server.dropConnections(), text: 'rename big bigger\r' },
        { at: /trying again[\s\S]*\/> /, text: 'ls -1\r' },
        { at: /bigger[\s\S]*\/> /, text: 'bye\r' },
      ],
    })
    expect(exitCode).toBe(0)
    expect(output.match(/password: /g)).toHaveLength(1)
    expect(server.logins.filter(({ method }) => method === 'password')).toHaveLength(2)
    expect(server.accepted()).toBe(2)
  })
})

describe('where the retries are not enough', () => {
  test('with --resume the part is named, and the next run goes on with it', async () => {
    await using relay = await cutAt(8_000_000, 2_000)
    const { target } = scene('resume', 'there')
    const bigger = Buffer.concat([content, content, content, content])
    writeFileSync(`${home.path}/resume/big`, bigger)
    const args = (port: number): string[] => ['upload', ...connection(port), 'resume/big', 'resume/big', '--resume']
    const { exitCode, stderr } = await ferry(...args(relay.port), '--retry', '1', '--json')
    expect(exitCode).toBe(23)
    const { error } = JSON.parse(stderr.trim().split('\n').at(-1) ?? '')
    expect(error).toMatchObject({
      code: 'connection_lost',
      message: expect.stringContaining('given up after 1 retry'),
      hint: expect.stringMatching(/^--resume goes on with \S*\.big\.ferry-[0-9a-f]{12}$/),
    })
    expect(readFileSync(`${target}/big`, 'utf8')).toBe('old')
    const { exitCode: then, stdout } = await ferry(...args(sshd.port), '--json')
    expect(then).toBe(0)
    expect(JSON.parse(stdout).bytes).toBeLessThan(bigger.length - 2_000_000)
    expect(readFileSync(`${target}/big`).equals(bigger)).toBe(true)
    expect(readdirSync(target)).toEqual(['big'])
  })

  test('without it, the temporary file that is left is named', async () => {
    await using relay = await cutAt(1_000_000, 1_000)
    const { target } = scene('left', 'there')
    const args = ['upload', ...connection(relay.port), 'left/big', 'left/big', '--retry', '1']
    const { exitCode, stderr } = await ferry(...args)
    expect(exitCode).toBe(23)
    expect(stderr).toMatch(/temporary files may be left on the server: \S*\.big\.ferry-/)
    expect(readFileSync(`${target}/big`, 'utf8')).toBe('old')
  })
})

test('ping --retry waits for a server that is not there yet', async () => {
  const port = await freePort()
  const options = { root: sshd.directory, users: [{ name: 'u', password: 'secret' }] }
  const process = await startFerry(
    ['ping', `sftp://u@127.0.0.1:${port}`, '--retry', '5', '-o', 'StrictHostKeyChecking=no'],
    { home: home.path, env: { FERRY_PASSWORD: 'secret' } },
  )
  await process.until('stderr', /connection refused; trying again in [\d.]+m?s \(1 of 5\)/)
  await using _server = await startSftpServer({ ...options, port })
  const { exitCode, stdout } = await process.result
  expect({ exitCode, stdout }).toEqual({ exitCode: 0, stdout: expect.stringContaining('ok') })
})

// promise: retry-what-passes
test('a password that is refused is not offered again', async () => {
  await using server = await startSftpServer({ root: sshd.directory, users: [{ name: 'u', password: 'secret' }] })
  const { exitCode, stderr } = await runFerry(
    ['ls', `sftp://u@127.0.0.1:${server.port}`, '--retry', '5', '-o', 'StrictHostKeyChecking=no'],
    { home: home.path, env: { FERRY_PASSWORD: 'wrong' } },
  )
  expect(exitCode).toBe(22)
  expect(stderr).not.toContain('trying again')
  expect(server.accepted()).toBe(1)
})

// promise: retry-what-passes
test('a server that comes back with another host key is not trusted', async () => {
  const { directory } = sshd
  const users = [{ name: 'u', password: 'secret' }]
  await using first = await startSftpServer({ root: directory, users, faults: [{ on: 'opendir', act: destroy }] })
  const { port } = first
  const knownHosts = `${home.path}/known-first`
  writeFileSync(knownHosts, first.knownHostsLine)
  const process = await startFerry(
    ['ls', `sftp://u@127.0.0.1:${port}`, '--retry', '5', '-o', `UserKnownHostsFile=${knownHosts}`],
    { home: home.path, env: { FERRY_PASSWORD: 'secret' } },
  )
  await process.until('stderr', /connection lost; trying again/)
  await first.stop()
  await using second = await startSftpServer({ root: directory, users, port })
  const { exitCode } = await process.result
  expect(exitCode).toBe(21)
  expect(second.logins).toEqual([])
})

// promise: retry-ends
describe('the pause between two tries', () => {
  const nobody = async (...args: string[]) => ['ls', `sftp://u@127.0.0.1:${await freePort()}`, '--retry', '9', ...args]

  test.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)('%s ends it', async (signal, status) => {
    const process = await startFerry(await nobody(), options())
    await process.until('stderr', /\(2 of 9\)/)
    process.kill(signal)
    const { exitCode, stderr } = await process.result
    expect(exitCode).toBe(status)
    expect(stderr).not.toContain('(4 of 9)')
  })

  test('--deadline ends it', async () => {
    const { exitCode, stderr } = await ferry(...(await nobody('--deadline', '1500ms')))
    expect({ exitCode, stderr }).toEqual({
      exitCode: 23,
      stderr: expect.stringContaining('not done within 1s500ms (--deadline)'),
    })
  })

  test('-q does not tell of it', async () => {
    const { stderr } = await ferry(...(await nobody('-q', '--deadline', '1500ms')))
    expect(stderr).not.toContain('trying again')
  })
})

// promise: retry-looks
test('a rename whose answer is lost says what was found', async () => {
  const root = `${home.path}/root`
  mkdirSync(root)
  writeFileSync(`${root}/a`, 'one')
  await using server = await startSftpServer({
    root,
    users: [{ name: 'u', password: 'secret' }],
    faults: [{ on: 'rename', times: 1, act: performed(() => undefined) }],
  })
  const process = await startFerry(
    ['rename', `sftp://u@127.0.0.1:${server.port}`, '/a', '/b', '--retry', '3', '-o', 'StrictHostKeyChecking=no'],
    { home: home.path, env: { FERRY_PASSWORD: 'secret' } },
  )
  while (!readdirSync(root).includes('b')) await new Promise((resolve) => setImmediate(resolve))
  server.dropConnections()
  const { exitCode, stderr } = await process.result
  expect({ exitCode, stderr }).toEqual({
    exitCode: 0,
    stderr: expect.stringContaining('rename /a /b: the answer was lost, and it was done'),
  })
  expect(readdirSync(root)).toEqual(['b'])
})
