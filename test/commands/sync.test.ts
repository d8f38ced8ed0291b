import { mkdir, writeFile } from 'node:fs/promises'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { runDownload } from '../../src/commands/download.ts'
import { runSync } from '../../src/commands/sync.ts'
import { runUpload } from '../../src/commands/upload.ts'
import { destroy, status } from '../support/sftp-server/acts.ts'
import { type TemporaryDirectory, temporaryDirectory } from '../support/temporary-directory.ts'
import { bank, type Served, served } from './served-context.ts'

let server: Served
let local: TemporaryDirectory
const none = { pull: false, delete: false, dryRun: false, checksum: false, atomic: true } as const
const transfer = { links: 'keep', overwrite: true, atomic: true } as const

beforeEach(async () => {
  server = await served()
  local = await temporaryDirectory()
  await mkdir(`${local.path}/css`)
  await writeFile(`${local.path}/index.html`, '<p>')
  await writeFile(`${local.path}/css/a.css`, 'a {}')
})
afterEach(async () => {
  await server[Symbol.asyncDispose]()
  await local[Symbol.asyncDispose]()
})

const input = (flags = {}) => ({ connection: bank, local: local.path, remote: '/www', flags: { ...none, ...flags } })
const parsed = (lines: string) =>
  lines
    .trim()
    .split('\n')
    .map((line): unknown => JSON.parse(line))

test('--json is a line for each step and the summary last', async () => {
  const { context, stdout, stderr } = await server.context({ json: true })
  await runSync(context, input())
  const lines = parsed(stdout())
  expect(lines.slice(0, -1)).toEqual(
    expect.arrayContaining([
      { action: 'mkdir', path: '.', ok: true },
      { action: 'mkdir', path: 'css', ok: true },
      { action: 'copy', path: 'css/a.css', ok: true, bytes: 4 },
      { action: 'copy', path: 'index.html', ok: true, bytes: 3 },
    ]),
  )
  expect(lines).toHaveLength(5)
  expect(lines.at(-1)).toEqual({
    files: 2,
    directories: 2,
    bytes: 7,
    skipped: 0,
    deleted: 0,
    duration_ms: expect.any(Number),
    failures: [],
    unchanged: 0,
  })
  expect(stderr()).toBe('')
})

test('a dry run prints its steps and counts, and changes nothing', async () => {
  const { context, stdout, stderr } = await server.context()
  await runSync(context, input({ dryRun: true }))
  expect(stdout()).toBe(
    'mkdir .\nmkdir css\ncopy css/a.css (4 B)\ncopy index.html (3 B)\n' +
      'Sync: 2 files to copy (7 B), 2 to make, 0 to delete, 0 unchanged\n',
  )
  expect(stderr()).toBe('')
})

test('says on stderr what was done, and that nothing was to do', async () => {
  const first = await server.context()
  await runSync(first.context, input())
  expect(first.stdout()).toBe('')
  expect(first.stderr()).toMatch(/uploaded \S+index.html -> \/www\/index.html \(3 B\)\n/)
  expect(first.stderr()).toMatch(/Synced 2 files, 7 B in \S+, 0 unchanged\n$/)
  const second = await server.context()
  await runSync(second.context, input())
  expect(second.stderr()).toBe('Synced: nothing to do, 2 unchanged\n')
})

test('a step that fails is a line, a failure, and the end is partial', async () => {
  await using other = await served({ faults: [{ on: 'open', path: /css\/\./, act: status(3) }] })
  const { context, stdout } = await other.context({ json: true })
  await expect(runSync(context, input())).rejects.toMatchObject({ code: 'partial', message: 'sync bank: 1 failed' })
  expect(parsed(stdout())).toContainEqual({
    action: 'copy',
    path: 'css/a.css',
    ok: false,
    error: expect.objectContaining({ code: 'permission_denied' }),
  })
  expect(parsed(stdout()).at(-1)).toMatchObject({ files: 1, failures: [{ path: `${local.path}/css/a.css` }] })
})

test('a connection that is lost in a transfer names itself', async () => {
  await using other = await served({ faults: [{ on: 'write', act: destroy }] })
  const { context } = await other.context()
  const lost = { code: 'connection_lost', details: { connection: 'bank' } }
  await expect(runSync(context, input())).rejects.toMatchObject(lost)
  const uploading = { connection: bank, sources: [local.path], to: '/up', flags: transfer }
  await expect(runUpload(context, uploading)).rejects.toMatchObject(lost)
})

test('"-" is no remote path, and streams are neither resumed nor verified', async () => {
  const { context } = await server.context({ connect: () => expect.unreachable() })
  const usage = { code: 'usage' }
  const up = (sources: string[], to: string, flags = {}) =>
    runUpload(context, { connection: bank, sources, to, flags: { ...transfer, ...flags } })
  await expect(up(['a'], '-')).rejects.toMatchObject(usage)
  await expect(up(['-'], '/a', { resume: true })).rejects.toMatchObject(usage)
  await expect(up(['-'], '/a', { verify: true })).rejects.toMatchObject(usage)
  const flags = { ...transfer, resume: true }
  const down = { connection: bank, sources: ['/a'], to: '-', glob: false, requireFile: false, flags }
  await expect(runDownload(context, down)).rejects.toMatchObject(usage)
})
