import { chmodSync, lstatSync, symlinkSync } from 'node:fs'
import { expect, test } from 'vitest'
import { parseMode } from '../../src/model/mode.ts'
import { remotePath } from '../../src/model/remote-path.ts'
import { changeMode } from '../../src/operations/change-mode.ts'
import { attributes, status } from '../support/sftp-server/acts.ts'
import { overBoth, plant, servedRig, signal } from './rig.ts'

const denied = 3
const modeOf = (path: string): number => lstatSync(path).mode & 0o7777

overBoth('modes', (open) => {
  test('octal and symbolic changes apply to what a link points to', async () => {
    const { session, remote, there } = await open()
    plant(there(), { f: '' })
    symlinkSync('f', there('l'))
    chmodSync(there('f'), 0o600)
    expect(await changeMode(session, remote('l'), parseMode('u+x,go=r'), { signal })).toEqual({
      changed: 1,
      failures: [],
    })
    expect(modeOf(there('f'))).toBe(0o744)
    await changeMode(session, remote('f'), parseMode('4711'), { signal })
    expect(modeOf(there('f'))).toBe(0o4711)
    await expect(changeMode(session, remote('no'), parseMode('644'), { signal })).rejects.toMatchObject({
      code: 'not_found',
      message: `chmod ${remote('no')}: no such file or directory`,
    })
  })

  test('a whole tree is changed, links in it and what they point to are not', async () => {
    const { session, remote, there } = await open()
    plant(there(), { 'd/f': '', 'd/sub/g': '', outside: '', 'far/h': '' })
    symlinkSync('../outside', there('d/link'))
    symlinkSync('../far', there('d/dlink'))
    for (const name of ['outside', 'far/h']) chmodSync(there(name), 0o604)
    const { changed, failures } = await changeMode(session, remote('d/'), parseMode('go-rwx,u=rwX'), {
      recursive: true,
      signal,
    })
    expect({ changed, failures }).toEqual({ changed: 4, failures: [] })
    expect(['d', 'd/f', 'd/sub', 'd/sub/g'].map((name) => modeOf(there(name)))).toEqual([0o700, 0o600, 0o700, 0o600])
    expect([modeOf(there('outside')), modeOf(there('far/h'))]).toEqual([0o604, 0o604])
    expect((await changeMode(session, remote('d/dlink'), parseMode('711'), { recursive: true, signal })).changed).toBe(
      1,
    )
    expect([modeOf(there('far')), modeOf(there('far/h'))]).toEqual([0o711, 0o604])
  })

  test('taking away the way into a tree does not stop at its door', async () => {
    const { session, remote, there } = await open()
    plant(there(), { 'd/sub/f': '' })
    await changeMode(session, remote('d'), parseMode('0'), { recursive: true, signal })
    expect(modeOf(there('d'))).toBe(0)
    await changeMode(session, remote('d'), parseMode('u=rwX'), { recursive: true, signal })
    expect(['d', 'd/sub', 'd/sub/f'].map((name) => modeOf(there(name)))).toEqual([0o700, 0o700, 0o600])
  })
})

test('a directory is changed last where the change would lock it', async () => {
  const { session, there, pair } = await servedRig()
  plant(there(), { 'd/sub/f': '' })
  await changeMode(session, remotePath('/d'), parseMode('a-x'), { recursive: true, signal })
  const order = pair.requests.filter(({ name }) => name === 'setstat').map(({ paths }) => paths[0])
  expect(order).toEqual(['/d/sub/f', '/d/sub', '/d'])
  for (const name of ['d', 'd/sub']) chmodSync(there(name), 0o755)
})

test('what cannot be changed is among the failures, and the rest is changed', async () => {
  const { session, there } = await servedRig({
    faults: [{ on: 'setstat', path: /locked/, act: status(denied) }],
  })
  plant(there(), { 'd/locked/f': '', 'd/g': '' })
  chmodSync(there('d/g'), 0o600)
  const { changed, failures } = await changeMode(session, remotePath('/d'), parseMode('a+r'), {
    recursive: true,
    signal,
  })
  expect(changed).toBe(2)
  expect(failures.map(({ path, error }) => [path, error.message])).toEqual([
    ['/d/locked', 'chmod 0755 /d/locked: permission denied'],
    ['/d/locked/f', 'chmod 0644 /d/locked/f: permission denied'],
  ])
})

test('where the server tells no mode, only octal digits work', async () => {
  const { session, there } = await servedRig({
    faults: [{ on: ['stat', 'lstat'], act: attributes(({ permissions: _, ...honest }) => honest) }],
  })
  plant(there(), { f: '' })
  await changeMode(session, remotePath('/f'), parseMode('640'), { signal })
  expect(modeOf(there('f'))).toBe(0o640)
  await expect(changeMode(session, remotePath('/f'), parseMode('u+x'), { signal })).rejects.toMatchObject({
    code: 'unsupported',
  })
})
