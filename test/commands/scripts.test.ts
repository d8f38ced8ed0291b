import { createHash } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { beforeEach, describe, expect, test } from 'vitest'
import { openStateStore } from '../../src/state/open-state-store.ts'
import { type Outcome, runInProcess } from '../cli/run-in-process.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'

let home = ''
beforeEach(async () => {
  const directory = await temporaryDirectory()
  home = directory.path
  return () => directory[Symbol.asyncDispose]()
})

const store = () => openStateStore(undefined, { environment: { HOME: home }, signal: new AbortController().signal })
const ferry = (args: readonly string[], stdin: string | Buffer = ''): Promise<Outcome> =>
  runInProcess(['scripts', ...args], { environment: { HOME: home }, stdin: Readable.from([Buffer.from(stdin)]) })
async function done(...args: string[]): Promise<string> {
  const { status, stdout, stderr } = await ferry(args)
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
  return stdout
}
const stored = async (name: string) => (await store().read()).scripts.get(name)?.value
const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex')

describe('create', () => {
  test('from a file, with parameters and a description', async () => {
    const file = join(home, 'nightly.sftp')
    await writeFile(file, 'cd /x\nput a\n')
    const args = ['create', 'nightly', file, '--parameter', 'day', '--parameter', 'kind=a=b', '--description', 'text']
    expect(await done(...args)).toBe('')
    expect(await stored('nightly')).toEqual({
      name: 'nightly',
      body: 'cd /x\nput a\n',
      sha256: sha256('cd /x\nput a\n'),
      parameters: { day: { required: true }, kind: { default: 'a=b' } },
      description: 'text',
    })
  })

  test('from standard input, keeping bytes that are not UTF-8', async () => {
    const body = Buffer.from('rm \xff\n', 'latin1')
    expect((await ferry(['create', 'tidy', '-'], body)).status).toBe(0)
    expect(await stored('tidy')).toMatchObject({
      body: 'rm \udcff\n',
      sha256: createHash('sha256').update(body).digest('hex'),
    })
  })

  test('from --body, which may begin with a dash', async () => {
    const out = await done('create', 'tidy', '--body', '-rm *.tmp', '--json')
    expect(JSON.parse(out)).toEqual({ ok: true, name: 'tidy', sha256: sha256('-rm *.tmp'), serial: 1 })
  })

  test.each([
    [['create', 'x'], 2],
    [['create', 'x', 'file', '--body', 'ls'], 2],
    [['create', '@x', '--body', 'ls'], 2],
    [['create', 'x', '--body', 'ls', '--parameter', 'a-b'], 2],
    [['create', 'x', '/no/such/file'], 1],
  ])('%j is %i and stores nothing', async (args, status) => {
    expect((await ferry(args)).status).toBe(status)
    expect((await store().read()).serial).toBe(0)
  })

  test('a name that is taken is 1', async () => {
    await done('create', 'x', '--body', 'ls')
    expect((await ferry(['create', 'x', '--body', 'pwd'])).status).toBe(1)
    expect((await stored('x'))?.body).toBe('ls')
  })
})

describe('list and show', () => {
  test('list has name, size in bytes and parameters; --json has the hash, and no body', async () => {
    await done('create', 'b', '--body', 'é')
    await done('create', 'a', '--body', 'ls', '--parameter', 'day', '--parameter', 'k=v')
    expect(await done('list')).toBe('a\t2\tday, k=v\nb\t2\t\n')
    expect(JSON.parse(await done('list', '--json'))).toEqual([
      { name: 'a', sha256: sha256('ls'), size: 2, parameters: { day: { required: true }, k: { default: 'v' } } },
      { name: 'b', sha256: sha256('é'), size: 2, parameters: {} },
    ])
  })

  test('nothing to list is said on stderr', async () => {
    expect(await ferry(['list'])).toEqual({ status: 0, stdout: '', stderr: 'no scripts\n' })
  })

  test('show has the text, as one that cannot act on a terminal; with --json it is exact', async () => {
    const body = 'ls\n!printf "\\e[2J\u001b"\n'
    await done('create', 'x', '--body', body)
    expect((await done('show', 'x')).split('\n').slice(-4)).toEqual(['', 'ls', '!printf "\\\\e[2J\\x1b"', ''])
    expect(JSON.parse(await done('show', 'x', '--json'))).toEqual({
      name: 'x',
      sha256: sha256(body),
      size: body.length,
      parameters: {},
      body,
    })
  })

  test.each([['show'], ['edit'], ['delete']])('%s of an unknown name is 12 with the nearest one', async (command) => {
    await done('create', 'nightly', '--body', 'ls')
    const { status, stderr } = await ferry([command, 'nighly', ...(command === 'edit' ? ['--body', 'x'] : [])])
    expect(status).toBe(12)
    expect(stderr).toBe('ferry: no script is named "nighly"\n  hint: did you mean "nightly"?\n')
  })
})

describe('edit and delete', () => {
  test('edit changes what it is given and leaves the rest', async () => {
    await done('create', 'x', '--body', 'ls', '--parameter', 'day', '--description', 'text')
    await done('edit', 'x', '--body', 'pwd')
    expect(await stored('x')).toEqual({
      name: 'x',
      body: 'pwd',
      sha256: sha256('pwd'),
      parameters: { day: { required: true } },
      description: 'text',
    })
    await done('edit', '@x', '--unset', 'description', '--parameter', 'week=1')
    expect(await stored('x')).toEqual({
      name: 'x',
      body: 'pwd',
      sha256: sha256('pwd'),
      parameters: { week: { default: '1' } },
    })
  })

  test.each([[[]], [['--unset', 'body']], [['--unset', 'description', '--description', 'x']]])(
    'edit with %j is wrong usage',
    async (args) => {
      await done('create', 'x', '--body', 'ls')
      expect((await ferry(['edit', 'x', ...args])).status).toBe(2)
    },
  )

  test('an owned script warns, and prints what to put into the manifest', async () => {
    await store().update((state) => ({
      ...state,
      scripts: new Map([
        ['x', { value: { name: 'x', body: 'ls\n', sha256: sha256('ls\n') }, origin: { owner: 'billing' } }],
      ]),
    }))
    const { status, stdout, stderr } = await ferry(['edit', 'x', '--body', 'cd a\n\npwd\n'])
    expect(status).toBe(0)
    expect(stderr).toContain('script "x" belongs to the manifest "billing", and its next import undoes this')
    expect(stdout).toBe('scripts:\n  - name: x\n    body: |\n      cd a\n\n      pwd\n')
    expect((await ferry(['delete', 'x'])).stderr).toContain('remove it there too')
  })

  test('delete takes several, all or none', async () => {
    for (const name of ['a', 'b']) await done('create', name, '--body', 'ls')
    expect((await ferry(['delete', 'a', 'nope'])).status).toBe(12)
    expect((await store().read()).scripts.size).toBe(2)
    expect(JSON.parse(await done('delete', 'a', 'b', '--json'))).toEqual({ ok: true, names: ['a', 'b'], serial: 3 })
  })
})
