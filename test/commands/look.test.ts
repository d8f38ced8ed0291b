import { mkdir, symlink, utimes, writeFile } from 'node:fs/promises'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { runDf } from '../../src/commands/df.ts'
import { runInfo } from '../../src/commands/info.ts'
import { type KindQuestion, runKindQuestion } from '../../src/commands/kind-question.ts'
import { runRead } from '../../src/commands/read.ts'
import { runWrite } from '../../src/commands/write.ts'
import { FerryError } from '../../src/errors/ferry-error.ts'
import { status } from '../support/sftp-server/acts.ts'
import { bank, type Served, served } from './served-context.ts'

let server: Served
const at = (name: string): string => `${server.root}/${name}`

beforeEach(async () => {
  server = await served()
  await writeFile(at('file'), 'bytes\xff')
  await mkdir(at('dir'))
  await symlink('file', at('link'))
  await symlink('nowhere', at('dangling'))
})
afterEach(() => server[Symbol.asyncDispose]())

describe('exists and its kin', () => {
  const ask = async (question: Partial<KindQuestion> & { path: string }, json = false): Promise<string> => {
    const { context, stdout, exitStatus } = await server.context({ json })
    await runKindQuestion(context, { connection: bank, follow: false, ...question })
    return `${stdout().trim()} ${exitStatus()}`
  }
  test.each([
    ['exists', {}, 'file', 'true 0'],
    ['exists', {}, 'nothing', 'false 1'],
    ['exists', {}, 'dangling', 'true 0'],
    ['exists -L', { follow: true }, 'dangling', 'false 1'],
    ['is-file', { kind: 'file' }, 'file', 'true 0'],
    ['is-file', { kind: 'file' }, 'link', 'false 1'],
    ['is-file -L', { kind: 'file', follow: true }, 'link', 'true 0'],
    ['is-directory', { kind: 'directory' }, 'dir', 'true 0'],
    ['is-directory', { kind: 'directory' }, 'nothing', 'false 1'],
    ['is-symlink', { kind: 'symlink' }, 'link', 'true 0'],
    ['is-symlink', { kind: 'symlink' }, 'file', 'false 1'],
  ] as const)('%s %j %s: %s', async (_name, question, path, told) => {
    expect(await ask({ ...question, path })).toBe(told)
  })
  test('--json tells the path and the result', async () => {
    expect(await ask({ path: 'nothing' }, true)).toBe('{"path":"nothing","result":false} 1')
  })
  test('what could not be found out is 24 and never 1', async () => {
    await using other = await served({ faults: [{ on: 'lstat', act: status(3) }] })
    const { context, stdout, exitStatus } = await other.context()
    await expect(runKindQuestion(context, { connection: bank, path: 'x', follow: false })).rejects.toMatchObject({
      code: 'outcome_unknown',
      exitCode: 24,
      message: expect.stringContaining('permission denied'),
    })
    expect(stdout()).toBe('')
    expect(exitStatus()).toBe(0)
  })
  test('other failures keep their codes', async () => {
    const { context } = await server.context({
      connect: () => Promise.reject(new FerryError('authentication_failed', 'no')),
    })
    await expect(runKindQuestion(context, { connection: bank, path: 'x', follow: false })).rejects.toMatchObject({
      exitCode: 22,
    })
  })
})

describe('info', () => {
  test('shows what there is, a line each', async () => {
    await utimes(at('file'), 0, 1_700_000_000)
    const { context, stdout } = await server.context()
    await runInfo(context, { connection: bank, path: 'file', follow: false })
    const rows = new Map(
      stdout()
        .trim()
        .split('\n')
        .map((line): [string, string] => {
          const [name = '', value = ''] = line.split('\t')
          return [name, value]
        }),
    )
    expect(rows.get('type')).toBe('file')
    expect(rows.get('size')).toBe('7')
    expect(rows.get('permissions')).toBe('rw-r--r-- (0644)')
    expect(rows.get('modified')).toMatch(/^2023-11-1[45] \d\d:\d\d:20$/)
    expect(rows.has('target')).toBe(false)
  })
  test('is of the link itself, with its target, and of what it points to with -L', async () => {
    const { context, stdout } = await server.context({ json: true })
    await runInfo(context, { connection: bank, path: 'link', follow: false })
    await runInfo(context, { connection: bank, path: 'link', follow: true })
    const [link, file] = stdout()
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line))
    expect(link).toMatchObject({ type: 'symlink', target: 'file', accessed_at: expect.any(String) })
    expect(file).toMatchObject({ type: 'file', size: 7 })
  })
})

test('df tells bytes and inodes', async () => {
  const { context, stdout } = await server.context({ json: true })
  await runDf(context, { connection: bank })
  expect(JSON.parse(stdout())).toEqual({
    path: '.',
    size: expect.any(Number),
    used: expect.any(Number),
    available: expect.any(Number),
    inodes: expect.any(Number),
    inodes_used: expect.any(Number),
    inodes_available: expect.any(Number),
  })
})

describe('read and write', () => {
  const write = { connection: bank, append: false, overwrite: true, atomic: true }
  const read = async (path: string): Promise<Buffer> => {
    const { context, stdoutBytes } = await server.context({ json: true })
    await runRead(context, { connection: bank, path })
    return stdoutBytes()
  }
  test('bytes arrive as they are, also with --json', async () => {
    const bytes = Buffer.from(Array.from({ length: 300_000 }, (_, index) => index % 251))
    const { context, stdout } = await server.context({ stdin: bytes, json: true })
    await runWrite(context, { ...write, path: 'new' })
    expect(JSON.parse(stdout())).toEqual({ ok: true, path: 'new', bytes: 300_000 })
    expect((await read('new')).equals(bytes)).toBe(true)
  })
  test('a text is written without a newline, and --append adds to it', async () => {
    const { context } = await server.context()
    await runWrite(context, { ...write, path: 'new', text: 'one', mode: 0o600 })
    await runWrite(context, { ...write, path: 'new', text: ' two\udcff', append: true })
    expect(await read('new')).toEqual(Buffer.from('one two\xff', 'latin1'))
  })
  test('--no-overwrite fails where the file exists, which stays', async () => {
    const { context } = await server.context()
    const refused = runWrite(context, { ...write, path: 'file', text: 'x', overwrite: false })
    await expect(refused).rejects.toMatchObject({ code: 'already_exists' })
    expect((await read('file')).length).toBe(7)
  })
  test('a directory cannot be read', async () => {
    await expect(read('dir')).rejects.toMatchObject({ exitCode: 1 })
  })
  test('standard input that never ends does not outlive a cancelled command', async () => {
    const controller = new AbortController()
    const { context } = await server.context({ terminal: true, signal: controller.signal })
    const writing = runWrite(context, { ...write, path: 'new' })
    controller.abort(new FerryError('cancelled', 'interrupted'))
    await expect(writing).rejects.toMatchObject({ code: 'cancelled' })
  })
})
