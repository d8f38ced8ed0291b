import { mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { decodeName, encodeName } from '../../src/model/name-bytes.ts'
import { remotePath } from '../../src/model/remote-path.ts'
import { download } from '../../src/operations/download.ts'
import { answer, attributes, listing, status } from '../support/sftp-server/acts.ts'
import { harvest, namesIn, plant, servedRig, signal } from './rig.ts'

// promise: one-name
test('names that no file can have are refused by name, and the rest goes on', async () => {
  const evil = ['../evil', '/abs', '', 'nul\0name', 'sub/x']
  const { session, there, here } = await servedRig({
    faults: [
      {
        on: 'readdir',
        path: '/d',
        times: 1,
        act: listing('.', '..', ...evil.map((name) => ({ name, attributes: { permissions: 0o100644, size: 1 } }))),
      },
    ],
  })
  plant(there(), { 'd/good': 'g', evil: 'e' })
  const { failures, files } = await download(session, [remotePath('/d')], here('d'), { signal })
  expect(failures).toHaveLength(evil.length)
  expect(failures[0]).toMatchObject({
    path: '/d',
    error: { message: 'download /d: refused the entry "../evil": a name with a slash' },
  })
  expect(files).toBe(1)
  expect(namesIn(here())).toEqual(['d', 'd/good'])
})

// promise: inside-target
test('a name that is listed as a link and then as a directory is not written through', async () => {
  const link = { name: 'x', attributes: { permissions: 0o120777 } }
  const directory = { name: 'x', attributes: { permissions: 0o040755 } }
  const both = [
    [link, directory],
    [directory, link],
  ]
  for (const entries of both) {
    const { session, there, here } = await servedRig({
      faults: [
        { on: 'readdir', path: '/d', times: 1, act: listing(...entries) },
        { on: 'readdir', path: '/d', act: status(1) },
        { on: 'readlink', act: answer({ type: 'name', entries: [{ name: '../outside' }] }) },
      ],
    })
    plant(there(), { 'd/x/planted': 'p' })
    plant(here(), { 'outside/': '' })
    const { failures } = await download(session, [remotePath('/d')], here('d'), { signal })
    expect(failures.length).toBeGreaterThan(0)
    expect(namesIn(here('outside'))).toEqual([])
  }
})

// promise: inside-target
test('a tree that turns links of earlier runs into directories is not written out of', async () => {
  const { session, there, here } = await servedRig()
  const run = () => download(session, [remotePath('/d/.')], here('d'), { signal })
  // Its ".." would count from "near/", which is the root.
  mkdirSync(there('d'))
  symlinkSync('.', there('d/near'))
  expect((await run()).failures).toEqual([])
  rmSync(there('d/near'))
  mkdirSync(there('d/near'))
  symlinkSync('..', there('d/near/up'))
  const { failures } = await run()
  plant(there(), { 'd/up/evil': 'e' })
  await run()
  expect(namesIn(here())).not.toContain('evil')
  expect(failures).toMatchObject([
    { path: '/d/near/up', error: { message: expect.stringContaining('a directory on the way to it is a link') } },
  ])
})

// promise: bytes-stay-bytes
test('two names that differ in bytes that are no text are two files', async () => {
  const { session, there, here } = await servedRig()
  const one = decodeName(Buffer.from([0x61, 0xff]))
  const other = decodeName(Buffer.from([0x61, 0xfe]))
  mkdirSync(there('d'))
  writeFileSync(encodeName(there(`d/${one}`)), '1')
  writeFileSync(encodeName(there(`d/${other}`)), '2')
  await download(session, [remotePath('/d')], here('d'), { signal })
  expect([harvest(here('d')).get(one)?.content, harvest(here('d')).get(other)?.content]).toEqual(['1', '2'])
})

test('a listing without attributes is looked up', async () => {
  const { session, there, here } = await servedRig({ faults: [{ on: 'readdir', act: attributes(() => ({})) }] })
  plant(there(), { 'd/sub/a': 'content', 'd/b': 'b' })
  await download(session, [remotePath('/d')], here('d'), { signal })
  expect(harvest(here('d')).get('sub/a')?.content).toBe('content')
})

// promise: no-false-directory
test('a file that claims to be a directory is one failure among the rest', async () => {
  const { session, there, here } = await servedRig({
    faults: [
      {
        on: 'readdir',
        act: attributes((honest, name) => (String(name) === 'liar' ? { ...honest, permissions: 0o040755 } : honest)),
      },
    ],
  })
  plant(there(), { 'd/liar': '1', 'd/b': 'b' })
  const { failures } = await download(session, [remotePath('/d')], here('d'), { signal })
  expect(failures).toMatchObject([{ path: '/d/liar' }])
  expect(namesIn(here('d'))).toEqual(['b'])
})
