import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, open, readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { mkfifoSync } from '../operations/mkfifo.ts'
import { endOf, runFerry, startFerry } from '../support/run-ferry.ts'
import { runInTerminal } from '../support/run-in-terminal.ts'
import { answer, drop, endlessData, endlessListing, gate, status } from '../support/sftp-server/acts.ts'
import { statusAnswer } from '../support/sftp-server/answers.ts'
import { type RunningSftpServer, type StartOptions, startSftpServer } from '../support/sftp-server/start-sftp-server.ts'
import { type TemporaryDirectory, temporaryDirectory } from '../support/temporary-directory.ts'

let place: TemporaryDirectory
let server: RunningSftpServer
const users = [{ name: 'deploy', password: 'hunter2' }]
const addressOf = ({ port }: RunningSftpServer): string => `sftp://deploy@127.0.0.1:${port}`
/** The host key is not what these tests are about, so the warning about it is left out. */
const trusting = ['-o', 'StrictHostKeyChecking=accept-new', '-q']
const env = { FERRY_PASSWORD: 'hunter2' }

beforeAll(async () => {
  place = await temporaryDirectory()
  await mkdir(join(place.path, 'root'))
  server = await startSftpServer({ root: join(place.path, 'root'), users })
})
afterAll(async () => {
  await server[Symbol.asyncDispose]()
  await place[Symbol.asyncDispose]()
})

async function faulty(options: Partial<StartOptions>): Promise<RunningSftpServer & { readonly root: string }> {
  const root = join(place.path, `root-${Math.random()}`)
  await mkdir(root)
  return { ...(await startSftpServer({ root, users, ...options })), root }
}

describe('a command ends in order', () => {
  // promise: interrupt
  test('with 130 at Ctrl-C, and its partial file is gone', async () => {
    const writing = gate()
    await using other = await faulty({ faults: [{ on: 'write', act: writing.act }] })
    await writeFile(join(place.path, 'file'), 'x')
    const ferry = await startFerry(['upload', addressOf(other), join(place.path, 'file'), '/file', ...trusting], {
      env,
    })
    await writing.reached
    ferry.kill('SIGINT')
    writing.open()
    const { exitCode, stderr } = await ferry.result
    expect(stderr).toBe(`ferry: upload ${addressOf(other)}: interrupted\n`)
    expect(exitCode).toBe(130)
    expect(await readdir(other.root)).toEqual([])
  })

  // promise: interrupt
  test('at Ctrl-C though a file is a FIFO that nobody writes to', async () => {
    const silent = join(place.path, 'silent')
    mkfifoSync(silent)
    const ferry = await startFerry(['ls', addressOf(server), '-F', silent], { env })
    // Opens when ferry has opened the other end.
    await using _writer = await open(silent, 'w')
    ferry.kill('SIGINT')
    const { exitCode, stderr } = await ferry.result
    expect(stderr).toBe(`ferry: ls ${addressOf(server)}: interrupted\n`)
    expect(exitCode).toBe(130)
  })

  // promise: deadline
  test.each([
    ['the configuration of ssh is', (silent: string) => ['ls', addressOf(server), '-F', silent]],
    ['known_hosts is', (silent: string) => ['ls', addressOf(server), '-o', `UserKnownHostsFile=${silent}`]],
    ['a manifest is', (silent: string) => ['enmasse', 'validate', silent]],
    ['a script is', (silent: string) => ['exec', addressOf(server), silent]],
  ])('at the deadline with 23 though %s a FIFO that nobody writes to', async (_what, args) => {
    const silent = join(place.path, 'unwritten')
    if (!existsSync(silent)) mkfifoSync(silent)
    const { exitCode, stderr } = await runFerry([...args(silent), '--deadline', '2s'], { env })
    expect(stderr).toMatch(/not done within 2s \(--deadline\)\n$/)
    expect(exitCode).toBe(23)
  })

  // promise: interrupt
  test('with 143 at SIGTERM', async () => {
    const listing = gate()
    await using other = await faulty({ faults: [{ on: 'opendir', act: listing.act }] })
    const ferry = await startFerry(['ls', addressOf(other), ...trusting, '--json'], { env })
    await listing.reached
    ferry.kill('SIGTERM')
    const { exitCode, stderr } = await ferry.result
    expect(exitCode).toBe(143)
    expect(JSON.parse(stderr.trim().split('\n').at(-1) ?? '')).toMatchObject({
      error: { code: 'terminated', exit_code: 143 },
    })
  })

  // promise: deadline
  test('at the deadline with 23', async () => {
    await using other = await faulty({ faults: [{ on: 'opendir', act: drop }] })
    const { exitCode, stderr } = await runFerry(['ls', addressOf(other), ...trusting, '--deadline', '3s'], { env })
    expect(stderr).toBe(`ferry: ls ${addressOf(other)}: not done within 3s (--deadline)\n`)
    expect(exitCode).toBe(23)
  })

  // promise: silent-sftp
  test('at silence with 23', async () => {
    await using other = await faulty({ faults: [{ on: 'opendir', act: drop }] })
    const { exitCode } = await runFerry(['ls', addressOf(other), ...trusting, '--timeout', '2'], { env })
    expect(exitCode).toBe(23)
  })

  // promise: reader-gone
  test('quietly with 0 when the reader of its output goes away', async () => {
    await using other = await faulty({ faults: [{ on: 'read', act: endlessData }] })
    await writeFile(join(other.root, 'endless'), '')
    const ferry = await startFerry(['read', addressOf(other), '/endless', ...trusting], { env })
    await ferry.until('stdout', /endless/)
    ferry.closeStdout()
    const { exitCode, stderr } = await ferry.result
    expect(stderr).toBe('')
    expect(exitCode).toBe(0)
  })
})

// promise: reader-gone
test.each([
  ['a walk', ['ls', '-R']],
  ['JSON lines', ['ls', '-R', '--json']],
])('%s through a tree without end ends quietly with 0 as well', async (_what, [command = '', ...flags]) => {
  let count = 0
  const dir = (index: number) => ({ name: `name-${index}`, attributes: { permissions: 0o040755 } })
  await using other = await faulty({
    faults: [
      { on: 'opendir', act: answer({ type: 'handle', handle: Buffer.from('h') }) },
      {
        on: 'readdir',
        act: (exchange) => {
          count += 1
          return count % 2 === 0 ? statusAnswer(1) : endlessListing(dir, 100)(exchange)
        },
      },
      { on: 'close', act: status(0) },
    ],
  })
  const ferry = await startFerry([command, addressOf(other), ...flags, ...trusting], { env })
  await ferry.until('stdout', /name-/)
  ferry.closeStdout()
  expect(await ferry.result).toMatchObject({ exitCode: 0, stderr: '' })
})

// promise: reader-gone
test('a long list as JSON ends quietly with 0 as well, and one that fails prints nothing', async () => {
  let batches = 0
  const file = (index: number) => ({ name: `name-${index}`, attributes: { permissions: 0o100644 } })
  const names = endlessListing(file)
  await using other = await faulty({
    faults: [
      {
        on: 'readdir',
        act: (exchange) => {
          batches += 1
          return batches % 201 === 0 ? statusAnswer(1) : batches > 300 ? statusAnswer(4) : names(exchange)
        },
      },
    ],
  })
  const ferry = await startFerry(['ls', addressOf(other), '--json', ...trusting], { env })
  await ferry.until('stdout', /name-/)
  ferry.closeStdout()
  expect(await ferry.result).toMatchObject({ exitCode: 0, stderr: '' })
  expect(batches).toBeGreaterThan(200)
  const failed = await runFerry(['ls', addressOf(other), '--json', ...trusting], { env })
  expect(failed).toMatchObject({ exitCode: 1, stdout: '' })
}, 30_000)

describe('at a terminal', () => {
  test('an unknown host key and a password are asked for, and neither answer shows where it is secret', async () => {
    const { screen, output, exitCode } = await runInTerminal(['ping', addressOf(server)], {
      env: { FERRY_PASSWORD: undefined },
      typing: [
        { at: /\(yes\/no/, text: 'yes\r' },
        { at: /[Pp]assword[^\n]*: /, text: 'hunter2\r' },
      ],
    })
    expect(exitCode).toBe(0)
    expect(screen).toContain(': ok, ')
    expect(output).not.toContain('hunter2')
  })

  test('Ctrl-C at a question is 130', async () => {
    const { screen, exitCode } = await runInTerminal(['ping', addressOf(server)], {
      typing: [{ at: /\(yes\/no/, text: '\x03' }],
    })
    expect(screen).toContain(`ferry: ping ${addressOf(server)}: interrupted`)
    expect(exitCode).toBe(130)
  })

  // promise: deadline
  test('a terminal that is read as a file, by a thread that cannot be ended, does not outlast the deadline', async () => {
    const { screen, exitCode } = await runInTerminal(['exec', addressOf(server), '/dev/tty', '--deadline', '2s'])
    expect(screen).toContain('not done within 2s (--deadline)')
    // Of SIGKILL: Node's own end would wait for the thread.
    expect(exitCode).toBe(137)
  })

  // promise: never-asks
  test('nobody is asked with --no-input', async () => {
    const { screen, exitCode } = await runInTerminal(['ping', addressOf(server), '--no-input'])
    expect(screen).toContain('ferry: ping')
    expect(exitCode).toBe(21)
  })
})

describe('arguments', () => {
  // promise: bytes-stay-bytes
  test('that are not UTF-8 reach the server as their bytes', async () => {
    // A shell hands bytes over as they are; Node cannot.
    const words = ['bin/ferry.js', 'mkdir', addressOf(server), ...trusting].join(' ')
    const child = spawn('/bin/sh', ['-c', `exec '${process.execPath}' ${words} "$(printf '/odd\\377')"`], {
      cwd: join(import.meta.dirname, '../..'),
      env: { PATH: process.env['PATH'], HOME: place.path, ...env },
      stdio: 'ignore',
    })
    expect(await endOf(child)).toEqual({ exitCode: 0, signal: null })
    const names = await readdir(join(place.path, 'root'), { encoding: 'buffer' })
    expect(names).toContainEqual(Buffer.from('odd\xff', 'latin1'))
  })
})
