import { mkdir, symlink, utimes, writeFile } from 'node:fs/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type LsInput, runLs } from '../../src/commands/ls.ts'
import { remotePath } from '../../src/model/remote-path.ts'
import { listing } from '../support/sftp-server/acts.ts'
import { bank, type Served, served } from './served-context.ts'

let server: Served

beforeAll(async () => {
  server = await served({ names: { users: new Map([[0, 'root']]), groups: new Map([[0, 'root']]) } })
  const at = (name: string | Buffer): string | Buffer =>
    typeof name === 'string' ? `${server.root}/${name}` : Buffer.concat([Buffer.from(`${server.root}/`), name])
  await mkdir(at('docs/.git'), { recursive: true })
  await writeFile(at('docs/big.bin'), Buffer.alloc(2048))
  await writeFile(at('docs/.git/config'), '')
  await writeFile(at('docs/a.csv'), 'a')
  await writeFile(at('docs/b.csv'), 'bb')
  await writeFile(at('docs/.hidden'), '')
  await symlink('a.csv', at('docs/link'))
  await mkdir(at('docs/sub'))
  await writeFile(at('docs/sub/x y\n'), '')
  await writeFile(at(Buffer.from('odd\xff', 'latin1')), '')
  for (const [name, time] of [
    ['a.csv', 3000],
    ['b.csv', 1000],
    ['big.bin', 2000],
  ] as const) {
    await utimes(at(`docs/${name}`), time, time)
  }
})
afterAll(() => server[Symbol.asyncDispose]())

const plain = {
  connection: bank,
  glob: false,
  recursive: false,
  all: false,
  order: 'name',
  reverse: false,
  long: false,
  human: false,
  nul: false,
} as const satisfies LsInput

const lines = async (input: Partial<LsInput>): Promise<string[]> => {
  const { context, stdout } = await server.context()
  await runLs(context, { ...plain, ...input })
  return stdout().split('\n').slice(0, -1)
}

describe('ls', () => {
  test('prints one name a line, in byte order, without those that begin with a dot', async () => {
    expect(await lines({ path: '/docs' })).toEqual(['a.csv', 'b.csv', 'big.bin', 'link', 'sub'])
  })
  test('-a shows those too', async () => {
    expect(await lines({ path: 'docs/', all: true })).toEqual([
      '.git',
      '.hidden',
      'a.csv',
      'b.csv',
      'big.bin',
      'link',
      'sub',
    ])
  })
  test('-t is newest first, -S largest first, -r the other way round', async () => {
    const files = (names: string[]): string[] => names.filter((name) => /^(a|b)/.test(name))
    expect(files(await lines({ path: 'docs', order: 'time' }))).toEqual(['a.csv', 'big.bin', 'b.csv'])
    expect(files(await lines({ path: 'docs', order: 'size' }))).toEqual(['big.bin', 'b.csv', 'a.csv'])
    expect(files(await lines({ path: 'docs', order: 'time', reverse: true }))).toEqual(['b.csv', 'big.bin', 'a.csv'])
  })
  test('a path that is no directory is listed itself, as it was typed', async () => {
    expect(await lines({ path: 'docs/.hidden' })).toEqual(['docs/.hidden'])
  })
  test('names are escaped in text, and exact with -0', async () => {
    expect(await lines({})).toEqual(['docs', 'odd\\xff'])
    const { context, stdoutBytes } = await server.context()
    await runLs(context, { ...plain, nul: true })
    expect(stdoutBytes()).toEqual(Buffer.from('docs\0odd\xff\0', 'latin1'))
  })
  test('-R streams paths below the directory, hidden trees left out', async () => {
    expect((await lines({ path: 'docs', recursive: true })).sort()).toEqual(
      ['docs/a.csv', 'docs/b.csv', 'docs/big.bin', 'docs/link', 'docs/sub', 'docs/sub/x y\\n'].sort(),
    )
    expect(await lines({ path: 'docs', recursive: true, all: true })).toContain('docs/.git/config')
  })
  test("-l is sftp's long form", async () => {
    const [line = ''] = await lines({ path: '/docs/big.bin', long: true })
    expect(line).toMatch(/^-rw-r--r-- {4}\? \S+ +\S+ +2048 Jan {2}1 {2}1970 \/docs\/big\.bin$/)
    const [scaled = ''] = await lines({ path: '/docs/big.bin', long: true, human: true })
    expect(scaled).toContain(' 2.0K ')
  })
  test('--glob lists what matches, and the entries of a single directory', async () => {
    expect(await lines({ path: '/docs/*.csv', glob: true })).toEqual(['/docs/a.csv', '/docs/b.csv'])
    expect(await lines({ path: 'd*s', glob: true })).toEqual(['a.csv', 'b.csv', 'big.bin', 'link', 'sub'])
  })
  test('a pattern that matches nothing is an error', async () => {
    const { context } = await server.context()
    await expect(runLs(context, { ...plain, path: '*.zip', glob: true })).rejects.toMatchObject({
      code: 'not_found',
      message: 'nothing matches *.zip',
    })
  })
  test('without --glob a star is a star', async () => {
    const { context } = await server.context()
    await expect(runLs(context, { ...plain, path: '*.csv' })).rejects.toMatchObject({ code: 'not_found' })
  })
  test('--json is an array of whole entries, and a line each with -R', async () => {
    const { context, stdout } = await server.context({ json: true })
    await runLs(context, { ...plain, path: 'docs' })
    const entries = JSON.parse(stdout())
    expect(entries[0]).toEqual({
      name: 'a.csv',
      path: 'docs/a.csv',
      type: 'file',
      size: 1,
      permissions: 'rw-r--r--',
      permissions_octal: '0644',
      owner: expect.any(String),
      group: expect.any(String),
      uid: expect.any(Number),
      gid: expect.any(Number),
      modified_at: '1970-01-01T00:50:00.000Z',
    })
    expect(entries.find(({ name }: { name: string }) => name === 'link')).toMatchObject({
      type: 'symlink',
      target: 'a.csv',
    })
    const tree = await server.context({ json: true })
    await runLs(tree.context, { ...plain, path: 'docs', recursive: true })
    const names = tree
      .stdout()
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line).name)
    expect(names).toContain('x y\n')
  })
  // promise: one-name
  test('a name that is no name is refused, the rest is listed, and the end is partial', async () => {
    await using liar = await served({ faults: [{ on: 'readdir', times: 1, act: listing('../evil') }] })
    await writeFile(`${liar.root}/good`, '')
    const { context, stdout, stderr } = await liar.context()
    await expect(runLs(context, plain)).rejects.toMatchObject({
      code: 'partial',
      message: 'ls bank: 1 entry could not be listed',
    })
    expect(stdout()).toBe('good\n')
    expect(stderr()).toContain('../evil')
  })
})

test('relative paths start in the directory of the connection', async () => {
  await using other = await served({ preferences: { directory: remotePath('/in') } })
  await mkdir(`${other.root}/in/sub`, { recursive: true })
  const { context, stdout } = await other.context()
  await runLs(context, plain)
  expect(stdout()).toBe('sub\n')
})
