import { createHash, randomBytes } from 'node:crypto'
import {
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { watch } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { fsPath } from '../../src/model/name-bytes.ts'
import { harvest } from '../operations/rig.ts'
import { describeWith, describeWithUnixUsers } from '../support/requirements.ts'
import { type FerryResult, runFerry, startFerry } from '../support/run-ferry.ts'
import { type TemporaryDirectory, temporaryDirectory } from '../support/temporary-directory.ts'
import type { InteropServer, Lack, RunningServer } from './interop-server.ts'

/** What users do, by the built program against a real server; what came of it is looked at on the disk. */
export function interopSuite(server: InteropServer): void {
  const lacks = (one: Lack): boolean => server.lacks?.includes(one) ?? false
  const describeServer: typeof describeWith = server.asRoot
    ? (need, name, suite) => describeWithUnixUsers(name, suite, need)
    : describeWith
  // promise: servers-of-the-wild
  describeServer(server.need, server.name, () => {
    let running: RunningServer
    let home: TemporaryDirectory
    beforeAll(async () => {
      home = await temporaryDirectory()
      running = await server.start()
    })
    afterAll(async () => {
      await running[Symbol.asyncDispose]()
      await home[Symbol.asyncDispose]()
    })

    const here = (name: string): string => `${home.path}/${name}`
    const there = (name: string): string => `${running.directory}/${name}`
    const options = (): { home: string; cwd: string } => ({ home: home.path, cwd: home.path })
    const argv = (command: string, args: readonly string[]): string[] => [
      command,
      `sftp://${running.username}@127.0.0.1:${running.port}`,
      ...args,
      ...['-F', 'none', '-i', running.identityFile, '-o', `UserKnownHostsFile=${running.knownHostsFile}`],
    ]
    const run = (command: string, ...args: string[]): Promise<FerryResult> => runFerry(argv(command, args), options())
    /** All of its standard output; it must end well. */
    const ferry = async (command: string, ...args: string[]): Promise<string> => {
      const { exitCode, stdout, stderr } = await run(command, ...args)
      expect({ command: [command, ...args], exitCode, stderr: exitCode === 0 ? '' : stderr }).toEqual({
        command: [command, ...args],
        exitCode: 0,
        stderr: '',
      })
      return stdout
    }
    const json = async (command: string, ...args: string[]): Promise<unknown> =>
      JSON.parse(await ferry(command, ...args, '--json'))
    /** The code of its error; it must not end well. */
    const failure = async (command: string, ...args: string[]): Promise<string> => {
      const { exitCode, stderr } = await run(command, ...args, '--json')
      expect(exitCode).toBeGreaterThan(0)
      return JSON.parse(stderr.trim().split('\n').at(-1) ?? '').error.code
    }

    test('ping', async () => {
      expect(await json('ping')).toMatchObject({ ok: true, host: '127.0.0.1', port: running.port })
    })

    test('ls and info tell what is on the disk', async () => {
      mkdirSync(here('listed/sub'), { recursive: true })
      writeFileSync(here('listed/a file'), 'twelve bytes')
      utimesSync(here('listed/a file'), 1_600_000_000, 1_600_000_000)
      await ferry('upload', 'listed', '.')
      expect(await ferry('ls', 'listed')).toBe('a file\nsub\n')
      expect(await ferry('ls', '-l', 'listed')).toMatch(/ 12 .* a file\n[^\n]* sub\n$/)
      const entry = { name: 'a file', type: 'file', size: 12, modified_at: '2020-09-13T12:26:40.000Z' }
      expect(await json('ls', 'listed')).toMatchObject([entry, { name: 'sub', type: 'directory' }])
      const octal = (statSync(there('listed/a file')).mode & 0o7777).toString(8).padStart(4, '0')
      expect(await json('info', 'listed/a file')).toMatchObject({ ...entry, permissions_octal: octal })
      expect(await failure('info', 'listed/nothing')).toBe('not_found')
    })

    test('write and read', async () => {
      await ferry('write', 'note', 'first\n')
      expect(await ferry('read', 'note')).toBe('first\n')
      if (lacks('appending')) {
        expect(await failure('write', 'note', 'more\n', '--append')).toBe('unsupported')
        expect(readFileSync(there('note'), 'utf8')).toBe('first\n')
        return
      }
      await ferry('write', 'note', 'more\n', '--append')
      expect(readFileSync(there('note'), 'utf8')).toBe('first\nmore\n')
    })

    test('a file goes over an existing one in one step, and leaves nothing beside it', async () => {
      mkdirSync(here('over'))
      for (const text of ['old and longer', 'new']) {
        writeFileSync(here('over/file'), text)
        await ferry('upload', 'over', '.')
        expect(readdirSync(there('over'))).toEqual(['file'])
        expect(readFileSync(there('over/file'), 'utf8')).toBe(text)
      }
    })

    test('rename refuses what exists, and --force replaces it', async () => {
      for (const name of ['one', 'two']) await ferry('write', name, name)
      expect(await failure('rename', 'one', 'two')).toBe('already_exists')
      expect(readFileSync(there('two'), 'utf8')).toBe('two')
      await ferry('rename', 'one', 'two', '--force')
      expect(readFileSync(there('two'), 'utf8')).toBe('one')
      expect(await failure('info', 'one')).toBe('not_found')
    })

    test('20 MB arrive as they were, both ways', async () => {
      const content = randomBytes(20_000_000)
      writeFileSync(here('big'), content)
      await ferry('upload', 'big', 'big', '--verify')
      expect(hashOf(there('big'))).toBe(hashOf(here('big')))
      await ferry('download', 'big', 'back', '--verify')
      expect(hashOf(here('back'))).toBe(hashOf(here('big')))
    })

    async function goesThereAndBack(tree: string): Promise<void> {
      await ferry('upload', tree, tree)
      expect(contents(there(tree))).toEqual(contents(here(tree)))
      await ferry('download', tree, `${tree}-back`)
      expect(contents(here(`${tree}-back`))).toEqual(contents(here(tree)))
      await ferry('delete', '-r', tree)
      expect(readdirSync(running.directory)).not.toContain(tree)
    }

    test('many small files go there and back', async () => {
      for (let index = 0; index < 300; index += 1) {
        const directory = here(`many/${index % 6}`)
        mkdirSync(directory, { recursive: true })
        writeFileSync(join(directory, String(index)), 'x'.repeat(index))
      }
      await goesThereAndBack('many')
    })

    test('a tree with odd names goes there and back', async () => {
      plantOdd(here('odd'), oddNames)
      await goesThereAndBack('odd')
    })

    test('names that are not UTF-8', async () => {
      plantOdd(here('bytes'), ['latin-\udce9', '\udcff\udcfe'])
      if (lacks('names that are not UTF-8')) {
        const { exitCode, stderr } = await run('upload', 'bytes', 'bytes')
        expect({ exitCode, stderr }).toEqual({ exitCode: 3, stderr: expect.stringContaining('bytes/latin-\\xe9: ') })
        expect(readdirSync(there('bytes'))).toEqual(['empty'])
        return
      }
      await goesThereAndBack('bytes')
    })

    test('symlinks are made and read', async () => {
      await ferry('write', 'pointed-at', 'content')
      if (lacks('symlinks')) return expect(await failure('symlink', 'pointed-at', 'link')).toBe('unsupported')
      await ferry('symlink', 'pointed-at', 'link')
      const stored = (target: string): string => (lacks('storing link targets') ? there(target) : target)
      const told = lacks('reading link targets') ? there('pointed-at') : 'pointed-at'
      expect(readlinkSync(there('link'))).toBe(stored('pointed-at'))
      expect(await json('info', 'link')).toMatchObject({ type: 'symlink', target: told })
      expect(await ferry('read', 'link')).toBe('content')
      await ferry('write', 'link', 'through the link')
      expect(readFileSync(there('pointed-at'), 'utf8')).toBe('through the link')
      mkdirSync(here('links'))
      writeFileSync(here('links/file'), 'content')
      symlinkSync('file', here('links/link'))
      await ferry('upload', 'links', '.')
      expect(readlinkSync(there('links/link'))).toBe(stored('links/file').replace(/^links\//, ''))
      await ferry('write', 'links/link', 'through the link')
      expect(readFileSync(there('links/file'), 'utf8')).toBe('through the link')
      const back = await run('download', 'links', 'links-back')
      if (lacks('reading link targets')) {
        // An absolute one is not followed out of the tree.
        expect({ ...back }).toMatchObject({ exitCode: 3, stderr: expect.stringContaining('link') })
        expect(readdirSync(here('links-back'))).toEqual(['file'])
      } else {
        expect(back).toMatchObject({ exitCode: 0 })
        expect(readlinkSync(here('links-back/link'))).toBe('file')
      }
      await ferry('delete', 'link')
      expect(readFileSync(there('pointed-at'), 'utf8')).toBe('through the link')
      expect(readdirSync(running.directory)).not.toContain('link')
    })

    test('delete -r takes a link away, and leaves alone what it points to', async () => {
      if (lacks('symlinks')) return
      await ferry('mkdir', 'kept')
      await ferry('write', 'kept/file', 'content')
      await ferry('mkdir', 'with-link')
      for (const link of ['link-to-kept', 'with-link/link']) symlinkSync(there('kept'), there(link))
      for (const path of ['link-to-kept', 'with-link']) await ferry('delete', '-r', path)
      expect(readFileSync(there('kept/file'), 'utf8')).toBe('content')
      const left = readdirSync(running.directory)
      expect(left).not.toContain('link-to-kept')
      expect(left).not.toContain('with-link')
    })

    test('chmod', async () => {
      await ferry('write', 'mode', '')
      // It answers that it did it.
      if (lacks('modes')) return expect(await ferry('chmod', '600', 'mode')).toBe('')
      await ferry('chmod', '600', 'mode')
      expect(statSync(there('mode')).mode & 0o7777).toBe(0o600)
      await ferry('chmod', 'g+r,o+r', 'mode')
      expect(statSync(there('mode')).mode & 0o7777).toBe(0o644)
    })

    test('delete says what is not empty, and -r takes it away', async () => {
      mkdirSync(here('doomed/deep'), { recursive: true })
      writeFileSync(here('doomed/deep/file'), '')
      await ferry('upload', 'doomed', 'doomed')
      expect(await failure('delete', 'doomed')).toBe('not_empty')
      await ferry('delete', '-r', 'doomed')
      expect(readdirSync(running.directory)).not.toContain('doomed')
    })

    test.each(['upload', 'download'] as const)('a broken %s goes on where it ended', async (way) => {
      const name = `broken-${way}`
      mkdirSync(here(name))
      await ferry('mkdir', name)
      const [source, target] = way === 'upload' ? [here(name), there(name)] : [there(name), here(name)]
      writeFileSync(join(source, 'big'), randomBytes(12_000_000))
      const args = [`${name}/big`, `${name}/big`, '--resume']
      const broken = await startFerry(argv(way, [...args, '--limit', '15']), options())
      await Promise.race([
        grown(target, 6_000_000),
        broken.result.then(({ stderr }) => Promise.reject(new Error(`it ended before: ${stderr}`))),
      ])
      broken.kill('SIGKILL')
      await broken.result
      expect(readdirSync(target)).not.toContain('big')
      const anew = way === 'upload' && lacks('resuming uploads')
      const { bytes } = Object(await json(way, ...args))
      expect(hashOf(join(target, 'big'))).toBe(hashOf(join(source, 'big')))
      expect(readdirSync(target)).toEqual(['big'])
      if (anew) expect(bytes).toBe(12_000_000)
      else expect(bytes).toBeLessThan(12_000_000)
    })

    test('sync makes one side like the other, and then has nothing to do', async () => {
      mkdirSync(here('site/sub'), { recursive: true })
      for (const [name, text] of Object.entries({ index: 'one', 'sub/page': 'two', gone: 'three' })) {
        writeFileSync(here(`site/${name}`), text)
      }
      await ferry('sync', 'site', 'site')
      expect(contents(there('site'))).toEqual(contents(here('site')))
      writeFileSync(here('site/index'), 'changed')
      expect(await ferry('sync', 'site', 'site', '--dry-run')).toContain('index')
      await ferry('sync', 'site', 'site')
      expect(contents(there('site'))).toEqual(contents(here('site')))
      expect(await summary('sync', 'site', 'site')).toMatchObject({ files: 0, bytes: 0, deleted: 0, failures: [] })
      await ferry('sync', 'copy', 'site', '--pull')
      expect(contents(here('copy'))).toEqual(contents(here('site')))
      await ferry('delete', 'site/gone')
      expect(await summary('sync', 'copy', 'site', '--pull', '--delete')).toMatchObject({ files: 0, deleted: 1 })
      expect(contents(here('copy'))).toEqual(contents(there('site')))
    })
    const summary = async (command: string, ...args: string[]): Promise<unknown> =>
      JSON.parse((await ferry(command, ...args, '--json')).trim().split('\n').at(-1) ?? '')

    test('exec runs a script', async () => {
      writeFileSync(here('report'), 'figures')
      const script = [
        'mkdir inbox',
        'cd inbox',
        'put report',
        'rename report "final report"',
        'ls -1',
        'get "final report" fetched',
        '-mkdir ../inbox',
        'rm "final report"',
        'cd ..',
        'rmdir inbox',
      ]
      writeFileSync(here('script.sftp'), `${script.join('\n')}\n`)
      expect(await ferry('exec', 'script.sftp')).toContain('final report')
      expect(readFileSync(here('fetched'), 'utf8')).toBe('figures')
      expect(readdirSync(running.directory)).not.toContain('inbox')
    })

    test('df tells the space, or that it cannot', async () => {
      if (lacks('df')) return expect(await failure('df')).toBe('unsupported')
      expect(await json('df')).toMatchObject({ size: expect.any(Number), available: expect.any(Number) })
    })
  })
}

const oddNames = [
  'with space',
  ' leading and trailing ',
  `"double" and 'single'`,
  'new\nline',
  '-rf',
  '.hidden',
  'ünïcödé ☃',
  'glob *?[x]',
  'back\\slash',
]

function plantOdd(directory: string, names: readonly string[]): void {
  mkdirSync(join(directory, 'empty'), { recursive: true })
  for (const name of names) {
    mkdirSync(fsPath(`${directory}/in ${name}`))
    writeFileSync(fsPath(`${directory}/${name}`), name)
    writeFileSync(fsPath(`${directory}/in ${name}/${name}`), name)
  }
}

/** Names, kinds and bytes of all below a directory; modes and times belong to the server's settings as well. */
const contents = (directory: string): unknown[] =>
  [...harvest(directory)]
    .sort(([one], [other]) => (one < other ? -1 : 1))
    .map(([path, { kind, content }]) => ({ path, kind, content }))

const hashOf = (file: string): string => createHash('sha256').update(readFileSync(file)).digest('hex')

/** Settles when the temporary file of `big` is so long. */
async function grown(directory: string, bytes: number): Promise<void> {
  const isLong = (): boolean =>
    readdirSync(directory).some(
      (name) => name.startsWith('.big.ferry-') && statSync(`${directory}/${name}`).size > bytes,
    )
  for await (const _change of watch(directory)) if (isLong()) return
}
