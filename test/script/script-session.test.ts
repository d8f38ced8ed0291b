import { chmodSync, mkdirSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { FerryError } from '../../src/errors/ferry-error.ts'
import type { SessionOptions } from '../../src/script/command-run.ts'
import { ScriptSession } from '../../src/script/script-session.ts'
import { typedName, unfinishedLine } from '../../src/script/unfinished-line.ts'
import { splitWords } from '../../src/script/words.ts'
import type { TransferEvent } from '../../src/transfer/progress.ts'
import { drop, gate, status } from '../support/sftp-server/acts.ts'
import { type Scene, scene } from './scene.ts'

const never = new AbortController().signal
const preferences = { localCommands: true, fsync: false }

const open = ({ session, here }: Scene, options: Partial<SessionOptions> = {}): Promise<ScriptSession> =>
  ScriptSession.open({ session, preferences }, { environment: {}, localDirectory: here, ...options }, never)

describe('a session of lines', () => {
  test('keeps directories, mask and progress from line to line', async () => {
    const at = await scene({ 'd/a': 'a' })
    const session = await open(at)
    for (const line of ['cd d', 'lmkdir sub', 'lcd sub', 'lumask 77', 'progress', 'get a']) {
      expect(await session.run(line, never)).toMatchObject({ ok: true })
    }
    expect(session).toMatchObject({ startDirectory: '/', directory: '/d', umask: 0o77, showsProgress: true })
    expect(session.localDirectory).toBe(join(at.here, 'sub'))
    expect(statSync(join(at.here, 'sub', 'a')).mode & 0o777).toBe(0o600)
  })

  test('gives nothing for a line without a command, and a result for one that is wrong', async () => {
    const session = await open(await scene(), { goesOn: true })
    expect(await session.run('  # why', never)).toBeUndefined()
    expect(await session.run('', never)).toBeUndefined()
    const result = await session.run('mk x', never)
    expect(result).toMatchObject({ commandNo: 1, line: 3, ok: false, error: { code: 'script_invalid' } })
    expect(result?.error?.details.hint ?? '').not.toContain('"-"')
    expect(session.isOver).toBe(false)
    await session.run('bye', never)
    expect(session.isOver).toBe(true)
  })

  test('goes on after a line was cancelled, which then changes nothing more', async () => {
    const silent = gate(drop)
    const at = await scene({ 'd/a': 'a' }, { faults: [{ on: 'realpath', path: '/d', act: silent.act }] })
    const session = await open(at)
    const controller = new AbortController()
    const running = session.run('cd d', controller.signal)
    await silent.reached
    const stop = new FerryError('cancelled', 'interrupted')
    controller.abort(stop)
    await expect(running).rejects.toBe(stop)
    expect(session.directory).toBe('/')
    expect(await session.run('pwd', never)).toMatchObject({ output: 'Remote working directory: /\n' })
  })

  test('goes on over another connection where it was', async () => {
    const first = await scene({ 'd/a': 'a' })
    const session = await open(first)
    await session.run('cd d', never)
    first.pair.hangUp()
    await expect(session.run('ls', never)).rejects.toMatchObject({ code: 'connection_lost' })
    const second = await scene({ 'd/b': 'b' })
    await session.continueOn({ session: second.session, preferences }, never)
    expect(await session.run('ls -1', never)).toMatchObject({ output: 'b\n' })
    const third = await scene({ c: 'c' })
    await expect(session.continueOn({ session: third.session, preferences }, never)).rejects.toMatchObject({
      code: 'not_found',
    })
    expect(await session.run('cd', never)).toMatchObject({ ok: true })
    expect(await session.run('ls -1', never)).toMatchObject({ output: 'c\n' })
  })

  test('that goes on takes all matches, and survives an unknown user', async () => {
    const at = await scene({ 'x1/f': '', x2: '' })
    const session = await open(at, { goesOn: true })
    expect(await session.run('rm x*', never)).toMatchObject({ ok: false })
    expect(readdirSync(at.there)).toEqual(['x1'])
    expect(await session.run('lcd ~no-such-user-here', never)).toMatchObject({ ok: false })
    expect(session.isOver).toBe(false)
  })

  test('refuses local commands where the connection does', async () => {
    const { session, here } = await scene()
    const options = { environment: {}, localDirectory: here }
    const lines = await ScriptSession.open(
      { session, preferences: { ...preferences, localCommands: false } },
      options,
      never,
    )
    expect(await lines.run('!touch x', never)).toMatchObject({ ok: false, error: { code: 'script_invalid' } })
    expect(readdirSync(here)).toEqual([])
  })

  test('hands local programs to whoever runs them', async () => {
    const at = await scene()
    const calls: (readonly string[])[] = []
    const session = await open(at, {
      runLocal: async (words, { directory }) => {
        calls.push([...words, directory])
        return 'exited with status 3'
      },
      onErrorOutput: (text) => void calls.push([text]),
    })
    expect(await session.run('!vi x', never)).toMatchObject({ ok: true })
    expect(calls).toEqual([['/bin/sh', '-c', 'vi x', at.here], ['the shell exited with status 3\n']])
  })

  test('tells of transfers while the progress meter is on', async () => {
    const at = await scene({ a: 'aaa' })
    const events: [string, TransferEvent][] = []
    const session = await open(at, { onTransfer: (event, verb) => void events.push([verb, event]) })
    await session.run('get a', never)
    expect(events).toEqual([])
    await session.run('progress', never)
    await session.run('get a b', never)
    await session.run('put b c', never)
    expect(events).toEqual([
      ['download', { kind: 'found', files: 1, bytes: 3 }],
      ['download', { kind: 'moved', path: '/a', bytes: 3 }],
      ['download', { kind: 'done', from: '/a', to: 'b', bytes: 3 }],
      ['upload', { kind: 'found', files: 1, bytes: 3 }],
      ['upload', { kind: 'moved', path: 'b', bytes: 3 }],
      ['upload', { kind: 'done', from: 'b', to: '/c', bytes: 3 }],
    ])
  })
})

describe('atomic transfers', () => {
  test('replace files by another, keep their modes and links, and leave nothing beside them', async () => {
    const { run, there, here } = await scene({ a: 'new a', b: 'old b' })
    writeFileSync(join(here, 'a'), 'old a', { mode: 0o640 })
    writeFileSync(join(here, 'b'), 'new b', { mode: 0o666 })
    chmodSync(join(there, 'b'), 0o600)
    symlinkSync('b', join(there, 'link'))
    const before = [statSync(join(here, 'a')).ino, statSync(join(there, 'b')).ino]
    const { results } = await run('get a\nput b link\nlumask 77\nget b fresh', { atomic: true })
    expect(results.map(({ error }) => error?.message)).toEqual([undefined, undefined, undefined, undefined])
    expect(readFileSync(join(here, 'a'), 'utf8')).toBe('new a')
    expect(readFileSync(join(there, 'b'), 'utf8')).toBe('new b')
    expect([statSync(join(here, 'a')).mode & 0o777, statSync(join(there, 'b')).mode & 0o777]).toEqual([0o640, 0o600])
    expect(statSync(join(here, 'fresh')).mode & 0o777).toBe(0o600)
    const after = [statSync(join(here, 'a')).ino, statSync(join(there, 'b')).ino]
    expect(after.filter((inode, index) => inode === before[index])).toEqual([])
    expect([readdirSync(there), readdirSync(here)]).toEqual([
      ['a', 'b', 'link'],
      ['a', 'b', 'fresh'],
    ])
  })

  test('that fail leave what was there, where without --atomic a part of the new would be', async () => {
    const faults = [{ on: 'write', act: status(4) }] as const
    const { run, there, here } = await scene({ a: 'old', 'dir/b': '' }, { faults })
    writeFileSync(join(here, 'a'), 'new')
    const failed = await run('put a', { atomic: true })
    expect(failed.results[0]?.error?.message).toMatch(/^put a -> \/a: .*, \/a is as it was$/)
    expect(readFileSync(join(there, 'a'), 'utf8')).toBe('old')
    expect(readdirSync(there)).toEqual(['a', 'dir'])
    await run('put a')
    expect(readFileSync(join(there, 'a'), 'utf8')).toBe('')
  })

  test('take directories, and go on in place where one is resumed', async () => {
    const { run, there, here } = await scene({ 'd/x': 'x', part: 'whole' })
    writeFileSync(join(here, 'part'), 'who')
    mkdirSync(join(here, 'e'))
    writeFileSync(join(here, 'e', 'y'), 'y')
    const before = statSync(join(here, 'part')).ino
    const { results } = await run('get -R d\nput -R e\nreget part', { atomic: true })
    expect(results.filter(({ ok }) => !ok)).toEqual([])
    expect(statSync(join(here, 'part')).ino).toBe(before)
    expect(readFileSync(join(here, 'part'), 'utf8')).toBe('whole')
    expect([readdirSync(join(here, 'd')), readdirSync(join(there, 'e'))]).toEqual([['x'], ['y']])
  })
})

describe('a line that is being typed', () => {
  test.each([
    ['', [], 0, '', ''],
    ['ge', [], 0, '', 'ge'],
    ['get ', ['get'], 4, '', ''],
    ['-@ get "a b', ['get'], 7, '"', 'a b'],
    ["get a\\ b c'd", ['get', 'a b'], 9, "'", 'cd'],
    ['get a\\', ['get'], 4, '', 'a'],
  ] as const)('%j is words and an open one', (text, words, start, quote, plain) => {
    const line = unfinishedLine(text)
    expect(line?.words.map((word) => word.plain)).toEqual(words)
    expect(line).toMatchObject({ start, quote, plain })
  })

  test('has no word in a comment, and behind "!"', () => {
    expect(unfinishedLine('get a # b')).toBeUndefined()
    expect(unfinishedLine('- !ls a')).toBeUndefined()
  })

  test('takes every name as it is typed for it, quoted or not', () => {
    const names = fc.string({ unit: 'binary', minLength: 1 }).filter((name) => !name.includes('\n'))
    fc.assert(
      fc.property(names, fc.constantFrom('', '"', "'"), (name, quote) => {
        const split = splitWords(`${quote}${typedName(name, quote)}${quote}`, new Map())
        expect(split).toMatchObject({ words: [{ plain: name }] })
      }),
    )
  })
})
