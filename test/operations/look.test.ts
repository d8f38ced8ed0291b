import { chmodSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { FerryError } from '../../src/errors/ferry-error.ts'
import { decodeName, encodeName } from '../../src/model/name-bytes.ts'
import { remotePath } from '../../src/model/remote-path.ts'
import { info } from '../../src/operations/info.ts'
import { kindOf } from '../../src/operations/kind-of.ts'
import { listEntries, listPlain } from '../../src/operations/list-entries.ts'
import { space } from '../../src/operations/space.ts'
import { type Walked, walkEntries } from '../../src/operations/walk-entries.ts'
import { attributes, drop, listing, status } from '../support/sftp-server/acts.ts'
import { statusAnswer } from '../support/sftp-server/answers.ts'
import { extensionVersions } from '../support/sftp-server/extension-requests.ts'
import { mkfifoSync } from './mkfifo.ts'
import { overBoth, plant, servedRig, signal } from './rig.ts'

const unnamed = Object.fromEntries(
  Object.entries(extensionVersions).filter(([name]) => name !== 'users-groups-by-id@openssh.com'),
)

async function all(walk: AsyncIterable<Walked>): Promise<string[]> {
  const seen: string[] = []
  for await (const one of walk) {
    seen.push(...('entries' in one ? Array.from(one.entries, ({ path }) => path) : [`! ${one.error.message}`]))
  }
  return seen
}

overBoth('looking', (open) => {
  test('a directory is listed in byte order, hidden names included, with all that is known', async () => {
    const { session, remote, there } = await open()
    plant(there(), { 'd/b': 'bb', 'd/.hidden': '', 'd/Z': '', 'd/é': '', 'd/sub/': '' })
    symlinkSync('b', there('d/link'))
    chmodSync(there('d/b'), 0o640)
    utimesSync(there('d/b'), 1_000_000_000, 1_100_000_000)
    const { entries, refused } = await listEntries(session, remote('d'), { signal })
    expect(refused).toEqual([])
    expect(entries.map(({ name }) => name)).toEqual(['.hidden', 'Z', 'b', 'link', 'sub', 'é'])
    expect(entries[2]).toMatchObject({
      path: remote('d/b'),
      attributes: { size: 2, permissions: 0o100640, times: { atime: 1_000_000_000, mtime: 1_100_000_000 } },
      owner: process.getuid?.() === 0 ? 'root' : expect.any(String),
    })
    expect(entries[3]?.target).toBe('b')
  })

  test('a file gives itself, a link to a directory its entries, a dangling link itself', async () => {
    const { session, remote, there } = await open()
    plant(there(), { 'd/a': '1' })
    symlinkSync('d', there('dlink'))
    symlinkSync('gone', there('dangling'))
    const names = async (path: string) => (await listEntries(session, remote(path), { signal })).entries
    expect(await names('d/a')).toMatchObject([{ name: 'a', path: remote('d/a') }])
    expect(await names('dlink')).toMatchObject([{ name: 'a', path: remote('dlink/a') }])
    expect(await names('dangling')).toMatchObject([{ name: 'dangling', target: 'gone' }])
    await expect(names('none')).rejects.toMatchObject({
      code: 'not_found',
      message: `list ${remote('none')}: no such file or directory`,
    })
  })

  test('a walk gives everything, follows no link, and says what cannot be listed', async () => {
    const { session, remote, there } = await open()
    plant(there(), { 'd/b/2': '', 'd/b/1': '', 'd/a/deep/x': '', 'd/c': '' })
    symlinkSync('..', there('d/b/up'))
    expect(await all(walkEntries(session, remote('d'), { signal }))).toEqual(
      ['a', 'b', 'c', 'a/deep', 'a/deep/x', 'b/1', 'b/2', 'b/up'].map((name) => remote(`d/${name}`)),
    )
    expect(await all(walkEntries(session, remote('d/c'), { signal }))).toEqual([remote('d/c')])
    await expect(all(walkEntries(session, remote('none'), { signal }))).rejects.toMatchObject({ code: 'not_found' })
  })

  test('info tells of a link or of what it points to', async () => {
    const { session, remote, there } = await open()
    plant(there(), { a: 'abc' })
    symlinkSync('a', there('link'))
    expect(await info(session, remote('link'), { signal })).toMatchObject({ name: 'link', target: 'a' })
    expect(await info(session, remote('link'), { follow: true, signal })).toMatchObject({ attributes: { size: 3 } })
    await expect(info(session, remote('none'), { signal })).rejects.toMatchObject({ code: 'not_found' })
  })

  test('the kind of a path is told, and nothing for what is not there', async () => {
    const { session, remote, there } = await open()
    plant(there(), { 'd/a': '' })
    symlinkSync('d', there('link'))
    symlinkSync('gone', there('dangling'))
    mkfifoSync(there('pipe'))
    const kinds = ['d', 'd/a', 'link', 'dangling', 'pipe', 'none', 'd/a/below'].map((name) =>
      kindOf(session, remote(name), { signal }),
    )
    expect(await Promise.all(kinds)).toEqual(['directory', 'file', 'symlink', 'symlink', 'other', undefined, undefined])
    expect(await kindOf(session, remote('link'), { follow: true, signal })).toBe('directory')
    expect(await kindOf(session, remote('dangling'), { follow: true, signal })).toBeUndefined()
  })

  test('space is told in bytes and inodes', async () => {
    const { session, remote } = await open()
    const told = await space(session, remote(), { signal })
    expect(told.size).toBeGreaterThan(0)
    expect(told.used + told.available).toBeLessThanOrEqual(told.size)
    expect(told.inodesUsed + told.inodesAvailable).toBeLessThanOrEqual(told.inodes)
  })
})

// promise: no-is-no
test('what cannot be found out about a path is not "no"', async () => {
  const { session } = await servedRig({ faults: [{ on: 'lstat', act: status(3) }] })
  await expect(kindOf(session, remotePath('/x'), { signal })).rejects.toMatchObject({ code: 'permission_denied' })
})

test('the current directory needs no name in its entries', async () => {
  const { session, there } = await servedRig()
  plant(there(), { a: '' })
  expect((await listEntries(session, remotePath('.'), { signal })).entries).toMatchObject([{ path: 'a' }])
})

test('names alone are listed without a question about links or owners', async () => {
  const { session, there, pair } = await servedRig()
  plant(there(), { 'd/a': '1', 'd/sub/b': '' })
  symlinkSync('a', there('d/link'))
  const { entries } = await listPlain(session, remotePath('/d'), { signal })
  expect(Array.from(entries, ({ name, path }) => [name, path])).toEqual([
    ['a', '/d/a'],
    ['link', '/d/link'],
    ['sub', '/d/sub'],
  ])
  expect(await all(walkEntries(session, remotePath('/d'), { plain: true, signal }))).toContain('/d/sub/b')
  const asked = new Set(pair.requests.map(({ name }) => name))
  expect(
    [...asked].filter((name) => !['init', 'limits@openssh.com', 'opendir', 'readdir', 'close'].includes(name)),
  ).toEqual([])
})

test('a walk for names alone finds directories where the server tells no kinds', async () => {
  const { session, there } = await servedRig({ faults: [{ on: 'readdir', act: attributes(() => ({})) }] })
  plant(there(), { 'd/sub/b': '' })
  expect(await all(walkEntries(session, remotePath('/d'), { plain: true, signal }))).toEqual(['/d/sub', '/d/sub/b'])
})

// promise: one-name
test('names that no file can have are refused by name', async () => {
  const { session, there } = await servedRig({
    faults: [{ on: 'readdir', path: '/d', times: 1, act: listing('../evil', '', 'fine') }],
  })
  plant(there(), { 'd/good': '' })
  const { entries, refused } = await listEntries(session, remotePath('/d'), { signal })
  expect(entries.map(({ name }) => name)).toEqual(['fine', 'good'])
  expect(refused.map(({ message }) => message)).toEqual([
    'list /d: refused the entry "../evil": a name with a slash',
    'list /d: refused the entry "": an empty name',
  ])
})

test('without the extension owners have no names, and with it each id is asked for once', async () => {
  const bare = await servedRig({ extensions: unnamed })
  plant(bare.there(), { a: '' })
  const { entries } = await listEntries(bare.session, bare.remote(), { signal })
  expect(entries[0]).not.toHaveProperty('owner')
  expect(entries[0]?.attributes.owner).toBeDefined()

  const names = { users: new Map([[process.getuid?.() ?? 0, 'someone']]), groups: new Map() }
  const rig = await servedRig({ names })
  plant(rig.there(), { 'd/a': '', 'd/b': '' })
  await listEntries(rig.session, rig.remote('d'), { signal })
  const again = await listEntries(rig.session, rig.remote('d'), { signal })
  expect(again.entries[0]).toMatchObject({ owner: 'someone' })
  expect(again.entries[0]).not.toHaveProperty('group')
  expect(rig.pair.requests.filter(({ name }) => name === 'users-groups-by-id@openssh.com')).toHaveLength(1)
})

test('a listing without attributes is completed', async () => {
  const { session, there, remote } = await servedRig({ faults: [{ on: 'readdir', act: attributes(() => ({})) }] })
  plant(there(), { 'd/a': 'abc' })
  expect((await listEntries(session, remote('d'), { signal })).entries).toMatchObject([{ attributes: { size: 3 } }])
})

test('a directory that cannot be listed is an error among the entries of a walk', async () => {
  const { session, there, remote } = await servedRig({ faults: [{ on: 'opendir', path: '/d/closed', act: status(3) }] })
  plant(there(), { 'd/closed/x': '', 'd/open/y': '' })
  expect(await all(walkEntries(session, remote('d'), { signal }))).toEqual([
    '/d/closed',
    '/d/open',
    '! list /d/closed: permission denied',
    '/d/open/y',
  ])
})

test('a walk that is left closes what it opened', async () => {
  const { session, there, remote, pair } = await servedRig()
  for (let n = 0; n < 30; n += 1) plant(there(), { [`d/${n}/x`]: '' })
  for await (const _one of walkEntries(session, remote('d'), { signal })) break
  await session.lstat('/')
  await session.lstat('/')
  expect(pair.openHandles()).toBe(0)
})

// promise: endless-listing
test('a tree that never ends in depth is bounded', async () => {
  const listed = new Set<string>()
  let handles = 0
  const { session } = await servedRig({
    faults: [
      {
        on: 'opendir',
        act: () => {
          handles += 1
          return { type: 'handle', handle: Buffer.from(`${handles}`) }
        },
      },
      { on: 'close', act: status(0) },
      {
        on: 'readdir',
        act: ({ request }) => {
          const handle = 'handle' in request ? request.handle : ''
          if (listed.has(handle)) return statusAnswer(1)
          listed.add(handle)
          return { type: 'name', entries: [{ name: 'd', attributes: { permissions: 0o040755 } }] }
        },
      },
    ],
  })
  const seen = await all(walkEntries(session, remotePath('/d'), { signal }))
  expect(seen.at(-1)).toMatch(/^! list .*: too deep$/)
})

test('giving up does not wait for a server that no longer answers', async () => {
  for (const on of ['opendir', 'readdir', 'lstat'] as const) {
    const { session, there, remote } = await servedRig({ faults: [{ on, act: drop }] })
    plant(there(), { 'd/a': '' })
    const controller = new AbortController()
    const reason = new FerryError('cancelled', 'interrupted')
    const work =
      on === 'lstat' ? kindOf(session, remote('d'), controller) : listEntries(session, remote('d'), controller)
    controller.abort(reason)
    await expect(work).rejects.toBe(reason)
  }
})

// promise: bytes-stay-bytes
test('names keep their bytes', async () => {
  const { session, there, remote } = await servedRig()
  const name = decodeName(Buffer.from([0xff, 0x61]))
  writeFileSync(encodeName(there(name)), '')
  expect((await listEntries(session, remote(), { signal })).entries).toMatchObject([{ name }])
})
