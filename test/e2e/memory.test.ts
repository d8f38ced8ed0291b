import { spawn } from 'node:child_process'
import { mkdir, open, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { expect, test } from 'vitest'
import { endOf, ferryPlace } from '../support/run-ferry.ts'
import { endlessData, gate, status } from '../support/sftp-server/acts.ts'
import type { Fault } from '../support/sftp-server/faults.ts'
import { type StartOptions, startSftpServer } from '../support/sftp-server/start-sftp-server.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'

const movedBytes = 400_000_000
/** Node itself takes some 60 MB, and requests in flight have their bounds. */
const mostBytes = 250_000_000

/** What a process has taken at most so far. */
async function peakBytes(pid: number | undefined): Promise<number> {
  const [, kib] = /^VmHWM:\s+(\d+) kB$/m.exec(await readFile(`/proc/${pid}/status`, 'utf8')) ?? []
  return Number(kib) * 1024
}

/** Settles once so many bytes have come, which are forgotten. */
function received(stream: Readable, bytes: number): Promise<void> {
  return new Promise((resolve) => {
    let count = 0
    stream.on('data', (chunk: Buffer) => {
      count += chunk.length
      if (count >= bytes) resolve()
    })
  })
}

const endless: Fault = { on: 'read', act: endlessData }

// promise: bounded-memory
test.each<[string, readonly string[], Partial<StartOptions>]>([
  ['a file without end that is read', ['read', '/file'], { faults: [endless] }],
  ['a large file that is uploaded', ['upload', 'large', '/new'], { faults: [{ on: 'write', act: status(0) }] }],
  ['a large file that is downloaded', ['download', '/large', 'copy'], {}],
  ['what the server complains', ['read', '/file'], { stderr: 'noise '.repeat(movedBytes / 6), faults: [endless] }],
])('ferry does not grow with %s', async (_what, [command = '', ...args], { faults = [], ...options }) => {
  const closing = gate()
  await using folder = await temporaryDirectory()
  const root = join(folder.path, 'there')
  await mkdir(root)
  await using server = await startSftpServer({
    ...{ root, users: [{ name: 'deploy', password: 'right' }], ...options },
    // It is looked at before it ends.
    faults: [...faults, { on: 'close', act: closing.act }],
  })
  for (const path of [join(root, 'file'), join(root, 'large'), join(folder.path, 'large')]) {
    await using file = await open(path, 'w')
    await file.truncate(path.endsWith('large') ? movedBytes : 0)
  }
  const place = await ferryPlace({ home: folder.path, env: { FERRY_PASSWORD: 'right' } })
  const words = [command, `sftp://deploy@127.0.0.1:${server.port}`, ...args, '-o', 'StrictHostKeyChecking=no', '-q']
  const child = spawn(process.execPath, [place.program, ...words], {
    cwd: folder.path,
    env: place.env,
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  const ended = endOf(child)
  await Promise.race([received(child.stdout, movedBytes), closing.reached, ended])
  const peak = await peakBytes(child.pid)
  child.kill('SIGKILL')
  await ended
  expect(peak).toBeLessThan(mostBytes)
})
