import {
  chmodSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  readlinkSync,
  statSync,
  symlinkSync,
  utimesSync,
} from 'node:fs'
import { expect, test } from 'vitest'
import { remotePath } from '../../src/model/remote-path.ts'
import { download } from '../../src/operations/download.ts'
import { mkfifoSync } from './mkfifo.ts'
import { counted, harvest, namesIn, overBoth, plant, remembered, signal } from './rig.ts'

overBoth('download', (open) => {
  test('a file takes the new name, with its mode and times', async () => {
    const { session, remote, there, here } = await open()
    plant(there(), { 'a.bin': counted(2_000_003) })
    chmodSync(there('a.bin'), 0o440)
    utimesSync(there('a.bin'), 1_000_000_000, 1_100_000_000)
    const summary = await download(session, [remote('a.bin')], here('b.bin'), { fsync: true, signal })
    expect(summary).toMatchObject({ files: 1, directories: 0, bytes: 2_000_003, failures: [] })
    expect(readFileSync(here('b.bin')).equals(counted(2_000_003))).toBe(true)
    expect(harvest(here()).get('b.bin')).toMatchObject({ mode: 0o440, mtime: 1_100_000_000 })
    expect(namesIn(here())).toEqual(['b.bin'])
  })

  test('an existing directory is filled, and the contents form has no name of its own', async () => {
    const { session, remote, there, here } = await open()
    plant(there(), { 'site/index.html': 'i', 'site/assets/a.css': 'a', 'site/assets/empty': '' })
    plant(here(), { 'www/': '', 'flat/': '' })
    await download(session, [remote('site')], here('www'), { signal })
    await download(session, [remote('site/.')], here('flat'), { signal })
    await download(session, [remote('site')], here('new'), { signal })
    expect(namesIn(here('www'))).toEqual([
      'site',
      'site/assets',
      'site/assets/a.css',
      'site/assets/empty',
      'site/index.html',
    ])
    expect(namesIn(here('flat'))).toEqual(['assets', 'assets/a.css', 'assets/empty', 'index.html'])
    expect(namesIn(here('new'))).toEqual(['assets', 'assets/a.css', 'assets/empty', 'index.html'])
  })

  test('several sources need an existing directory, and names of their own', async () => {
    const { session, remote, there, here } = await open()
    plant(there(), { 'x/a': '1', 'y/a': '2' })
    const both = [remote('x/a'), remote('y/a')]
    await expect(download(session, both, here('none'), { signal })).rejects.toMatchObject({ code: 'not_found' })
    await expect(download(session, both, here(), { signal })).rejects.toMatchObject({ code: 'usage' })
    expect(namesIn(here())).toEqual([])
  })

  test('one of several that fails is in the failures, a single one rejects', async () => {
    const { session, remote, there, here } = await open()
    plant(there(), { a: '1' })
    const summary = await download(session, [remote('none'), remote('a')], here(), { signal })
    expect(summary.failures).toMatchObject([{ path: remote('none'), error: { code: 'not_found' } }])
    expect(namesIn(here())).toEqual(['a'])
    await expect(download(session, [remote('none')], here(), { signal })).rejects.toMatchObject({
      code: 'not_found',
      message: `download ${remote('none')} -> ${here('none')}: no such file or directory`,
    })
  })

  // promise: modes-filtered
  test('without preserving, the umask holds, the owner may write, and an existing file keeps its mode', async () => {
    const { session, remote, there, here } = await open()
    plant(there(), { 'd/wide': 'w', 'd/read-only': 'r', kept: 'new' })
    chmodSync(there('d/wide'), 0o666)
    chmodSync(there('d/read-only'), 0o444)
    utimesSync(there('d/wide'), 1_000_000_000, 1_000_000_000)
    plant(here(), { kept: 'old' })
    chmodSync(here('kept'), 0o604)
    await download(session, [remote('d')], here('d'), { preserve: false, signal })
    await download(session, [remote('kept')], here('kept'), { preserve: false, signal })
    expect(statSync(here('d/wide')).mode & 0o777).toBe(0o666 & ~process.umask())
    expect(statSync(here('d/read-only')).mode & 0o777).toBe(0o644 & ~process.umask())
    expect(statSync(here('d/wide')).mtimeMs).toBeGreaterThan(1_000_000_000_000)
    expect(statSync(here('kept')).mode & 0o777).toBe(0o604)
  })

  // promise: modes-filtered
  test('set-id and sticky bits stay there, and directories that nobody may write are filled', async () => {
    const { session, remote, there, here } = await open()
    plant(there(), { 'd/sub/suid': 's' })
    chmodSync(there('d/sub/suid'), 0o6755)
    utimesSync(there('d/sub'), 1_000_000_000, 1_000_000_002)
    utimesSync(there('d'), 1_000_000_000, 1_000_000_003)
    chmodSync(there('d/sub'), 0o555)
    chmodSync(there('d'), 0o1555)
    await download(session, [remote('d')], here('kept'), { signal })
    await download(session, [remote('d')], here('plain'), { preserve: false, signal })
    const seen = harvest(here())
    expect(seen.get('kept')).toMatchObject({ mode: 0o555, mtime: 1_000_000_003 })
    expect(seen.get('kept/sub')).toMatchObject({ mode: 0o555, mtime: 1_000_000_002 })
    expect(seen.get('kept/sub/suid')?.mode).toBe(0o755)
    expect(seen.get('plain/sub')?.mode).toBe(0o555)
    for (const base of [here('kept'), here('plain'), there('d')]) {
      chmodSync(base, 0o755)
      chmodSync(`${base}/sub`, 0o755)
    }
  })

  test('links in a tree are kept last, followed or skipped', async () => {
    const { session, remote, there, here } = await open()
    plant(there(), { 'd/file': 'f', 'd/sub/deep': 'x' })
    symlinkSync('file', there('d/link'))
    symlinkSync('../file', there('d/sub/up'))
    symlinkSync('sub', there('d/sublink'))
    symlinkSync('gone', there('d/dangling'))
    const kept = await download(session, [remote('d')], here('kept'), { signal })
    expect(kept.failures).toEqual([])
    expect(readlinkSync(here('kept/sub/up'))).toBe('../file')
    expect(readlinkSync(here('kept/dangling'))).toBe('gone')
    const followed = await download(session, [remote('d')], here('followed'), { links: 'follow', signal })
    expect(lstatSync(here('followed/link')).isFile()).toBe(true)
    expect(readFileSync(here('followed/sublink/deep'), 'utf8')).toBe('x')
    expect(followed.failures).toMatchObject([{ path: remote('d/dangling'), error: { code: 'not_found' } }])
    expect(await download(session, [remote('d')], here('skipped'), { links: 'skip', signal })).toMatchObject({
      skipped: 4,
    })
  })

  // promise: inside-target
  test('a link that is absolute or leaves the tree is refused by name, and the rest goes on', async () => {
    const { session, remote, there, here } = await open()
    plant(there(), { 'd/sub/a': '1' })
    const bad = { absolute: '/etc', out: '..', deeper: 'sub/../../..', devious: 'sub/..' }
    for (const [name, target] of Object.entries(bad)) symlinkSync(target, there(`d/${name}`))
    symlinkSync('..', there('d/sub/root'))
    symlinkSync('../..', there('d/sub/beyond'))
    const { failures, files } = await download(session, [remote('d')], here('d'), { signal })
    expect(failures.map(({ path }) => path).sort()).toEqual(
      ['absolute', 'deeper', 'devious', 'out', 'sub/beyond'].map((name) => remote(`d/${name}`)),
    )
    expect(failures[0]?.error.message).toContain('refused the link to')
    expect(files).toBe(2)
    expect(namesIn(here('d'))).toEqual(['sub', 'sub/a', 'sub/root'])
  })

  // promise: link-cycles
  test('following links ends where a directory holds itself', async () => {
    const { session, remote, there, here } = await open()
    plant(there(), { 'd/sub/a': '1' })
    symlinkSync('..', there('d/sub/up'))
    symlinkSync('.', there('d/sub/self'))
    const summary = await download(session, [remote('d')], here('d'), { links: 'follow', signal })
    expect(summary.failures.map(({ path }) => path).sort()).toEqual([remote('d/sub/self'), remote('d/sub/up')])
    expect(namesIn(here('d'))).toEqual(['sub', 'sub/a'])
  })

  test('a link that is the source is followed', async () => {
    const { session, remote, there, here } = await open()
    plant(there(), { 'd/a': '1' })
    symlinkSync('d', there('dlink'))
    symlinkSync('d/a', there('flink'))
    await download(session, [remote('dlink'), remote('flink')], here(), { signal })
    expect(namesIn(here())).toEqual(['dlink', 'dlink/a', 'flink'])
    expect(lstatSync(here('flink')).isFile()).toBe(true)
  })

  test('a final name that is a link stays one, and what it points to is replaced', async () => {
    const { session, remote, there, here } = await open()
    plant(there(), { a: 'new' })
    plant(here(), { 'releases/1': 'old' })
    symlinkSync('releases/1', here('current'))
    symlinkSync('releases/2', here('dangling'))
    await download(session, [remote('a')], here('current'), { signal })
    await download(session, [remote('a')], here('dangling'), { signal })
    expect(readlinkSync(here('current'))).toBe('releases/1')
    expect(readFileSync(here('releases/1'), 'utf8')).toBe('new')
    expect(readFileSync(here('releases/2'), 'utf8')).toBe('new')
    expect(namesIn(here())).toEqual(['current', 'dangling', 'releases', 'releases/1', 'releases/2'])
  })

  test('with overwrite false a file that exists is an error, and stays', async () => {
    const { session, remote, there, here } = await open()
    plant(there(), { 'd/a': 'new', 'd/b': 'new' })
    plant(here(), { 'd/a': 'old' })
    for (const atomic of [true, false]) {
      const { failures } = await download(session, [remote('d')], here(), { overwrite: false, atomic, signal })
      expect(failures.find(({ path }) => path === remote('d/a'))?.error).toMatchObject({ code: 'already_exists' })
      expect(readFileSync(here('d/a'), 'utf8')).toBe('old')
      expect(namesIn(here('d'))).toEqual(['a', 'b'])
    }
  })

  test('a directory in the place of a file, and the other way round, is an error that says so', async () => {
    const { session, remote, there, here } = await open()
    plant(there(), { 'd/x': '1', 'd/y/z': '1' })
    plant(here(), { 'd/x/': '', 'd/y': 'file' })
    for (const atomic of [true, false]) {
      const { failures } = await download(session, [remote('d')], here(), { atomic, signal })
      expect(failures.map(({ path, error }) => [path, error.code]).sort()).toEqual([
        [remote('d/x'), 'wrong_kind'],
        [remote('d/y'), 'wrong_kind'],
      ])
    }
  })

  // promise: no-special-files
  test('special files are skipped by name, and refused when given', async () => {
    const { session, remote, there, here } = await open()
    plant(there(), { 'd/a': '1' })
    mkfifoSync(there('d/pipe'))
    const { events, listener } = remembered()
    const summary = await download(session, [remote('d')], here('d'), { listener, signal })
    expect(summary).toMatchObject({ files: 1, skipped: 1, failures: [] })
    expect(events).toContainEqual({ kind: 'skipped', path: remote('d/pipe'), reason: 'not a regular file' })
    await expect(download(session, [remote('d/pipe')], here('p'), { signal })).rejects.toMatchObject({
      code: 'wrong_kind',
    })
  })

  test('where only a file will do, a directory is an error and a link to a file is not', async () => {
    const { session, remote, there, here } = await open()
    plant(there(), { 'd/a': '1' })
    symlinkSync('d/a', there('link'))
    await expect(download(session, [remote('d')], here('x'), { requireFile: true, signal })).rejects.toMatchObject({
      code: 'wrong_kind',
    })
    await download(session, [remote('link')], here('y'), { requireFile: true, signal })
    expect(namesIn(here())).toEqual(['y'])
  })

  test('without atomic the file is written under its own name', async () => {
    const { session, remote, there, here } = await open()
    plant(there(), { a: 'new' })
    plant(here(), { a: 'old, longer' })
    linkSync(here('a'), here('same'))
    await download(session, [remote('a')], here('a'), { atomic: false, signal })
    expect(readFileSync(here('same'), 'utf8')).toBe('new')
    await download(session, [remote('a')], '/dev/null', { atomic: false, signal })
    await expect(download(session, [remote('a')], '/dev/null', { signal })).rejects.toMatchObject({
      code: 'wrong_kind',
      details: { hint: '--no-atomic writes it in place' },
    })
    expect(statSync('/dev/null').isCharacterDevice()).toBe(true)
  })

  test('a tree of many small files arrives whole', async () => {
    const { session, remote, there, here } = await open()
    for (let n = 0; n < 150; n += 1) plant(there(), { [`d/${n % 17}/${n}`]: `content ${n}` })
    mkdirSync(there('d/empty'))
    const summary = await download(session, [remote('d')], here('d'), { signal })
    expect(summary).toMatchObject({ files: 150, directories: 19, failures: [] })
    expect(harvest(here('d'))).toEqual(harvest(there('d')))
  })

  // promise: no-size
  test('files without a size are read to their end', async () => {
    const { session, here } = await open()
    const proc = remotePath('/proc/self/cmdline')
    if (
      await session.stat(proc).then(
        () => false,
        () => true,
      )
    )
      return
    await download(session, [proc], here('cmdline'), { signal })
    expect(readFileSync(here('cmdline'), 'utf8')).toContain('sftp-server')
  })
})
