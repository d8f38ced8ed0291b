import { symlinkSync } from 'node:fs'
import { expect, test } from 'vitest'
import { download } from '../../src/operations/download.ts'
import { upload } from '../../src/operations/upload.ts'
import { namesIn, overBoth, plant, signal } from './rig.ts'

const tree = {
  'd/a.csv': 'a',
  'd/a.log': 'l',
  'd/build/x': 'x',
  'd/deep/b.csv': 'b',
  'd/deep/only/c.txt': 'c',
  'd/none/e.txt': 'e',
}

overBoth('--exclude and --include', (open) => {
  test('leave out files and whole directories, both ways', async () => {
    const { session, remote, there, here } = await open()
    plant(here(), tree)
    symlinkSync('a.csv', here('d/l.log'))
    const patterns = { exclude: ['*.log', 'build/', 'deep/only'], signal }
    await upload(session, [here('d')], remote('up'), patterns)
    const expected = ['a.csv', 'deep', 'deep/b.csv', 'none', 'none/e.txt']
    expect(namesIn(there('up'))).toEqual(expected)
    await upload(session, [here('d')], remote('all'), { signal })
    await download(session, [remote('all')], here('down'), patterns)
    expect(namesIn(here('down'))).toEqual(expected)
  })

  test('what is included comes with the directories that lead there, and with no others', async () => {
    const { session, remote, there, here } = await open()
    plant(here(), tree)
    const patterns = { exclude: ['*'], include: ['*.csv'], signal }
    const { directories, files } = await upload(session, [here('d')], remote('up'), patterns)
    expect(namesIn(there('up'))).toEqual(['a.csv', 'deep', 'deep/b.csv'])
    expect([directories, files]).toEqual([2, 2])
    await upload(session, [here('d')], remote('all'), { signal })
    await download(session, [remote('all')], here('down'), patterns)
    expect(namesIn(here('down'))).toEqual(['a.csv', 'deep', 'deep/b.csv'])
  })

  test('a source that is named is taken whatever is excluded', async () => {
    const { session, remote, there, here } = await open()
    plant(here(), { 'a.log': 'l' })
    plant(there(), { 'w/': '' })
    await upload(session, [here('a.log')], remote('w'), { exclude: ['*.log'], signal })
    expect(namesIn(there('w'))).toEqual(['a.log'])
  })
})
