import { chmod, lstat, mkdir, readdir, readFile, readlink, stat, symlink, writeFile } from 'node:fs/promises'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { runChmod } from '../../src/commands/chmod.ts'
import { runChown } from '../../src/commands/chown.ts'
import { runDelete } from '../../src/commands/delete.ts'
import { runHardlink } from '../../src/commands/hardlink.ts'
import { runMkdir } from '../../src/commands/mkdir.ts'
import { runMove } from '../../src/commands/move.ts'
import { runRename } from '../../src/commands/rename.ts'
import { runSymlink } from '../../src/commands/symlink.ts'
import { parseOwner } from '../../src/operations/remote-ids.ts'
import type { TestContext, TestContextOptions } from '../support/test-io.ts'
import { bank, type Served, served } from './served-context.ts'

let server: Served
const at = (name: string): string => `${server.root}/${name}`

beforeEach(async () => {
  server = await served()
  await mkdir(at('dir/sub'), { recursive: true })
  await writeFile(at('a'), 'A')
  await writeFile(at('b'), 'B')
  await writeFile(at('dir/sub/c'), 'C')
  await symlink('a', at('link'))
})
afterEach(() => server[Symbol.asyncDispose]())

/** Runs with --json, and gives the document. */
async function answer(
  run: (context: TestContext['context']) => Promise<void>,
  options?: TestContextOptions,
): Promise<unknown> {
  const { context, stdout, stderr } = await server.context({ json: true, ...options })
  await run(context)
  expect(stderr()).toBe('')
  return JSON.parse(stdout())
}

describe('success', () => {
  test('is silent without -v, and a step with it', async () => {
    const { context, stdout, stderr } = await server.context()
    await runMkdir(context, { connection: bank, path: 'new', parents: false })
    expect(stdout() + stderr()).toBe('')
    const verbose = await server.context({ verbosity: 1 })
    await runMkdir(verbose.context, { connection: bank, path: 'newer', parents: false })
    expect(verbose.stderr()).toMatch(/ created directory newer\n$/)
  })
})

describe('mkdir', () => {
  test('makes parents with -p and the mode that was given', async () => {
    const input = { connection: bank, path: 'x/y', parents: true, mode: 0o750 }
    expect(await answer((context) => runMkdir(context, input))).toEqual({ ok: true, path: 'x/y' })
    expect((await stat(at('x/y'))).mode & 0o7777).toBe(0o750)
  })
  test('an existing directory is an error without -p', async () => {
    const { context } = await server.context()
    await expect(runMkdir(context, { connection: bank, path: 'dir', parents: false })).rejects.toMatchObject({
      code: 'already_exists',
    })
  })
})

describe('links', () => {
  test('a symbolic link stores its target as it is written', async () => {
    const input = { connection: bank, target: '../no where', link: 'dir/new' }
    expect(await answer((context) => runSymlink(context, input))).toEqual({
      ok: true,
      path: 'dir/new',
      target: '../no where',
    })
    expect(await readlink(at('dir/new'))).toBe('../no where')
  })
  test('a hard link is the same file', async () => {
    await answer((context) => runHardlink(context, { connection: bank, existing: 'a', link: 'dir/a2' }))
    expect((await stat(at('dir/a2'))).ino).toBe((await stat(at('a'))).ino)
  })
})

describe('move and rename', () => {
  test('move goes into a directory and tells where to', async () => {
    const input = { connection: bank, from: 'a', to: 'dir', force: false }
    expect(await answer((context) => runMove(context, input))).toEqual({ ok: true, from: 'a', to: 'dir/a' })
  })
  test('move refuses an existing target, and replaces it with --force', async () => {
    const { context } = await server.context()
    const input = { connection: bank, from: 'a', to: 'b' }
    await expect(runMove(context, { ...input, force: false })).rejects.toMatchObject({ code: 'already_exists' })
    await runMove(context, { ...input, force: true })
    expect(await readFile(at('b'), 'utf8')).toBe('A')
  })
  test('rename refuses an existing target, and replaces it with --force', async () => {
    const { context } = await server.context()
    const input = { connection: bank, from: 'a', to: 'b' }
    await expect(runRename(context, { ...input, force: false })).rejects.toMatchObject({ code: 'already_exists' })
    await runRename(context, { ...input, force: true })
    expect(await readFile(at('b'), 'utf8')).toBe('A')
  })
})

describe('delete', () => {
  const base = { connection: bank, recursive: false }
  test('takes any kind, and a link itself', async () => {
    expect(await answer((context) => runDelete(context, { ...base, paths: ['a', 'link'] }))).toEqual({
      ok: true,
      paths: ['a', 'link'],
      deleted: 2,
    })
    expect(await readdir(server.root)).toEqual(['b', 'dir'])
  })
  test('a directory that is not empty needs -r', async () => {
    const { context } = await server.context()
    await expect(runDelete(context, { ...base, paths: ['dir'] })).rejects.toMatchObject({ code: 'not_empty' })
    expect(await answer((more) => runDelete(more, { ...base, recursive: true, paths: ['dir'] }))).toMatchObject({
      deleted: 3,
    })
  })
  test('one path alone fails with its own code', async () => {
    const { context, stderr } = await server.context()
    await expect(runDelete(context, { ...base, paths: ['none'] })).rejects.toMatchObject({ code: 'not_found' })
    expect(stderr()).toBe('')
  })
  test('of several each is tried, each failure is told, and the end is partial', async () => {
    const { context, stderr } = await server.context()
    await expect(runDelete(context, { ...base, paths: ['none', 'a', ''] })).rejects.toMatchObject({
      code: 'partial',
      message: 'delete bank: 2 of 3 paths failed',
    })
    expect(stderr()).toBe('ferry: delete none: no such file or directory\nferry: empty remote path\n')
    expect(await readdir(server.root)).not.toContain('a')
  })
  test('with --json the failures are in the answer', async () => {
    const { context, stdout } = await server.context({ json: true })
    await expect(runDelete(context, { ...base, paths: ['none', 'a'] })).rejects.toMatchObject({ code: 'partial' })
    expect(JSON.parse(stdout())).toEqual({
      ok: false,
      paths: ['none', 'a'],
      deleted: 1,
      failures: [
        {
          path: 'none',
          error: { code: 'not_found', exit_code: 1, message: 'delete none: no such file or directory', path: 'none' },
        },
      ],
    })
  })
  test.each([
    ['file', 'dir'],
    ['file', 'link'],
    ['directory', 'a'],
    ['symlink', 'a'],
  ] as const)('delete-%s refuses %s', async (kind, path) => {
    const { context } = await server.context()
    await expect(runDelete(context, { ...base, kind, paths: [path] })).rejects.toMatchObject({ code: 'wrong_kind' })
    expect(await lstat(at(path))).toBeDefined()
  })
  test('a lost connection ends it, and is not partial', async () => {
    await using other = await served({ faults: [{ on: 'remove', act: ({ destroy }) => void destroy() }] })
    await writeFile(`${other.root}/a`, '')
    const { context } = await other.context()
    await expect(runDelete(context, { ...base, paths: ['a', 'b'] })).rejects.toMatchObject({ exitCode: 23 })
  })
})

describe('chmod', () => {
  test('takes symbolic modes from what is there, and -R', async () => {
    await chmod(at('a'), 0o600)
    const input = { connection: bank, mode: 'g+r', recursive: false, paths: ['a'] }
    expect(await answer((context) => runChmod(context, input))).toEqual({
      ok: true,
      mode: 'g+r',
      paths: ['a'],
      changed: 1,
    })
    expect((await stat(at('a'))).mode & 0o7777).toBe(0o640)
    await answer((context) => runChmod(context, { ...input, mode: '0700', recursive: true, paths: ['dir'] }))
    expect((await stat(at('dir/sub/c'))).mode & 0o7777).toBe(0o700)
  })
  test('a wrong mode is found before anything is connected', async () => {
    const { context } = await server.context({ connect: () => expect.unreachable() })
    await expect(
      runChmod(context, { connection: bank, mode: 'u*x', recursive: false, paths: ['a'] }),
    ).rejects.toMatchObject({
      code: 'usage',
    })
  })
})

describe('chown', () => {
  test.each([
    ['deploy', { owner: 'deploy' }],
    ['deploy:www-data', { owner: 'deploy', group: 'www-data' }],
    [':33', { group: '33' }],
    ['1000:', { owner: '1000', group: '' }],
    ['', undefined],
    [':', undefined],
  ] as const)('reads "%s"', (text, ownership) => {
    if (ownership === undefined) expect(() => parseOwner(text)).toThrowError(/invalid owner/)
    else expect(parseOwner(text)).toEqual(ownership)
  })
  test('keeps the other id', async () => {
    const { uid, gid } = await stat(at('a'))
    const input = {
      connection: bank,
      ownership: { owner: String(uid) },
      paths: ['a'],
      recursive: false,
      noFollow: false,
    }
    expect(await answer((context) => runChown(context, input))).toEqual({
      ok: true,
      owner: String(uid),
      paths: ['a'],
      changed: 1,
    })
    expect(await stat(at('a'))).toMatchObject({ uid, gid })
  })
})
