import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { attributes, listing, shortRead, status } from '../support/sftp-server/acts.ts'
import { scene } from './scene.ts'

const evil = ['../up', '/etc/passwd', '', 'sub/x', 'nul\0']

/** A directory whose listing holds names that cannot be names, and two that can. */
const lying = (path: string) =>
  [
    { on: 'readdir', path, times: 1, act: listing('good', ...evil, 'good2') },
    { on: 'readdir', path, act: status(1) },
  ] as const

describe('names that cannot be names', () => {
  test('are refused in a listing, and the command fails though the rest is shown', async () => {
    const { run } = await scene({ 'd/good': '' }, { faults: lying('/d') })
    const { results } = await run('ls -1 d')
    expect(results[0]?.output).toBe('d/good\nd/good2\n')
    expect(results[0]).toMatchObject({ ok: false, error: { code: 'partial', message: 'ls d: 5 failed' } })
    expect(results[0]?.error?.details.errors?.[0]?.message).toBe(
      'list /d/: refused the entry "../up": a name with a slash',
    )
  })

  test('fail a listing of the present directory too', async () => {
    const { run } = await scene({}, { faults: lying('/') })
    expect((await run('ls')).results[0]).toMatchObject({ ok: false, error: { code: 'partial' } })
  })

  // promise: one-name
  test('are not matched, fetched or deleted, and the rest is', async () => {
    const files = { 'd/good': 'a', 'd/good2': 'b', up: 'up' }
    const fetched = await scene(files, { faults: lying('/d') })
    const got = await fetched.run('get -R d')
    expect(got.results[0]?.error?.code).toBe('partial')
    expect(readdirSync(fetched.here)).toEqual(['d'])
    expect(readdirSync(join(fetched.here, 'd'))).toEqual(['good', 'good2'])

    const deleted = await scene(files, { faults: lying('/d') })
    expect((await deleted.run('rm d/*')).results[0]?.error?.code).toBe('partial')
    expect(readdirSync(join(deleted.there, 'd'))).toEqual([])
    expect(existsSync(join(deleted.there, 'up'))).toBe(true)
  })

  test('"." and ".." are matched where a pattern says so, and land inside the destination', async () => {
    const { run, here } = await scene({ 'd/e/f': 'f', 'd/x': 'x' })
    mkdirSync(join(here, 'to'))
    await run('cd d/e\nget -R .. to')
    expect(readdirSync(here)).toEqual(['to'])
    expect(readdirSync(join(here, 'to')).sort()).toEqual(['e', 'x'])
  })

  // promise: safe-text
  test('control characters, directional marks and bytes that are not UTF-8 are printed as octal', async () => {
    const { run } = await scene(
      {},
      {
        faults: [
          { on: 'readdir', times: 1, act: listing('a\u001b[2J', 'b\u202etxt', Buffer.from([0x63, 0xff]), 'd\\e', 'ü') },
          { on: 'readdir', act: status(1) },
        ],
      },
    )
    expect((await run('ls -1')).output).toBe('a\\033[2J\nb\\342\\200\\256txt\nc\\377\nd\\e\nü\n')
  })
})

// promise: safe-text
test('a name or a server cannot forge a line of a remark, nor the resolved path; a list shows it as sftp does', async () => {
  const name = 'a\r\nforged'
  const { run } = await scene(
    { [`${name}/f`]: '' },
    { faults: [{ on: 'opendir', path: '/', times: 1, act: status(4, 'busy\r\nforged') }] },
  )
  expect((await run('ls')).remarks).toBe('ls /: the server reported a failure: "busy\\015\\012forged"\n')
  expect((await run('ls -1')).output).toBe('a\\015\nforged\n')
  expect((await run('pwd', { directory: `/${name}` })).output).toBe('Remote working directory: /a\\015\\012forged\n')
})

// promise: no-longname
test('ls -l shows what a file is, and not what the server says of it', async () => {
  const lie = { name: 'f', longname: '-rwsrwsrwx    9 root     root     0 Jan  1 00:00 g' }
  const { run } = await scene(
    { f: 'four' },
    {
      faults: [
        { on: 'readdir', times: 1, act: listing(lie) },
        { on: 'readdir', act: status(1) },
      ],
    },
  )
  expect((await run('ls -l')).output).toMatch(/^-rw-r--r-- +\? \S+ +\S+ +4 .* f\n$/)
})

describe('links', () => {
  test('inside a tree are skipped with a remark, both ways', async () => {
    const { run, there, here } = await scene({ 'd/f': 'f' })
    symlinkSync('/etc', join(there, 'd', 'out'))
    mkdirSync(join(here, 'l'))
    symlinkSync('/etc', join(here, 'l', 'out'))
    const { results, remarks } = await run('get -R d\nput -R l')
    expect(results.every(({ ok }) => ok)).toBe(true)
    expect(remarks).toBe('get /d/out: skipped, not a regular file\nput l/out: skipped, not a regular file\n')
    expect(readdirSync(join(here, 'd'))).toEqual(['f'])
    expect(readdirSync(join(there, 'l'))).toEqual([])
  })

  test('are removed, not followed', async () => {
    const { run, there } = await scene({ 'd/f': 'f' })
    symlinkSync('d', join(there, 'link'))
    await run('rm link')
    expect(readdirSync(there)).toEqual(['d'])
  })
})

// promise: endless-listing
test('a tree without end is left after 64 levels, and the command fails', async () => {
  const deep = 'd/'.repeat(66)
  const { run, here } = await scene({ [`${deep}f`]: '', 'd/g': 'g' })
  const { results } = await run('get -R d')
  expect(results[0]?.error?.message).toMatch(/^get .*: more than 64 levels deep$/)
  expect(readFileSync(join(here, 'd', 'g'), 'utf8')).toBe('g')
})

describe('a result is true', () => {
  test('a file that ends before its size is a failure, and what came stays', async () => {
    const { run, here } = await scene(
      { f: 'whole' },
      {
        faults: [{ on: 'fstat', act: attributes((honest) => ({ ...honest, size: 10n })) }],
      },
    )
    expect((await run('get f')).results[0]?.error?.message).toBe('get f: it ended after 5 of 10 bytes')
    expect(readFileSync(join(here, 'f'), 'utf8')).toBe('whole')
  })

  // promise: no-size
  test('short reads and a file that says it is empty are read to the end', async () => {
    const { run, here } = await scene(
      { f: 'x'.repeat(5000) },
      {
        faults: [
          { on: 'read', act: shortRead(700) },
          { on: ['stat', 'lstat', 'fstat'], act: attributes((honest) => ({ ...honest, size: 0n })) },
        ],
      },
    )
    expect((await run('get f')).results[0]?.ok).toBe(true)
    expect(readFileSync(join(here, 'f'), 'utf8')).toBe('x'.repeat(5000))
  })

  // promise: checked-upload
  test('an upload whose close fails is a failure', async () => {
    const { run, here } = await scene({}, { faults: [{ on: 'close', path: '/f', act: status(4) }] })
    writeFileSync(join(here, 'f'), 'f')
    expect((await run('put f')).results[0]).toMatchObject({ ok: false, error: { code: 'operation_failed' } })
  })

  test('a download that fails midway keeps what came, without a hole', async () => {
    const { run, here } = await scene({ f: 'x'.repeat(4000) }, { faults: [{ on: 'read', after: 2, act: status(4) }] })
    const { results } = await run('get f', { bufferSize: 1000, requests: 1 })
    expect(results[0]).toMatchObject({ ok: false, error: { message: 'get f: the server reported a failure' } })
    expect(statSync(join(here, 'f')).size).toBe(2000)
  })

  test('attributes that the server refuses with -p are a remark', async () => {
    const { run, here, there } = await scene({}, { faults: [{ on: ['setstat', 'fsetstat'], act: status(3) }] })
    mkdirSync(join(here, 'd'))
    writeFileSync(join(here, 'd', 'f'), 'f')
    const { results, remarks } = await run('put -Rp d')
    expect(results[0]?.ok).toBe(true)
    expect(remarks).toBe('/d/f: attributes not kept: permission denied\n/d: attributes not kept: permission denied\n')
    expect(readFileSync(join(there, 'd', 'f'), 'utf8')).toBe('f')
  })

  test('a chmod that the server refuses is a failure', async () => {
    const { run } = await scene({ f: '' }, { faults: [{ on: 'setstat', act: status(3) }] })
    expect((await run('chmod 600 f')).results[0]?.error).toMatchObject({
      code: 'permission_denied',
      message: 'chmod f: permission denied',
    })
  })

  test('the true reason is told where the server only says that it failed', async () => {
    const { run, here } = await scene({ 'd/f': '', e: '' })
    writeFileSync(join(here, 'l'), '')
    const { results } = await run(
      [
        'mkdir d',
        'rmdir d',
        'rm d',
        'rename -l e d',
        'rename e d',
        'ln e d',
        'ln -s x e',
        'cp e d',
        'put l /d/f/x',
        'get d x',
        'cd e',
        'lmkdir l',
        'get e gone/x',
        'get gone/*',
        'put gone*',
      ]
        .map((line) => `-${line}`)
        .join('\n'),
    )
    expect(results.map(({ error }) => `${error?.code} ${error?.message}`)).toEqual([
      'already_exists mkdir d: already exists',
      'not_empty rmdir d: directory not empty',
      'wrong_kind rm d: is a directory',
      'already_exists rename e d: /d already exists',
      'wrong_kind rename e d: /d is a directory',
      'already_exists ln e d: /d already exists',
      'already_exists ln x e: /e already exists',
      'wrong_kind cp e d: is a directory',
      'not_found put l -> /d/f/x: no such file or directory',
      'wrong_kind get d: is a directory, and -R was not given',
      'wrong_kind cd e: not a directory',
      'local_failed lmkdir l: already exists on this machine',
      'local_failed get e -> gone/x: no such file or directory on this machine',
      'not_found get gone/*: no such file or directory',
      'local_failed put gone*: no such file or directory on this machine',
    ])
  })
})

describe('a server without extensions', () => {
  test('renames without replacing, and says what it cannot do', async () => {
    const { run, there } = await scene({ a: 'a', b: 'b' }, { extensions: {} })
    const { results, remarks } = await run(
      '-rename a b\n-ln a c\n-cp a c\n-df\n-chmod -h 600 a\nls -l a\nrename a c\nput -f /etc/hostname',
    )
    expect(results.map(({ error }) => error?.code)).toEqual([
      'already_exists',
      'unsupported',
      'unsupported',
      'unsupported',
      'unsupported',
      undefined,
      undefined,
      undefined,
    ])
    expect(readFileSync(join(there, 'b'), 'utf8')).toBe('b')
    expect(results[5]?.output).toMatch(/^-rw-r--r-- +\? \d+ +\d+ +1 \w+ +\d+ [\d:]+ a\n$/)
    expect(remarks).toMatch(/does not support fsync/)
  })

  test('cp does not touch the target where it cannot copy', async () => {
    const { run, there } = await scene({ a: 'a', b: 'b' }, { extensions: {} })
    await run('cp a b')
    expect(readFileSync(join(there, 'b'), 'utf8')).toBe('b')
  })

  test('that sends no attributes with names is asked for them', async () => {
    const { run, here } = await scene(
      { 'd/f': 'f', 'd/g/h': 'h' },
      {
        faults: [{ on: 'readdir', act: attributes(() => ({})) }],
      },
    )
    const { results } = await run('get -R d')
    expect(results[0]?.error).toBeUndefined()
    expect(readFileSync(join(here, 'd/g/h'), 'utf8')).toBe('h')
  })
})

// promise: no-special-files
test('a FIFO is named and never opened', async () => {
  const { run, there, here } = await scene({ f: '' })
  execFileSync('mkfifo', [join(there, 'pipe'), join(here, 'lpipe')])
  const { results } = await run('-get pipe\n-put lpipe')
  expect(results.map(({ error }) => error?.message)).toEqual([
    'get pipe: not a regular file',
    'put lpipe: not a regular file',
  ])
})
