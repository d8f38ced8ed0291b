import { mkdirSync, rmSync, symlinkSync } from 'node:fs'
import { expect, test } from 'vitest'
import { FerryError } from '../../src/errors/ferry-error.ts'
import { remotePath } from '../../src/model/remote-path.ts'
import { remove } from '../../src/operations/remove.ts'
import { destroy, drop, listing, meanwhile, status } from '../support/sftp-server/acts.ts'
import { mkfifoSync } from './mkfifo.ts'
import { namesIn, overBoth, plant, servedRig, signal } from './rig.ts'

const recursive = true

overBoth('remove', (open) => {
  test('files, links, special files and empty directories go, what links point to stays', async () => {
    const { session, remote, there } = await open()
    plant(there(), { f: '', 'd/': '', 'kept/x': '' })
    symlinkSync('kept', there('l'))
    symlinkSync('gone', there('dangling'))
    mkfifoSync(there('pipe'))
    for (const name of ['f', 'd', 'l', 'dangling', 'pipe']) {
      expect(await remove(session, remote(name), { signal })).toEqual({ deleted: 1, failures: [] })
    }
    expect(namesIn(there())).toEqual(['kept', 'kept/x'])
  })

  test('a trailing slash does not follow a link', async () => {
    const { session, remote, there } = await open()
    plant(there(), { 'kept/x': '' })
    symlinkSync('kept', there('l'))
    await remove(session, remote('l//'), { recursive, signal })
    expect(namesIn(there())).toEqual(['kept', 'kept/x'])
  })

  test('a directory that is not empty is kept, with a hint, unless recursive', async () => {
    const { session, remote, there } = await open()
    plant(there(), { 'd/x': '' })
    await expect(remove(session, remote('d'), { signal })).rejects.toMatchObject({
      code: 'not_empty',
      message: `delete ${remote('d')}: directory not empty`,
      details: { hint: expect.stringContaining('-r') },
    })
    expect(namesIn(there())).toEqual(['d', 'd/x'])
  })

  // promise: delete-no-follow
  test('a tree goes with everything in it, and nothing that its links point to', async () => {
    const { session, remote, there } = await open()
    plant(there(), { 'kept/x': '' })
    for (let n = 0; n < 250; n += 1) plant(there(), { [`d/${n % 9}/sub/${n}`]: '' })
    mkdirSync(there('d/empty'))
    symlinkSync('../kept', there('d/link'))
    symlinkSync('../../../kept', there('d/3/sub/link'))
    mkfifoSync(there('d/3/pipe'))
    expect(await remove(session, remote('d'), { recursive, signal })).toEqual({ deleted: 250 + 20 + 3, failures: [] })
    expect(namesIn(there())).toEqual(['kept', 'kept/x'])
  })

  test('another kind than asked for is an error', async () => {
    const { session, remote, there } = await open()
    plant(there(), { f: '', 'd/x': '' })
    symlinkSync('f', there('l'))
    const wrong = [
      ['f', 'directory', 'is a file, not a directory'],
      ['d', 'file', 'is a directory, not a file'],
      ['l', 'file', 'is a symbolic link, not a file'],
      ['f', 'symlink', 'is a file, not a symbolic link'],
    ] as const
    for (const [name, kind, reason] of wrong) {
      await expect(remove(session, remote(name), { kind, recursive, signal })).rejects.toMatchObject({
        code: 'wrong_kind',
        message: `delete ${remote(name)}: ${reason}`,
      })
    }
    await remove(session, remote('l'), { kind: 'symlink', signal })
    await remove(session, remote('f'), { kind: 'file', signal })
    await remove(session, remote('d'), { kind: 'directory', recursive, signal })
    expect(namesIn(there())).toEqual([])
  })

  test('what does not exist is an error', async () => {
    const { session, remote } = await open()
    for (const options of [{ signal }, { recursive, signal }]) {
      await expect(remove(session, remote('no'), options)).rejects.toMatchObject({
        code: 'not_found',
        message: `delete ${remote('no')}: no such file or directory`,
      })
    }
  })
})

test.each(['/', '//', '.', '..', './', '/a/..', '/a/.', '../../'])('%s is never deleted', async (path) => {
  const { session, there, pair } = await servedRig()
  plant(there(), { 'a/x': '' })
  await expect(remove(session, remotePath(path), { recursive, signal })).rejects.toMatchObject({ code: 'usage' })
  expect(pair.requests.filter(({ name }) => name === 'remove' || name === 'rmdir')).toEqual([])
})

// promise: one-name
test('names that no file can have are refused, and what holds them stays', async () => {
  const { session, there } = await servedRig({
    faults: [{ on: 'readdir', path: '/d/sub', times: 1, act: listing('../../kept', '/kept', 'good') }],
  })
  plant(there(), { 'd/sub/good': '', 'd/f': '', kept: '' })
  const { deleted, failures } = await remove(session, remotePath('/d'), { recursive, signal })
  expect(failures.map(({ error }) => error.message)).toEqual([
    'delete /d/sub: refused the entry "../../kept": a name with a slash',
    'delete /d/sub: refused the entry "/kept": a name with a slash',
    'delete /d/sub/good: no such file or directory',
  ])
  expect(deleted).toBe(2)
  expect(namesIn(there())).toEqual(['d', 'd/sub', 'kept'])
})

// promise: delete-no-follow
test('a directory that turns into a link is not entered', async () => {
  const rig = await servedRig({
    faults: [
      {
        on: 'lstat',
        path: '/d/sub',
        act: meanwhile(() => {
          rmSync(rig.there('d/sub'), { recursive: true })
          symlinkSync('../kept', rig.there('d/sub'))
        }),
      },
    ],
  })
  plant(rig.there(), { 'd/sub/x': '', 'kept/y': '' })
  const { failures } = await remove(rig.session, remotePath('/d'), { recursive, signal })
  expect(failures).toMatchObject([{ path: '/d/sub', error: { code: 'wrong_kind' } }])
  expect(namesIn(rig.there('kept'))).toEqual(['y'])
})

test('what cannot be deleted is among the failures once, and the rest goes', async () => {
  const { session, there } = await servedRig({
    faults: [
      { on: 'remove', path: '/d/a/locked', act: status(3) },
      { on: 'opendir', path: '/d/closed', act: status(3) },
    ],
  })
  plant(there(), { 'd/a/locked': '', 'd/a/other': '', 'd/b/x': '', 'd/closed/y': '' })
  const { deleted, failures } = await remove(session, remotePath('/d'), { recursive, signal })
  expect(failures.map(({ path }) => path).sort()).toEqual(['/d/a/locked', '/d/closed'])
  expect(deleted).toBe(3)
  expect(namesIn(there('d'))).toEqual(['a', 'a/locked', 'closed', 'closed/y'])
})

test('a lost connection ends the whole', async () => {
  const { session, there } = await servedRig({ faults: [{ on: 'remove', after: 10, act: destroy }] })
  for (let n = 0; n < 50; n += 1) plant(there(), { [`d/${n}`]: '' })
  await expect(remove(session, remotePath('/d'), { recursive, signal })).rejects.toMatchObject({
    code: 'connection_lost',
  })
})

test('giving up stops, and does not wait for a server that no longer answers', async () => {
  const { session, there } = await servedRig({ faults: [{ on: 'remove', after: 10, act: drop }] })
  for (let n = 0; n < 50; n += 1) plant(there(), { [`d/${n}`]: '' })
  const controller = new AbortController()
  const reason = new FerryError('cancelled', 'interrupted')
  const removing = remove(session, remotePath('/d'), { recursive, signal: controller.signal })
  await session.lstat('/d')
  controller.abort(reason)
  await expect(removing).rejects.toBe(reason)
})
