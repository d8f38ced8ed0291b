import { chmodSync, chownSync, mkdirSync, readFileSync, statSync, utimesSync } from 'node:fs'
import { expect, test } from 'vitest'
import { download } from '../../src/operations/download.ts'
import { upload } from '../../src/operations/upload.ts'
import { mkfifoSync } from './mkfifo.ts'
import { counted, harvest, namesIn, overBoth, plant, remembered, signal } from './rig.ts'

overBoth('upload', (open) => {
  test('a file takes the new name, with its mode and times', async () => {
    const { session, remote, there, here } = await open()
    plant(here(), { 'a.bin': counted(700_001) })
    chmodSync(here('a.bin'), 0o640)
    utimesSync(here('a.bin'), 1_000_000_000, 1_100_000_000)
    const summary = await upload(session, [here('a.bin')], remote('b.bin'), { signal })
    expect(summary).toMatchObject({ files: 1, directories: 0, bytes: 700_001, skipped: 0, failures: [] })
    expect(readFileSync(there('b.bin')).equals(counted(700_001))).toBe(true)
    expect(harvest(there()).get('b.bin')).toMatchObject({ mode: 0o640, mtime: 1_100_000_000 })
    expect(namesIn(there())).toEqual(['b.bin'])
  })

  test('an existing directory is filled, and the contents form has no name of its own', async () => {
    const { session, remote, there, here } = await open()
    plant(here(), { 'site/index.html': 'i', 'site/assets/a.css': 'a', 'site/assets/empty': '' })
    plant(there(), { 'www/': '', 'flat/': '' })
    await upload(session, [here('site')], remote('www'), { signal })
    await upload(session, [here('site/.')], remote('flat'), { signal })
    await upload(session, [here('site')], remote('new'), { signal })
    expect(namesIn(there('www'))).toEqual([
      'site',
      'site/assets',
      'site/assets/a.css',
      'site/assets/empty',
      'site/index.html',
    ])
    expect(namesIn(there('flat'))).toEqual(['assets', 'assets/a.css', 'assets/empty', 'index.html'])
    expect(namesIn(there('new'))).toEqual(['assets', 'assets/a.css', 'assets/empty', 'index.html'])
  })

  test('a file and a directory that exist are replaced and merged into', async () => {
    const { session, remote, there, here } = await open()
    plant(here(), { 'd/a': 'new', 'd/sub/b': 'new' })
    plant(there(), { 'x/d/a': 'old and longer', 'x/d/other': 'kept', 'x/d/sub/c': 'kept' })
    await upload(session, [here('d')], remote('x'), { signal })
    expect(readFileSync(there('x/d/a'), 'utf8')).toBe('new')
    expect(namesIn(there('x/d'))).toEqual(['a', 'other', 'sub', 'sub/b', 'sub/c'])
  })

  test('several sources need an existing directory', async () => {
    const { session, remote, there, here } = await open()
    plant(here(), { a: '1', b: '2' })
    await expect(upload(session, [here('a'), here('b')], remote('none'), { signal })).rejects.toMatchObject({
      code: 'not_found',
      message: expect.stringContaining('several sources need one'),
    })
    plant(there(), { file: '' })
    await expect(upload(session, [here('a'), here('b')], remote('file'), { signal })).rejects.toMatchObject({
      code: 'wrong_kind',
    })
    expect(namesIn(there())).toEqual(['file'])
  })

  test('two sources of one name are refused before anything is sent', async () => {
    const { session, remote, there, here } = await open()
    plant(here(), { 'x/a': '1', 'y/a': '2' })
    await expect(upload(session, [here('x/a'), here('y/a')], remote(), { signal })).rejects.toMatchObject({
      code: 'usage',
    })
    expect(namesIn(there())).toEqual([])
  })

  test('one of several that fails is in the failures, and the rest arrives', async () => {
    const { session, remote, there, here } = await open()
    plant(here(), { a: '1' })
    const { events, listener } = remembered()
    const summary = await upload(session, [here('none'), here('a')], remote(), { listener, signal })
    expect(summary.failures).toMatchObject([
      {
        path: here('none'),
        error: {
          code: 'local_failed',
          message: `upload ${here('none')} -> ${remote('none')}: no such file or directory on this machine`,
        },
      },
    ])
    expect(events.filter(({ kind }) => kind === 'failed')).toHaveLength(1)
    expect(namesIn(there())).toEqual(['a'])
  })

  test('a single source that does not exist rejects with its own code', async () => {
    const { session, remote, here } = await open()
    await expect(upload(session, [here('none')], remote(), { signal })).rejects.toMatchObject({ code: 'local_failed' })
  })

  test('a missing parent directory is not made, and the error names what was asked for', async () => {
    const { session, remote, there, here } = await open()
    plant(here(), { a: '1', 'd/b': '2' })
    await expect(upload(session, [here('a')], remote('no/a'), { signal })).rejects.toMatchObject({
      code: 'not_found',
      message: `upload ${here('a')} -> ${remote('no/a')}: no such file or directory`,
    })
    await expect(upload(session, [here('d')], remote('no/d'), { signal })).rejects.toMatchObject({ code: 'not_found' })
    expect(namesIn(there())).toEqual([])
  })

  // promise: modes-filtered
  test('without preserving, the umask of the server holds and an existing file keeps its mode', async () => {
    const { session, remote, there, here } = await open()
    plant(here(), { 'd/wide': 'w', kept: 'new' })
    chmodSync(here('d/wide'), 0o666)
    utimesSync(here('d/wide'), 1_000_000_000, 1_000_000_000)
    plant(there(), { kept: 'old' })
    chmodSync(there('kept'), 0o604)
    await upload(session, [here('d')], remote('d'), { preserve: false, signal })
    await upload(session, [here('kept')], remote('kept'), { preserve: false, signal })
    expect(statSync(there('d/wide')).mode & 0o777).toBe(0o666 & ~process.umask())
    expect(statSync(there('d/wide')).mtimeMs).toBeGreaterThan(1_000_000_000_000)
    expect(statSync(there('kept')).mode & 0o777).toBe(0o604)
    expect(readFileSync(there('kept'), 'utf8')).toBe('new')
  })

  // promise: modes-filtered
  test('set-id and sticky bits stay here', async () => {
    const { session, remote, there, here } = await open()
    plant(here(), { 'd/suid': 's' })
    chmodSync(here('d/suid'), 0o4755)
    chmodSync(here('d'), 0o1777)
    await upload(session, [here('d')], remote('d'), { signal })
    expect(harvest(there()).get('d')?.mode).toBe(0o777)
    expect(harvest(there()).get('d/suid')?.mode).toBe(0o755)
  })

  test('a directory that its owner may not write is filled, and ends up as it is here', async () => {
    const { session, remote, there, here } = await open()
    plant(here(), { 'd/sub/a': '1' })
    utimesSync(here('d/sub/a'), 1_000_000_000, 1_000_000_001)
    utimesSync(here('d/sub'), 1_000_000_000, 1_000_000_002)
    utimesSync(here('d'), 1_000_000_000, 1_000_000_003)
    chmodSync(here('d/sub'), 0o555)
    chmodSync(here('d'), 0o555)
    await upload(session, [here('d')], remote('kept'), { signal })
    await upload(session, [here('d')], remote('plain'), { preserve: false, signal })
    chmodSync(here('d'), 0o755)
    chmodSync(here('d/sub'), 0o755)
    const seen = harvest(there())
    expect(seen.get('kept')).toMatchObject({ mode: 0o555, mtime: 1_000_000_003 })
    expect(seen.get('kept/sub')).toMatchObject({ mode: 0o555, mtime: 1_000_000_002 })
    expect(seen.get('kept/sub/a')).toMatchObject({ mtime: 1_000_000_001 })
    expect(seen.get('plain/sub')?.mode).toBe(0o555)
    for (const name of ['kept', 'kept/sub', 'plain', 'plain/sub']) chmodSync(there(name), 0o755)
  })

  test('a directory that was there as the destination keeps its own mode and times', async () => {
    const { session, remote, there, here } = await open()
    plant(here(), { 'd/a': '1' })
    chmodSync(here('d'), 0o777)
    plant(there(), { 'home/': '' })
    chmodSync(there('home'), 0o700)
    await upload(session, [here('d/.')], remote('home'), { signal })
    expect(statSync(there('home')).mode & 0o777).toBe(0o700)
  })

  test('with overwrite false a file, link or directory that exists is an error, and stays', async () => {
    const { session, remote, there, here } = await open()
    plant(here(), { 'd/a': 'new', 'd/b': 'new' })
    plant(there(), { 'd/a': 'old' })
    for (const atomic of [true, false]) {
      const { failures } = await upload(session, [here('d')], remote(), { overwrite: false, atomic, signal })
      expect(failures.find(({ path }) => path === here('d/a'))?.error).toMatchObject({ code: 'already_exists' })
      expect(readFileSync(there('d/a'), 'utf8')).toBe('old')
      expect(namesIn(there('d'))).toEqual(['a', 'b'])
    }
    await expect(upload(session, [here('d/a')], remote('d/a'), { overwrite: false, signal })).rejects.toMatchObject({
      code: 'already_exists',
    })
  })

  test('a directory in the place of a file, and the other way round, is an error that says so', async () => {
    const { session, remote, there, here } = await open()
    plant(here(), { 'd/x': '1', 'd/y/z': '1' })
    plant(there(), { 'd/x/': '', 'd/y': 'file' })
    for (const atomic of [true, false]) {
      const { failures } = await upload(session, [here('d')], remote(), { atomic, signal })
      expect(failures.map(({ path, error }) => [path, error.code]).sort()).toEqual([
        [here('d/x'), 'wrong_kind'],
        [here('d/y'), 'wrong_kind'],
      ])
    }
  })

  // promise: no-special-files
  test('special files are skipped by name, and refused when given', async () => {
    const { session, remote, there, here } = await open()
    plant(here(), { 'd/a': '1' })
    mkfifoSync(here('d/pipe'))
    const { events, listener } = remembered()
    const summary = await upload(session, [here('d')], remote('d'), { listener, signal })
    expect(summary).toMatchObject({ files: 1, skipped: 1, failures: [] })
    expect(events).toContainEqual({ kind: 'skipped', path: here('d/pipe'), reason: 'a FIFO' })
    expect(namesIn(there('d'))).toEqual(['a'])
    await expect(upload(session, [here('d/pipe')], remote('p'), { signal })).rejects.toMatchObject({
      code: 'wrong_kind',
    })
  })

  test('without atomic the file is written under its own name', async () => {
    const { session, remote, there, here } = await open()
    plant(here(), { a: 'new' })
    plant(there(), { a: 'old, longer' })
    const before = statSync(there('a')).ino
    await upload(session, [here('a')], remote('a'), { atomic: false, signal })
    expect(readFileSync(there('a'), 'utf8')).toBe('new')
    expect(statSync(there('a')).ino).toBe(before)
  })

  test('the listener is told what was found, moved and done', async () => {
    const { session, remote, here } = await open()
    plant(here(), { 'd/a': 'abc', 'd/b': '' })
    const { events, listener } = remembered()
    await upload(session, [here('d')], remote('d'), { listener, fsync: true, signal })
    expect(events).toContainEqual({ kind: 'found', files: 2, bytes: 3 })
    expect(events).toContainEqual({ kind: 'moved', path: here('d/a'), bytes: 3 })
    expect(events).toContainEqual({ kind: 'done', from: here('d/a'), to: remote('d/a'), bytes: 3 })
    expect(events).toContainEqual({ kind: 'done', from: here('d/b'), to: remote('d/b'), bytes: 0 })
  })

  test('the longest name that a file system takes still has a temporary name beside it', async () => {
    const { session, remote, there, here } = await open()
    const name = 'ü'.repeat(127)
    plant(here(), { [name]: 'x' })
    await upload(session, [here(name)], remote(), { signal })
    expect(namesIn(there())).toEqual([name])
  })

  test('a tree of many small files arrives whole', async () => {
    const { session, remote, there, here } = await open()
    for (let n = 0; n < 150; n += 1) plant(here(), { [`d/${n % 17}/${n}`]: `content ${n}` })
    mkdirSync(here('d/empty'))
    const summary = await upload(session, [here('d')], remote('d'), { signal })
    expect(summary).toMatchObject({ files: 150, directories: 19, failures: [] })
    expect(harvest(there('d'))).toEqual(harvest(here('d')))
  })

  test.skipIf(process.getuid?.() !== 0)('who may give files away leaves them to whom they belong', async () => {
    const { session, remote, there, here } = await open()
    plant(here(), { a: 'new' })
    plant(there(), { a: 'old' })
    chownSync(there('a'), 12, 34)
    await upload(session, [here('a')], remote('a'), { signal })
    expect(readFileSync(there('a'), 'utf8')).toBe('new')
    expect(statSync(there('a'))).toMatchObject({ uid: 12, gid: 34 })
    chownSync(here('a'), 56, 78)
    await download(session, [remote('a')], here('a'), { signal })
    expect(statSync(here('a'))).toMatchObject({ uid: 56, gid: 78 })
  })
})
