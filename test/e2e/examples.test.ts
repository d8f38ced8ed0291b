import { execFile } from 'node:child_process'
import { cp, mkdir, readFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { startSftpServer } from '../support/sftp-server/start-sftp-server.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'

const run = promisify(execFile)
const root = resolve(import.meta.dirname, '../..')
const runner = join(root, 'scripts/run.js')

test('the demo succeeds, step by step', async () => {
  const { stdout } = await run('node', [runner, join(root, 'examples/demo/demo.ts')])
  expect(stdout).toMatch(/\$ ferry ping warehouse\nwarehouse: ok, /)
  expect(stdout).toMatch(/Every step succeeded/)
})

test('the example programs do what their first lines say', async () => {
  await using folder = await temporaryDirectory()
  const [remote, work] = [join(folder.path, 'remote'), join(folder.path, 'work')]
  await mkdir(remote)
  await cp(join(root, 'examples/demo'), work, { recursive: true })
  const password = 'correct horse'
  await using server = await startSftpServer({ root: remote, users: [{ name: 'demo', password }] })
  const options = {
    cwd: work,
    env: {
      PATH: process.env['PATH'],
      HOME: folder.path,
      FERRY_STATE: join(folder.path, 'state.json'),
      DEMO_PORT: String(server.port),
      DEMO_PASSWORD: password,
      DEMO_HOST_KEY: server.hostKeyFingerprint,
    },
  }
  const delivered = await run('node', [runner, join(root, 'examples/deliver.ts'), 'deploy.yml'], options)
  expect(delivered.stdout).toMatch(/^3 created, 0 unchanged\n2 files, \d+ bytes delivered\n\d commands ran\n/)
  expect(await readFile(join(remote, 'reports/2026-11-24/report.html'), 'utf8')).toContain('Delivered by ferry')
  const collected = await run('node', [runner, join(root, 'examples/collect.ts')], options)
  expect(collected.stdout).toMatch(/^\d files collected/)
  expect(await readFile(join(remote, 'incoming/done/totals.csv'), 'utf8')).toContain('51877')
})
