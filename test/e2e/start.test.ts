import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { runFerry } from '../support/run-ferry.ts'
import { startSftpServer } from '../support/sftp-server/start-sftp-server.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'

test('a command that connects loads what SSH takes, and nothing for HTTP', async () => {
  await using home = await temporaryDirectory()
  const root = join(home.path, 'there')
  await mkdir(root)
  await using server = await startSftpServer({ root, users: [{ name: 'deploy', password: 'right' }] })
  const told = join(home.path, 'modules')
  const probe = join(home.path, 'probe.cjs')
  const write = `require('fs').writeFileSync(${JSON.stringify(told)}, process.moduleLoadList.join('\\n'))`
  await writeFile(probe, `process.on('exit', () => ${write})`)
  const address = `sftp://deploy@127.0.0.1:${server.port}`
  const { exitCode } = await runFerry(['ls', address, '-o', 'StrictHostKeyChecking=accept-new', '-q'], {
    home: home.path,
    env: { FERRY_PASSWORD: 'right', NODE_OPTIONS: `--require ${probe}` },
  })
  expect(exitCode).toBe(0)
  const loaded = (await readFile(told, 'utf8')).split('\n')
  expect(loaded).toEqual(expect.arrayContaining(['NativeModule net', 'NativeModule crypto']))
  for (const name of ['http', 'https', 'tls']) expect(loaded).not.toContain(`NativeModule ${name}`)
})
