import { lstatSync, readFileSync, readlinkSync, rmSync, symlinkSync } from 'node:fs'
import { expect, test } from 'vitest'
import { upload } from '../../src/operations/upload.ts'
import { meanwhile } from '../support/sftp-server/acts.ts'
import { namesIn, overBoth, plant, servedRig, signal } from './rig.ts'

overBoth('links of an upload', (open) => {
  test('links in a tree are kept, followed or skipped', async () => {
    const { session, remote, there, here } = await open()
    plant(here(), { 'd/file': 'f', 'd/sub/deep': 'x' })
    symlinkSync('file', here('d/link'))
    symlinkSync('sub', here('d/sublink'))
    symlinkSync('/nowhere/at all', here('d/dangling'))
    await upload(session, [here('d')], remote('kept'), { signal })
    expect(readlinkSync(there('kept/link'))).toBe('file')
    expect(readlinkSync(there('kept/dangling'))).toBe('/nowhere/at all')
    const followed = await upload(session, [here('d')], remote('followed'), { links: 'follow', signal })
    expect(lstatSync(there('followed/link')).isFile()).toBe(true)
    expect(readFileSync(there('followed/sublink/deep'), 'utf8')).toBe('x')
    expect(followed.failures).toMatchObject([{ path: here('d/dangling') }])
    const skipped = await upload(session, [here('d')], remote('skipped'), { links: 'skip', signal })
    expect(skipped).toMatchObject({ skipped: 3, failures: [] })
    expect(namesIn(there('skipped'))).toEqual(['file', 'sub', 'sub/deep'])
  })

  // promise: link-cycles
  test('following links ends where a directory holds itself', async () => {
    const { session, remote, there, here } = await open()
    plant(here(), { 'd/sub/a': '1' })
    symlinkSync('..', here('d/sub/up'))
    const summary = await upload(session, [here('d')], remote('d'), { links: 'follow', signal })
    expect(summary.failures).toMatchObject([{ path: here('d/sub/up'), error: { code: 'operation_failed' } }])
    expect(namesIn(there('d'))).toEqual(['sub', 'sub/a'])
  })

  test('a link that is the source is followed', async () => {
    const { session, remote, there, here } = await open()
    plant(here(), { 'd/a': '1' })
    symlinkSync('d', here('dlink'))
    symlinkSync('d/a', here('flink'))
    await upload(session, [here('dlink')], remote('tree'), { signal })
    await upload(session, [here('flink')], remote('file'), { signal })
    expect(namesIn(there())).toEqual(['file', 'tree', 'tree/a'])
    expect(lstatSync(there('file')).isFile()).toBe(true)
  })

  test('a final name that is a link stays one, and what it points to is replaced', async () => {
    const { session, remote, there, here } = await open()
    plant(here(), { a: 'new' })
    plant(there(), { 'releases/1': 'old' })
    symlinkSync('releases/1', there('current'))
    symlinkSync('releases/2', there('dangling'))
    await upload(session, [here('a')], remote('current'), { signal })
    await upload(session, [here('a')], remote('dangling'), { signal })
    expect(readlinkSync(there('current'))).toBe('releases/1')
    expect(readFileSync(there('releases/1'), 'utf8')).toBe('new')
    expect(readlinkSync(there('dangling'))).toBe('releases/2')
    expect(readFileSync(there('releases/2'), 'utf8')).toBe('new')
    expect(namesIn(there())).toEqual(['current', 'dangling', 'releases', 'releases/1', 'releases/2'])
  })

  test('a link takes the place of a file and of another link, not of a directory', async () => {
    const { session, remote, there, here } = await open()
    plant(here(), { 'd/x': '' })
    for (const name of ['same', 'other', 'file', 'directory']) symlinkSync('x', here(`d/${name}`))
    plant(there(), { 'd/file': 'f', 'd/directory/': '' })
    symlinkSync('x', there('d/same'))
    symlinkSync('y', there('d/other'))
    const { failures } = await upload(session, [here('d')], remote(), { signal })
    expect(failures).toMatchObject([{ path: here('d/directory'), error: { code: 'wrong_kind' } }])
    for (const name of ['same', 'other', 'file']) expect(readlinkSync(there(`d/${name}`))).toBe('x')
    expect(namesIn(there('d'))).toEqual(['directory', 'file', 'other', 'same', 'x'])
  })
})

test.each(['keep', 'follow'] as const)(
  'a link that takes the place of a listed file is not read through (%s)',
  async (links) => {
    const listed = meanwhile(() => {
      rmSync(rig.here('d/a'))
      symlinkSync('../secret', rig.here('d/a'))
    })
    const rig = await servedRig({ faults: [{ on: 'mkdir', act: listed }] })
    plant(rig.here(), { secret: 's', 'd/a': '1', 'd/b': '2' })
    const summary = await upload(rig.session, [rig.here('d')], rig.remote('d'), { links, signal })
    expect(summary.failures).toMatchObject([{ path: rig.here('d/a'), error: { code: 'wrong_kind' } }])
    expect(namesIn(rig.there('d'))).toEqual(['b'])
  },
)
