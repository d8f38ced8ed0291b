import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmod, mkdir, readFile, rename, stat, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { beforeEach, expect, test } from 'vitest'
import { Audit } from '../../src/audit/audit.ts'
import type { AuditEntry } from '../../src/audit/audit-entry.ts'
import { AuditLog, longestLine } from '../../src/audit/audit-log.ts'
import { FerryError } from '../../src/errors/ferry-error.ts'
import { mkfifoSync } from '../operations/mkfifo.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'

let folder = ''
beforeEach(async () => {
  const directory = await temporaryDirectory()
  folder = directory.path
  return () => directory[Symbol.asyncDispose]()
})

const file = (): string => join(folder, 'audit.log')
const subject = { user: 'alice', command: 'delete', connection: 'bank' }
const change = { operation: 'delete', side: 'remote', path: '/in/a' } as const
const audit = (path = file()): Audit => new Audit(new AuditLog(path), subject)
const lines = async (): Promise<string[]> => (await readFile(file(), 'utf8')).split('\n')
const entries = async (): Promise<AuditEntry[]> => (await lines()).filter(Boolean).map((line) => JSON.parse(line))

test('the intent is there before the work begins, and the outcome after it', async () => {
  const given = await audit().around(change, async (made) => {
    expect(await entries()).toMatchObject([{ phase: 'intent', ...subject, ...change }])
    Object.assign(made, { size: 3, sha256: 'abc' })
    return 7
  })
  expect(given).toBe(7)
  const [intent, outcome, ...others] = await entries()
  expect(others).toEqual([])
  expect(outcome).toMatchObject({ phase: 'outcome', ...subject, ...change, result: 'ok', size: 3, sha256: 'abc' })
  expect(outcome?.id).toBe(intent?.id)
  expect(outcome?.duration_ms).toBeGreaterThanOrEqual(0)
})

test('a failure is recorded with its code, and stays what it is', async () => {
  const error = new FerryError('permission_denied', 'remove /in/a: permission denied')
  await expect(audit().around(change, () => Promise.reject(error))).rejects.toBe(error)
  const local = Object.assign(new Error('EACCES'), { code: 'EACCES' })
  expect(() =>
    audit().at(change, () => {
      throw local
    }),
  ).toThrow(local)
  expect((await entries()).map(({ result }) => result)).toEqual([
    undefined,
    'permission_denied',
    undefined,
    'local_failed',
  ])
})

// promise: audit-outcome
test('where the outcome cannot be written, the change is told as done and not recorded', async () => {
  const work = audit().around(change, async () => {
    await rename(file(), `${file()}.1`)
    await mkdir(file())
  })
  await expect(work).rejects.toMatchObject({
    code: 'audit_failed',
    message: `delete /in/a: done, and not recorded: write the audit log ${file()}: is a directory`,
  })
})

// promise: audit-intent
test.each([
  ['a directory', async () => void (await mkdir(file())), 'is a directory'],
  ['a FIFO', async () => mkfifoSync(file()), /ENXIO|not a regular file/],
  [
    'a link, also to a regular file',
    async () => {
      await writeFile(join(folder, 'other'), '')
      await symlink(join(folder, 'other'), file())
    },
    'too many levels of symbolic links',
  ],
])('%s is no audit log, and nothing is done', async (_what, make, why) => {
  await make()
  let isDone = false
  const work = audit().around(change, async () => {
    isDone = true
  })
  await expect(work).rejects.toMatchObject({ code: 'audit_failed', message: expect.stringMatching(why) })
  expect(isDone).toBe(false)
})

// promise: audit-intent
test('a device such as /dev/full, a folder that is not there and a path that is too long are refused as well', async () => {
  for (const path of ['/dev/full', join(folder, 'no/audit.log')]) {
    await expect(audit(path).around(change, async () => undefined)).rejects.toMatchObject({ code: 'audit_failed' })
  }
  const long = { ...change, path: `/${'\u0001'.repeat(longestLine / 6)}` }
  await expect(audit().around(long, async () => undefined)).rejects.toMatchObject({ code: 'audit_failed' })
})

test('a new log is for its owner alone, and one that is there keeps its mode and its lines', async () => {
  await audit().around(change, async () => undefined)
  expect((await stat(file())).mode & 0o777).toBe(0o600)
  await chmod(file(), 0o640)
  const before = await readFile(file(), 'utf8')
  await audit().around(change, async () => undefined)
  expect((await stat(file())).mode & 0o777).toBe(0o640)
  expect((await readFile(file(), 'utf8')).startsWith(before)).toBe(true)
})

test('a line that was cut off does not swallow the next one', async () => {
  await writeFile(file(), '{"time":"2026-01-01T00:00:00')
  await audit().around(change, async () => undefined)
  const [cut, ...others] = await lines()
  expect(cut).toBe('{"time":"2026-01-01T00:00:00')
  expect(others.filter(Boolean).map((line) => JSON.parse(line).phase)).toEqual(['intent', 'outcome'])
})

test('a log that is renamed is begun anew', async () => {
  const one = audit()
  await one.around(change, () => rename(file(), `${file()}.1`))
  expect(await entries()).toMatchObject([{ phase: 'outcome' }])
})

test('names keep their bytes', async () => {
  await audit().around({ ...change, path: '/in/\udcff\n"\u202e' }, async () => undefined)
  expect((await entries()).map(({ path }) => path)).toEqual(['/in/\udcff\n"\u202e', '/in/\udcff\n"\u202e'])
  expect(await lines()).toHaveLength(3)
})

// promise: audit-whole-lines
test('of ten processes that write at once each line is whole, and none is lost', { timeout: 60_000 }, async () => {
  const appender = join(folder, 'appender.mjs')
  await build({
    entryPoints: [fileURLToPath(new URL('./appender.ts', import.meta.url))],
    bundle: true,
    format: 'esm',
    platform: 'node',
    outfile: appender,
  })
  const names = [...'abcdefghij']
  const ends = names.map((name) =>
    once(spawn(process.execPath, [appender, file(), name, '200', '9000'], { stdio: 'inherit' }), 'close'),
  )
  expect((await Promise.all(ends)).map(([code]) => code)).toEqual(names.map(() => 0))
  const written = await entries()
  expect(new Set(written.map(({ id }) => id)).size).toBe(2000)
  expect(written).toHaveLength(2000)
  expect(written.every(({ path, user }) => path === user.repeat(9000))).toBe(true)
})
