import { chmodSync, lstatSync, mkdirSync, readFileSync, readlinkSync, statSync, symlinkSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { FerryError } from '../../src/errors/ferry-error.ts'
import { remotePath } from '../../src/model/remote-path.ts'
import { createHardlink, createSymlink } from '../../src/operations/create-link.ts'
import { makeDirectory } from '../../src/operations/make-directory.ts'
import { move } from '../../src/operations/move.ts'
import { rename } from '../../src/operations/rename.ts'
import { destroy, drop, meanwhile, performed, status } from '../support/sftp-server/acts.ts'
import { namesIn, overBoth, plant, servedRig, signal } from './rig.ts'

const denied = 3
const modeOf = (path: string): number => lstatSync(path).mode & 0o7777

overBoth('making', (open) => {
  test('a directory has exactly the mode that was asked for, or what the umask leaves', async () => {
    const { session, remote, there } = await open()
    await makeDirectory(session, remote('plain'), { signal })
    await makeDirectory(session, remote('exact/'), { mode: 0o2777, signal })
    expect(modeOf(there('plain'))).toBe(0o777 & ~process.umask())
    expect(modeOf(there('exact'))).toBe(0o2777)
  })

  test('what exists is an error, without parents, and what has no parent too', async () => {
    const { session, remote, there } = await open()
    plant(there(), { 'd/': '', f: '' })
    symlinkSync('gone', there('dangling'))
    for (const name of ['d', 'f', 'dangling']) {
      await expect(makeDirectory(session, remote(name), { signal })).rejects.toMatchObject({
        code: 'already_exists',
        message: `mkdir ${remote(name)}: already exists`,
      })
    }
    await expect(makeDirectory(session, remote('no/d'), { signal })).rejects.toMatchObject({ code: 'not_found' })
  })

  test('with parents missing ones are made, and an existing directory, also behind a link, is fine and stays', async () => {
    const { session, remote, there } = await open()
    plant(there(), { 'd/': '', f: '' })
    symlinkSync('d', there('link'))
    chmodSync(there('d'), 0o750)
    const parents = true
    await makeDirectory(session, remote('a/b/c/'), { parents, mode: 0o700, signal })
    expect([modeOf(there('a')), modeOf(there('a/b/c'))]).toEqual([0o777 & ~process.umask(), 0o700])
    for (const name of ['d', 'link']) await makeDirectory(session, remote(name), { parents, mode: 0o777, signal })
    expect(modeOf(there('d'))).toBe(0o750)
    await makeDirectory(session, remote('link/in'), { parents, signal })
    expect(namesIn(there('d'))).toEqual(['in'])
    await makeDirectory(session, remotePath('/'), { parents, signal })
    await expect(makeDirectory(session, remote('f'), { parents, signal })).rejects.toMatchObject({
      code: 'already_exists',
    })
    await expect(makeDirectory(session, remote('f/x'), { parents, signal })).rejects.toBeInstanceOf(FerryError)
  })

  test('links are made, their targets stored as written, and never over what exists', async () => {
    const { session, remote, there } = await open()
    plant(there(), { f: 'content', 'd/': '' })
    await createSymlink(session, '../any where/-x', remote('l'), { signal })
    await createHardlink(session, remote('f'), remote('h'), { signal })
    expect(readlinkSync(there('l'))).toBe('../any where/-x')
    expect(statSync(there('h')).ino).toBe(statSync(there('f')).ino)
    await expect(createSymlink(session, 'x', remote('l'), { signal })).rejects.toMatchObject({
      code: 'already_exists',
      message: `symlink x ${remote('l')}: ${remote('l')} already exists`,
    })
    await expect(createHardlink(session, remote('f'), remote('h'), { signal })).rejects.toMatchObject({
      code: 'already_exists',
    })
    await expect(createHardlink(session, remote('d'), remote('e'), { signal })).rejects.toMatchObject({
      code: 'wrong_kind',
    })
    await expect(createHardlink(session, remote('no'), remote('e'), { signal })).rejects.toMatchObject({
      code: 'not_found',
    })
    await expect(createSymlink(session, '', remote('e'), { signal })).rejects.toMatchObject({ code: 'usage' })
  })
})

overBoth('moving', (open) => {
  test('a new path is taken, and an existing directory is moved into', async () => {
    const { session, remote, there } = await open()
    plant(there(), { a: '1', b: '2', 'd/': '', 'tree/x': '' })
    symlinkSync('d', there('dlink'))
    symlinkSync('nowhere', there('l'))
    expect(await move(session, remote('a'), remote('c'), { signal })).toBe(remote('c'))
    expect(await move(session, remote('b'), remote('d'), { signal })).toBe(remote('d/b'))
    expect(await move(session, remote('tree/'), remote('dlink'), { signal })).toBe(remote('dlink/tree'))
    await move(session, remote('l'), remote('d/'), { signal })
    expect(namesIn(there())).toEqual(['c', 'd', 'd/b', 'd/l', 'd/tree', 'd/tree/x', 'dlink'])
  })

  test('what exists is refused, or with force replaced', async () => {
    const { session, remote, there } = await open()
    plant(there(), { a: 'new', 'd/a': 'old', f: 'old', 'e/d/': '', 'full/d/x': '' })
    symlinkSync('gone', there('dangling'))
    for (const to of ['d', 'f', 'dangling']) {
      await expect(move(session, remote('a'), remote(to), { signal })).rejects.toMatchObject({
        code: 'already_exists',
        details: { hint: '--force replaces it' },
      })
    }
    expect(readFileSync(there('d/a'), 'utf8')).toBe('old')
    await move(session, remote('a'), remote('d'), { force: true, signal })
    expect(readFileSync(there('d/a'), 'utf8')).toBe('new')
    await expect(move(session, remote('d'), remote('full'), { force: true, signal })).rejects.toMatchObject({
      code: 'not_empty',
    })
    await expect(move(session, remote('d'), remote('f'), { force: true, signal })).rejects.toMatchObject({
      code: 'wrong_kind',
    })
    await move(session, remote('d'), remote('e'), { force: true, signal })
    expect(namesIn(there('e'))).toEqual(['d', 'd/a'])
  })

  test('what does not exist, has no name, or would hold itself is an error', async () => {
    const { session, remote, there } = await open()
    plant(there(), { 'd/e/': '', f: '' })
    await expect(move(session, remote('no'), remote('x'), { signal })).rejects.toMatchObject({
      code: 'not_found',
      message: `move ${remote('no')} ${remote('x')}: no such file or directory`,
    })
    await expect(move(session, remotePath(`${remote('d')}/.`), remote('x'), { signal })).rejects.toMatchObject({
      code: 'usage',
    })
    await expect(move(session, remote('d'), remote('d/e'), { signal })).rejects.toMatchObject({
      code: 'operation_failed',
    })
    await expect(move(session, remote('f'), remote('x/'), { signal })).rejects.toMatchObject({ code: 'not_found' })
    expect(namesIn(there())).toEqual(['d', 'd/e', 'f'])
  })

  test('rename never goes into a directory, and replaces only with force', async () => {
    const { session, remote, there } = await open()
    plant(there(), { a: 'new', b: 'old', 'd/x': '' })
    await expect(rename(session, remote('a'), remote('b'), { signal })).rejects.toMatchObject({
      code: 'already_exists',
      message: `rename ${remote('a')} ${remote('b')}: ${remote('b')} already exists`,
    })
    await expect(rename(session, remote('a'), remote('d'), { signal })).rejects.toMatchObject({
      code: 'already_exists',
    })
    await expect(rename(session, remote('a'), remote('d'), { force: true, signal })).rejects.toMatchObject({
      code: 'wrong_kind',
    })
    await rename(session, remote('a'), remote('b'), { force: true, signal })
    expect(readFileSync(there('b'), 'utf8')).toBe('new')
    await rename(session, remote('b'), remote('c'), { signal })
    await expect(rename(session, remote('b'), remote('d/y'), { signal })).rejects.toMatchObject({ code: 'not_found' })
    expect(namesIn(there())).toEqual(['c', 'd', 'd/x'])
  })
})

describe('moving on a server that does less', () => {
  test('without posix-rename a target is not replaced, and a new path is taken', async () => {
    const { session, there } = await servedRig({ extensions: {} })
    plant(there(), { a: 'new', b: 'old' })
    const force = { force: true, signal }
    for (const act of [move, rename]) {
      await expect(act(session, remotePath('/a'), remotePath('/b'), force)).rejects.toMatchObject({
        code: 'unsupported',
        message: expect.stringMatching(/: the server cannot replace in one step$/),
      })
    }
    await move(session, remotePath('/a'), remotePath('/c'), force)
    expect(namesIn(there())).toEqual(['b', 'c'])
  })

  test('a target that appears meanwhile is not replaced', async () => {
    const rig = await servedRig({
      faults: [{ on: 'rename', act: meanwhile(() => plant(rig.there(), { b: 'theirs' })) }],
    })
    plant(rig.there(), { a: 'ours' })
    await expect(move(rig.session, remotePath('/a'), remotePath('/b'), { signal })).rejects.toMatchObject({
      code: 'already_exists',
    })
    expect(readFileSync(rig.there('b'), 'utf8')).toBe('theirs')
  })

  // promise: unknown-outcome
  test('a lost answer is an unknown outcome', async () => {
    for (const [act, on] of [
      [move, 'rename'],
      [rename, 'rename'],
    ] as const) {
      const { session, there } = await servedRig({ faults: [{ on, act: performed(destroy) }] })
      plant(there(), { a: '' })
      await expect(act(session, remotePath('/a'), remotePath('/b'), { signal })).rejects.toMatchObject({
        code: 'outcome_unknown',
      })
    }
  })

  test('giving up does not wait for the answer', async () => {
    const { session, there } = await servedRig({ faults: [{ on: 'rename', act: drop }] })
    plant(there(), { a: '' })
    const controller = new AbortController()
    const reason = new FerryError('cancelled', 'interrupted')
    const moving = move(session, remotePath('/a'), remotePath('/b'), { signal: controller.signal })
    controller.abort(reason)
    await expect(moving).rejects.toBe(reason)
  })
})

// promise: niceties
test('mkdir of an existing directory is fine with parents whatever the server answers', async () => {
  for (const code of [denied, 4, 11]) {
    const { session, there } = await servedRig({ faults: [{ on: 'mkdir', path: '/d', act: status(code) }] })
    mkdirSync(there('d'))
    await makeDirectory(session, remotePath('/d/e'), { parents: true, signal })
    await makeDirectory(session, remotePath('/d'), { parents: true, signal })
    expect(namesIn(there())).toEqual(['d', 'd/e'])
  }
})
