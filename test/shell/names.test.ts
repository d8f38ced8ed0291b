import { mkdir, symlink, writeFile } from 'node:fs/promises'
import { expect, test } from 'vitest'
import { openSession } from '../../src/sftp/open-session.ts'
import { localNames, RemoteNames } from '../../src/shell/names.ts'
import { meanwhile } from '../support/sftp-server/acts.ts'
import { servePair } from '../support/sftp-server/serve-pair.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'

const signal = new AbortController().signal

test('a remote directory is listed once, until a command may have changed it or it is old', async () => {
  await using place = await temporaryDirectory()
  await writeFile(`${place.path}/a`, '')
  let listings = 0
  const act = meanwhile(() => {
    listings += 1
  })
  const { channel } = servePair({ root: place.path, faults: [{ on: 'opendir', act }] })
  await using session = await openSession(channel, { timeoutMs: 0, signal })
  let now = 0
  const names = new RemoteNames(
    () => ({ session, directory: '/' }),
    () => now,
  )
  expect(await names.list('', signal)).toEqual([{ name: 'a', kind: 'other' }])
  names.after('get')
  await names.list('', signal)
  expect(listings).toBe(1)
  names.after('rm')
  await names.list('', signal)
  expect(listings).toBe(2)
  now = 60_000
  await names.list('', signal)
  expect(listings).toBe(3)
  expect(await names.list('nowhere/', signal)).toEqual([])
})

test('local names tell directories and links apart, and bytes that are not UTF-8 stay', async () => {
  await using place = await temporaryDirectory()
  await mkdir(`${place.path}/dir`)
  await symlink('dir', `${place.path}/link`)
  await writeFile(Buffer.concat([Buffer.from(`${place.path}/l`), Buffer.of(0xe9)]), '')
  const local = localNames(() => place.path)
  const found = [...(await local.list('', signal))].sort((one, other) => (one.name < other.name ? -1 : 1))
  expect(found).toEqual(
    [
      { name: 'dir', kind: 'directory' },
      { name: 'l\udce9', kind: 'other' },
      { name: 'link', kind: 'link' },
    ].sort((one, other) => (one.name < other.name ? -1 : 1)),
  )
  expect(await local.leadsToDirectory('link', signal)).toBe(true)
  expect(await local.list('nowhere/', signal)).toEqual([])
})
