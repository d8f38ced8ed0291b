import { closeSync, openSync, readFileSync, truncateSync, writeFileSync } from 'node:fs'
import { expect, onTestFinished, test } from 'vitest'
import { remotePath } from '../../src/model/remote-path.ts'
import { download } from '../../src/operations/download.ts'
import { upload } from '../../src/operations/upload.ts'
import { sendAtOnce } from '../../src/transfer/send-at-once.ts'
import { TransferWindow } from '../../src/transfer/transfer-window.ts'
import { counted, namesIn, plant, servedRig, signal } from '../operations/rig.ts'
import { attributes, meanwhile, shortRead, status } from '../support/sftp-server/acts.ts'
import type { Fault } from '../support/sftp-server/faults.ts'
import type { SftpServerOptions } from '../support/sftp-server/sftp-server.ts'

const size = 4096

async function fetched(options: Partial<SftpServerOptions>, effect?: (path: string) => void) {
  const faults: Fault[] = [...(options.faults ?? [])]
  const rig = await servedRig({ ...options, faults })
  plant(rig.there(), { a: counted(size) })
  if (effect !== undefined) faults.push({ on: 'read', times: 1, act: meanwhile(() => effect(rig.there('a'))) })
  const downloading = download(rig.session, [remotePath('/a')], rig.here('a'), { signal })
  const summary = await downloading.catch((error: unknown) => ({ error }))
  return { ...rig, summary }
}

test('a small file of an OpenSSH server takes one READ, which shows its end as well', async () => {
  const { pair, here } = await fetched({})
  const asked = pair.requests.map(({ name }) => name)
  expect(asked.slice(asked.indexOf('open'))).toEqual(['open', 'read', 'close'])
  expect(readFileSync(here('a')).equals(counted(size))).toBe(true)
})

// promise: changing-source
test.each([0, 1, size - 1, size + 1, 2 * size, 700_000])(
  'one that has %i bytes when it is read comes whole',
  async (now) => {
    const { here } = await fetched({}, (path) => writeFileSync(path, counted(now)))
    expect(readFileSync(here('a')).equals(counted(now))).toBe(true)
  },
)

// promise: short-reads
test('another server may give less than there is, also where the file should end', async () => {
  const lying = attributes((honest) => ({ ...honest, size: BigInt(size) }))
  const { session, there, here } = await servedRig({
    extensions: {},
    faults: [
      { on: 'stat', act: lying },
      { on: 'read', act: shortRead(size) },
    ],
  })
  plant(there(), { a: counted(size + 100) })
  await download(session, [remotePath('/a')], here('a'), { signal })
  expect(readFileSync(here('a')).equals(counted(size + 100))).toBe(true)
})

// promise: all-or-nothing
test('a READ that fails leaves what was there', async () => {
  const { session, there, here } = await servedRig({ faults: [{ on: 'read', act: status(4) }] })
  plant(there(), { a: counted(size) })
  plant(here(), { a: 'old' })
  await expect(download(session, [remotePath('/a')], here('a'), { signal })).rejects.toMatchObject({
    code: 'operation_failed',
  })
  expect(namesIn(here())).toEqual(['a'])
  expect(readFileSync(here('a'), 'utf8')).toBe('old')
})

test('a small file goes out in one WRITE, with what follows right behind it', async () => {
  const { session, pair, there, here } = await servedRig()
  plant(here(), { a: counted(size) })
  await upload(session, [here('a')], remotePath('/a'), { signal })
  const asked = pair.requests.map(({ name }) => name)
  expect(asked.slice(asked.indexOf('open'))).toEqual([
    'open',
    'write',
    'fsetstat',
    'close',
    'stat',
    'posix-rename@openssh.com',
  ])
  expect(readFileSync(there('a')).equals(counted(size))).toBe(true)
})

test.each([size - 1, size + 1])('one that turns out to have %i bytes is not sent at once', async (now) => {
  const { session, pair, remote, here } = await servedRig()
  plant(here(), { a: counted(size) })
  const fd = openSync(here('a'), 'r+')
  onTestFinished(() => closeSync(fd))
  const handle = await session.open(remote('a'), { write: true, create: true })
  const window = new TransferWindow(session, 'write', {})
  if (now < size) truncateSync(here('a'), now)
  else writeFileSync(here('a'), counted(now))
  expect(await sendAtOnce(session, handle, fd, size, { window, signal }, {})).toBe(false)
  expect(window.load).toBe(0)
  expect(pair.requests.map(({ name }) => name)).not.toContain('write')
})
