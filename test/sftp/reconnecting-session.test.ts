import { mkdirSync, readdirSync, readFileSync, readlinkSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { describe, expect, onTestFinished, test } from 'vitest'
import { isSymlink } from '../../src/model/attributes.ts'
import type { SftpSession } from '../../src/sftp/session.ts'
import { readDirectory } from '../../src/transfer/read-directory.ts'
import { sessionContract } from '../contract/session-contract.ts'
import { attributes, destroy, performed } from '../support/sftp-server/acts.ts'
import type { Fault } from '../support/sftp-server/faults.ts'
import type { RequestName } from '../support/sftp-server/requests.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'
import { reconnecting } from './reconnecting.ts'

async function freshDirectory(): Promise<string> {
  const directory = await temporaryDirectory()
  onTestFinished(() => directory[Symbol.asyncDispose]())
  return directory.path
}

sessionContract('one that reconnects', async () => (await reconnecting({ root: await freshDirectory() })).session)

/** The line is cut in place of the answer: before the server does what was asked, or after it. */
const ways = { before: destroy, after: performed(destroy) } as const
type Way = keyof typeof ways

async function rig(faults: readonly Fault[], files: Readonly<Record<string, string>> = {}) {
  const root = await freshDirectory()
  for (const [name, content] of Object.entries(files)) writeFileSync(`${root}/${name}`, content)
  return { root, ...(await reconnecting({ root, faults })) }
}

// promise: retry-repeats
describe.each(Object.keys(ways) as Way[])('what is cut %s it is done', (way) => {
  const cut = (on: RequestName, path?: string): Fault => ({
    on,
    ...(path !== undefined && { path }),
    times: 1,
    act: ways[way],
  })
  const found = way === 'after' ? 'was done' : 'was not done; once more'

  test.each<[RequestName, (session: SftpSession) => Promise<unknown>, unknown]>([
    ['lstat', async (session) => (await session.lstat('/a')).size, 3],
    ['stat', async (session) => (await session.stat('/a')).size, 3],
    ['realpath', (session) => session.realpath('/a'), '/a'],
    ['readlink', (session) => session.readlink('/link'), 'a'],
    ['statvfs@openssh.com', async (session) => (await session.statvfs('/')).readOnly, false],
    ['expand-path@openssh.com', (session) => session.expandPath('/a'), '/a'],
  ])('%s is asked again', async (on, ask, answer) => {
    const { root, session, connections } = await rig([cut(on)], { a: 'one' })
    symlinkSync('a', `${root}/link`)
    expect(await ask(session)).toEqual(answer)
    expect(connections()).toBe(2)
  })

  test('attributes are set again', async () => {
    const { root, session } = await rig([cut('setstat')], { a: 'one' })
    await session.setstat('/a', { permissions: 0o600 })
    expect(statSync(`${root}/a`).mode & 0o777).toBe(0o600)
  })

  test.each<[RequestName, string]>([
    ['rename', 'plain'],
    ['posix-rename@openssh.com', 'replacing'],
  ])('%s is looked at first', async (on, name) => {
    const { root, session, notes } = await rig([cut(on)], { a: 'one' })
    await (on === 'rename' ? session.rename('/a', `/${name}`) : session.posixRename('/a', `/${name}`))
    expect(readdirSync(root)).toEqual([name])
    expect(notes).toEqual([`rename /a /${name}: the answer was lost, and it ${found}`])
  })

  test('a deletion is looked at first', async () => {
    const { root, session, notes } = await rig([cut('remove')], { a: 'one', b: 'two' })
    await session.remove('/a')
    expect(readdirSync(root)).toEqual(['b'])
    expect(notes).toEqual([`remove /a: the answer was lost, and it ${found}`])
  })

  test('a directory is made once, and removed once', async () => {
    const { root, session } = await rig([cut('mkdir'), cut('rmdir')])
    await session.mkdir('/d')
    expect(readdirSync(root)).toEqual(['d'])
    await session.rmdir('/d')
    expect(readdirSync(root)).toEqual([])
  })

  test('links are made once', async () => {
    const { root, session } = await rig([cut('symlink'), cut('hardlink@openssh.com')], { a: 'one' })
    await session.symlink('a', '/link')
    await session.hardlink('/a', '/same')
    expect(readlinkSync(`${root}/link`)).toBe('a')
    expect(statSync(`${root}/same`).ino).toBe(statSync(`${root}/a`).ino)
  })

  test.each<RequestName>(['open', 'write', 'fsetstat', 'fsync@openssh.com', 'close'])(
    'a file that is written with one flight of requests is whole, with its time, where %s is cut',
    async (on) => {
      const { root, session } = await rig([cut(on)])
      const handle = await session.open('/.a.ferry-0123456789ab', { write: true, create: true, exclusive: true })
      await Promise.all([
        session.write(handle, 0, Buffer.from('one ')),
        session.write(handle, 4, Buffer.from('two')),
        session.fsetstat(handle, { times: { atime: 1_000_000, mtime: 1_000_000 } }),
        session.fsync(handle),
        session.close(handle),
      ])
      const file = `${root}/.a.ferry-0123456789ab`
      expect(readFileSync(file, 'utf8')).toBe('one two')
      expect(statSync(file).mtimeMs).toBe(1_000_000_000)
    },
  )

  test('a file that is cut to be written anew is the same file', async () => {
    const { root, session } = await rig([cut('fsetstat')])
    const handle = await session.open('/a', { write: true, create: true })
    await session.write(handle, 0, Buffer.from('one two'))
    await session.fsetstat(handle, { size: 4 })
    await session.write(handle, 4, Buffer.from('six'))
    await session.close(handle)
    expect(readFileSync(`${root}/a`, 'utf8')).toBe('one six')
  })

  test('a listing goes on without a name twice, however much of it was given', async () => {
    const names = Array.from({ length: 300 }, (_, index) => `f${index}`)
    const root = await freshDirectory()
    for (const name of names) writeFileSync(`${root}/${name}`, '')
    const faults: Fault[] = [{ on: 'readdir', after: 250, times: 1, act: ways[way] }]
    const { session } = await reconnecting({ root, faults, batch: 1 })
    const listed: string[] = []
    for await (const { name } of readDirectory(session, '/', { signal: new AbortController().signal }))
      listed.push(name)
    expect(listed.sort()).toEqual(names.sort())
  })
})

// promise: retry-looks
describe('what cannot be told is not guessed', () => {
  test('a rename of which neither name is left', async () => {
    const { session } = await rig([{ on: 'rename', times: 1, act: destroy }])
    await expect(session.rename('/a', '/b')).rejects.toMatchObject({
      code: 'outcome_unknown',
      message: 'rename /a /b: the answer was lost, and now neither is there',
    })
  })

  test('a new file that anybody may have made', async () => {
    const { session } = await rig([{ on: 'open', times: 1, act: performed(destroy) }])
    await expect(session.open('/lock', { write: true, create: true, exclusive: true })).rejects.toMatchObject({
      code: 'outcome_unknown',
    })
  })

  test('what was appended', async () => {
    const { root, session } = await rig([{ on: 'write', times: 1, act: performed(destroy) }], { log: 'one\n' })
    const handle = await session.open('/log', { write: true, append: true })
    await expect(session.write(handle, 4, Buffer.from('two\n'))).rejects.toMatchObject({ code: 'outcome_unknown' })
    expect(readFileSync(`${root}/log`, 'utf8')).toBe('one\ntwo\n')
    await expect(session.lstat('/log')).resolves.toMatchObject({ size: 8 })
  })

  test('a directory that holds something was there before', async () => {
    const { root, session } = await rig([{ on: 'mkdir', times: 1, act: destroy }])
    mkdirSync(`${root}/d`)
    writeFileSync(`${root}/d/a`, '')
    await expect(session.mkdir('/d')).rejects.toMatchObject({ code: 'operation_failed' })
  })

  test('a file that another one replaced meanwhile', async () => {
    const root = await freshDirectory()
    writeFileSync(`${root}/a`, 'one two')
    const swap: Fault = {
      on: 'read',
      after: 1,
      times: 1,
      act: (exchange) => {
        writeFileSync(`${root}/a`, 'another one')
        return destroy(exchange)
      },
    }
    const { session } = await reconnecting({ root, faults: [swap] })
    const handle = await session.open('/a', { read: true })
    expect((await session.read(handle, 0, 4))?.toString()).toBe('one ')
    await expect(session.read(handle, 4, 4)).rejects.toMatchObject({
      code: 'operation_failed',
      message: 'read /a: it has changed since the connection was lost',
    })
  })

  test('what the server took and lost', async () => {
    const root = await freshDirectory()
    const lose: Fault = {
      on: 'write',
      after: 1,
      times: 1,
      act: (exchange) => {
        writeFileSync(`${root}/a`, '')
        return destroy(exchange)
      },
    }
    const { session } = await reconnecting({ root, faults: [lose] })
    const handle = await session.open('/a', { write: true, create: true })
    await session.write(handle, 0, Buffer.from('one '))
    await expect(session.write(handle, 4, Buffer.from('two'))).rejects.toMatchObject({
      code: 'operation_failed',
      message: 'write /a: it holds 0 of the 4 bytes that it took before the connection was lost',
    })
  })
})

test('where there is no other connection, each request says what it was and why there was no second time', async () => {
  const { session, connections } = await reconnecting({
    root: await freshDirectory(),
    faults: [{ on: 'lstat', act: destroy }],
    retries: 2,
  })
  const [first, second] = await Promise.allSettled([session.lstat('/a'), session.lstat('/b')])
  expect(first).toMatchObject({
    reason: { code: 'connection_lost', message: expect.stringMatching(/^stat \/a: .*; given up$/) },
  })
  expect(second).toMatchObject({
    reason: { code: 'connection_lost', message: expect.stringMatching(/^stat \/b: .*; given up$/) },
  })
  expect(connections()).toBe(3)
  await expect(session.stat('/a')).rejects.toMatchObject({
    code: 'connection_lost',
    message: expect.stringMatching(/^stat \/a: .*; given up$/),
  })
})

test('a server that broke the protocol is not asked again', async () => {
  const { session, connections } = await rig([
    { on: 'lstat', act: () => ({ type: 'handle', handle: Buffer.from('x') }) },
  ])
  await expect(session.lstat('/a')).rejects.toMatchObject({ code: 'protocol_error' })
  expect(connections()).toBe(1)
})

test('closing ends the wait for another connection', async () => {
  const { session } = await rig([{ on: 'lstat', act: destroy }])
  const asked = session.lstat('/a')
  asked.catch(() => undefined)
  await session[Symbol.asyncDispose]()
  await expect(asked).rejects.toMatchObject({ code: 'connection_lost' })
})

test('a link whose READLINK was cut is no directory, even where LSTAT follows it', async () => {
  const root = await freshDirectory()
  mkdirSync(`${root}/kept`)
  symlinkSync('kept', `${root}/link`)
  const follows = attributes((honest) => ({ ...honest, permissions: 0o040755 }))
  const { session } = await reconnecting({
    root,
    extensions: {},
    faults: [
      { on: 'lstat', act: follows },
      { on: 'readlink', times: 1, act: destroy },
    ],
  })
  expect(isSymlink(await session.lstat('/link'))).toBe(true)
})
