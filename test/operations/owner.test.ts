import { lstatSync, symlinkSync } from 'node:fs'
import { expect, test } from 'vitest'
import { remotePath } from '../../src/model/remote-path.ts'
import { changeOwner } from '../../src/operations/change-owner.ts'
import { parseOwner } from '../../src/operations/remote-ids.ts'
import { attributes, endlessData, status } from '../support/sftp-server/acts.ts'
import { statusAnswer } from '../support/sftp-server/answers.ts'
import type { Fault } from '../support/sftp-server/faults.ts'
import { plant, servedRig, signal } from './rig.ts'

interface Asked {
  readonly name: string
  readonly path: string | undefined
  readonly owner: { uid: number; gid: number } | undefined
}

/** Only root may give files away, so the server notes what it was asked, and does nothing. */
async function ownedRig(faults: Fault[] = [], extensions?: Record<string, string>) {
  const asked: Asked[] = []
  const noting: Fault = {
    on: ['setstat', 'lsetstat@openssh.com'],
    act: ({ request, paths }) => {
      const owner = 'attributes' in request ? request.attributes.owner : undefined
      asked.push({ name: request.name, path: paths[0], owner })
      return statusAnswer(0)
    },
  }
  const present: Fault = {
    on: ['stat', 'lstat', 'readdir'],
    act: attributes((honest) => ({ ...honest, owner: { uid: 10, gid: 20 } })),
  }
  const names = {
    users: new Map([
      [1001, 'alice'],
      [1002, 'renamed'],
    ]),
    groups: new Map([[2001, 'staff']]),
  }
  const rig = await servedRig({ names, faults: [...faults, noting, present], ...(extensions && { extensions }) })
  plant(rig.there(), {
    'etc/passwd':
      'root:x:0:0::/root:/bin/sh\nalice:x:1001:2001:A:/home/a:/bin/sh\nbob:x:1002:2001:::\n\nodd:x:seven:1::\n',
    'etc/group': 'root:x:0:\nstaff:x:2001:alice,bob\nlonely:x:2002:\n',
    f: '',
    'd/f': '',
    'd/sub/g': '',
  })
  symlinkSync('../f', rig.there('d/link'))
  symlinkSync('f', rig.there('link'))
  return { ...rig, asked }
}

const f = remotePath('/f')

test.each([
  ['alice', { owner: 'alice' }],
  ['alice:staff', { owner: 'alice', group: 'staff' }],
  ['alice:', { owner: 'alice', group: '' }],
  [':staff', { group: 'staff' }],
  ['1:2', { owner: '1', group: '2' }],
])('%s is read as chown(1) reads it', (text, expected) => {
  expect(parseOwner(text)).toEqual(expected)
})

test.each(['', ':'])('"%s" names nobody', (text) => {
  expect(() => parseOwner(text)).toThrow(expect.objectContaining({ code: 'usage' }))
})

test.each([
  ['a number', '7', { uid: 7, gid: 20 }],
  ['two numbers', '7:8', { uid: 7, gid: 8 }],
  ['a name', 'alice', { uid: 1001, gid: 20 }],
  ['a name and a group', 'alice:lonely', { uid: 1001, gid: 2002 }],
  ['a group alone', ':staff', { uid: 10, gid: 2001 }],
  ['a name and its login group', 'alice:', { uid: 1001, gid: 2001 }],
  ['a number and its login group', '1002:', { uid: 1002, gid: 2001 }],
])('%s keeps the id that is not given', async (_, text, owner) => {
  const { session, asked } = await ownedRig()
  expect(await changeOwner(session, f, parseOwner(text), { signal })).toEqual({ changed: 1, failures: [] })
  expect(asked).toEqual([{ name: 'setstat', path: '/f', owner }])
})

test.each([
  ['a name that is not there', 'carol', 'operation_failed', `the server's /etc/passwd has no user "carol"`],
  ['a group that is not there', ':carol', 'operation_failed', `the server's /etc/group has no group "carol"`],
  ['a name without a number', 'odd', 'operation_failed', `the server's /etc/passwd has no user "odd"`],
  ['a name that the server calls otherwise', 'bob', 'operation_failed', 'the server calls that "renamed"'],
  ['a number too large', '4294967295', 'usage', 'too large'],
])('%s is an error with a hint, never a guess', async (_, text, code, reason) => {
  const { session, asked } = await ownedRig()
  await expect(changeOwner(session, f, parseOwner(text), { signal })).rejects.toMatchObject({
    code,
    message: expect.stringContaining(reason),
    details: { hint: 'numbers always work, as in 1000:1000' },
  })
  expect(asked).toEqual([])
})

test.each<[string, Fault]>([
  ['not be read', { on: 'open', path: '/etc/passwd', act: status(3) }],
  ['never end', { on: 'read', act: endlessData }],
])('lists of names that can %s are an error with a hint', async (_, fault) => {
  const { session } = await ownedRig([fault])
  await expect(changeOwner(session, f, { owner: 'alice' }, { signal })).rejects.toMatchObject({
    code: 'unsupported',
    message: expect.stringContaining('chown /f: the names of users cannot be looked up: /etc/passwd: '),
  })
  await expect(changeOwner(session, f, { owner: '7' }, { signal })).resolves.toMatchObject({ changed: 1 })
})

test('a link is followed, or changed itself', async () => {
  const { session, asked } = await ownedRig()
  await changeOwner(session, remotePath('/link'), { owner: '7' }, { signal })
  await changeOwner(session, remotePath('/link'), { owner: '7' }, { noFollow: true, signal })
  expect(asked.map(({ name, path }) => [name, path])).toEqual([
    ['setstat', '/link'],
    ['lsetstat@openssh.com', '/link'],
  ])
})

test('a tree is changed with its links themselves', async () => {
  const { session, asked } = await ownedRig()
  expect(await changeOwner(session, remotePath('/d/'), { group: '8' }, { recursive: true, signal })).toMatchObject({
    changed: 5,
  })
  expect(asked.map(({ name, path }) => [path, name]).sort()).toEqual([
    ['/d', 'setstat'],
    ['/d/f', 'setstat'],
    ['/d/link', 'lsetstat@openssh.com'],
    ['/d/sub', 'setstat'],
    ['/d/sub/g', 'setstat'],
  ])
  expect(asked[0]?.owner).toEqual({ uid: 10, gid: 8 })
})

test('where links cannot be changed, those in a tree are left alone and one that is given is an error', async () => {
  const { session, asked } = await ownedRig([], {})
  expect(await changeOwner(session, remotePath('/d'), { owner: '7' }, { recursive: true, signal })).toMatchObject({
    changed: 4,
  })
  expect(asked.map(({ path }) => path)).not.toContain('/d/link')
  await expect(
    changeOwner(session, remotePath('/link'), { owner: '7' }, { noFollow: true, signal }),
  ).rejects.toMatchObject({
    code: 'unsupported',
  })
})

test('where the server does not tell the present owner, both ids are needed', async () => {
  const { session } = await servedRig({
    faults: [{ on: 'stat', act: attributes(({ owner: _, ...honest }) => honest) }],
  })
  plant((await servedRig()).there(), {})
  await expect(changeOwner(session, remotePath('/'), { owner: '7' }, { signal })).rejects.toMatchObject({
    code: 'unsupported',
    message: expect.stringContaining('owner and group must both be given'),
  })
})

test('a refusal names the act and the path', async () => {
  const { session } = await ownedRig([{ on: 'setstat', act: status(3) }])
  await expect(changeOwner(session, f, { owner: '7' }, { signal })).rejects.toMatchObject({
    code: 'permission_denied',
    message: 'chown /f: permission denied',
  })
  await expect(changeOwner(session, f, { group: '7' }, { signal })).rejects.toMatchObject({
    message: 'chgrp /f: permission denied',
  })
})

test.skipIf(process.getuid?.() !== 0)('root can give files away (skipped for other users)', async () => {
  const { session, there } = await servedRig()
  plant(there(), { f: '' })
  await changeOwner(session, f, { owner: '12', group: '34' }, { signal })
  expect(lstatSync(there('f'))).toMatchObject({ uid: 12, gid: 34 })
})
