import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type DownloadInput, runDownload } from '../../src/commands/download.ts'
import { runUpload } from '../../src/commands/upload.ts'
import { status } from '../support/sftp-server/acts.ts'
import { type TemporaryDirectory, temporaryDirectory } from '../support/temporary-directory.ts'
import { bank, type Served, served } from './served-context.ts'

let server: Served
let local: TemporaryDirectory
const flags = { links: 'keep', overwrite: true, atomic: true } as const

beforeEach(async () => {
  server = await served()
  local = await temporaryDirectory()
  await mkdir(`${local.path}/site/css`, { recursive: true })
  await writeFile(`${local.path}/site/index.html`, '<p>')
  await writeFile(`${local.path}/site/css/a.css`, 'a {}')
  await mkdir(`${server.root}/www`)
})
afterEach(async () => {
  await server[Symbol.asyncDispose]()
  await local[Symbol.asyncDispose]()
})

const upload = (sources: readonly string[], to: string) => ({ connection: bank, sources, to, flags })
const download = (sources: readonly string[], to: string): DownloadInput => ({
  connection: bank,
  sources,
  to,
  flags,
  glob: false,
  requireFile: false,
})

/** Times and rates differ from run to run. */
const steady = (text: string): string => text.replace(/ in \S+ \([^)]*\)/, ' in TIME')

describe('upload', () => {
  test('without a terminal it is a line for each file, and a summary', async () => {
    const { context, stdout, stderr } = await server.context()
    await runUpload(context, upload([`${local.path}/site`], '/www'))
    expect(stdout()).toBe('')
    const lines = steady(stderr()).trim().split('\n')
    expect(lines.at(-1)).toBe('Uploaded 2 files, 7 B in TIME')
    expect(lines.slice(0, -1).sort()).toEqual([
      `uploaded ${local.path}/site/css/a.css -> /www/site/css/a.css (4 B)`,
      `uploaded ${local.path}/site/index.html -> /www/site/index.html (3 B)`,
    ])
  })

  test('-q says nothing', async () => {
    const { context, stdout, stderr } = await server.context({ quiet: true })
    await runUpload(context, upload([`${local.path}/site`], '/www'))
    expect(stdout() + stderr()).toBe('')
  })

  test('--json is the summary and nothing else', async () => {
    const { context, stdout, stderr } = await server.context({ json: true })
    await runUpload(context, upload([`${local.path}/site/.`], '/www'))
    expect(stderr()).toBe('')
    expect(stdout()).toMatch(/"duration_ms":\d+(\.\d)?,/)
    expect(JSON.parse(stdout())).toEqual({
      files: 2,
      directories: expect.any(Number),
      bytes: 7,
      skipped: 0,
      deleted: 0,
      duration_ms: expect.any(Number),
      failures: [],
    })
  })

  test('a file of a tree that fails is told by name, and the end is partial', async () => {
    await using other = await served({ faults: [{ on: 'open', path: /css/, act: status(3) }] })
    const { context, stderr } = await other.context()
    await expect(runUpload(context, upload([`${local.path}/site`], '/www'))).rejects.toMatchObject({
      code: 'partial',
      message: 'upload bank: 1 of 2 files failed',
    })
    const [failed] = stderr()
      .split('\n')
      .filter((line) => line.startsWith('failed'))
    expect(failed).toMatch(/^failed \S+a\.css -> \/www\/css\/a\.css: .*permission denied/)
    expect(stderr()).not.toContain('Uploaded')
    const json = await other.context({ json: true })
    await expect(runUpload(json.context, upload([`${local.path}/site`], '/www2'))).rejects.toMatchObject({
      code: 'partial',
    })
    expect(JSON.parse(json.stdout())).toMatchObject({
      files: 1,
      failures: [{ path: expect.stringContaining('a.css'), error: { code: 'permission_denied', exit_code: 1 } }],
    })
  })

  test('one source alone fails with its own code, told once', async () => {
    const { context, stderr } = await server.context()
    await expect(runUpload(context, upload([`${local.path}/nothing`], '/www'))).rejects.toMatchObject({
      code: 'local_failed',
    })
    expect(stderr()).toBe('')
  })

  test('standard input becomes a file', async () => {
    const { context, stdout } = await server.context({ stdin: 'from a pipe', json: true })
    await runUpload(context, upload(['-'], '/www/piped'))
    expect(JSON.parse(stdout())).toMatchObject({ files: 1, bytes: 11, failures: [] })
    expect(await readFile(`${server.root}/www/piped`, 'utf8')).toBe('from a pipe')
  })

  test('standard input is no source among others', async () => {
    const { context } = await server.context({ connect: () => expect.unreachable() })
    await expect(runUpload(context, upload(['-', 'a'], '/www'))).rejects.toMatchObject({ code: 'usage' })
  })
})

describe('download', () => {
  beforeEach(async () => {
    await writeFile(`${server.root}/www/a.csv`, 'A')
    await writeFile(`${server.root}/www/b.csv`, 'BB')
    await writeFile(`${server.root}/www/c.txt`, 'C')
  })

  test('a directory comes whole', async () => {
    const { context, stderr } = await server.context()
    await runDownload(context, download(['/www'], local.path))
    expect((await readdir(`${local.path}/www`)).sort()).toEqual(['a.csv', 'b.csv', 'c.txt'])
    expect(steady(stderr())).toContain(`downloaded /www/b.csv -> ${local.path}/www/b.csv (2 B)\n`)
    expect(steady(stderr())).toMatch(/Downloaded 3 files, 4 B in TIME\n$/)
  })

  test('--glob takes what matches', async () => {
    const { context } = await server.context()
    await runDownload(context, { ...download(['/www/*.csv'], local.path), glob: true })
    expect((await readdir(local.path)).sort()).toEqual(['a.csv', 'b.csv', 'site'])
  })

  test('"-" is standard output, with nothing else on it', async () => {
    const { context, stdout } = await server.context({ json: true })
    await runDownload(context, download(['/www/b.csv'], '-'))
    expect(stdout()).toBe('BB')
  })

  test('standard output takes one file', async () => {
    const { context } = await server.context()
    const two = runDownload(context, download(['/www/a.csv', '/www/b.csv'], '-'))
    await expect(two).rejects.toMatchObject({ code: 'usage' })
  })

  test('download-file refuses a directory', async () => {
    const { context } = await server.context()
    const refused = runDownload(context, { ...download(['/www'], local.path), requireFile: true })
    await expect(refused).rejects.toMatchObject({ code: 'wrong_kind' })
  })
})
