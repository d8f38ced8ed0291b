import { existsSync, readFileSync, readlinkSync, renameSync, symlinkSync, truncateSync } from 'node:fs'
import { expect, onTestFinished, test } from 'vitest'
import { FerryError } from '../../src/errors/ferry-error.ts'
import { remotePath } from '../../src/model/remote-path.ts'
import { createSymlink } from '../../src/operations/create-link.ts'
import { info } from '../../src/operations/info.ts'
import { remove } from '../../src/operations/remove.ts'
import { rename } from '../../src/operations/rename.ts'
import { upload } from '../../src/operations/upload.ts'
import { writeFile } from '../../src/operations/write-file.ts'
import { reconnecting } from '../sftp/reconnecting.ts'
import { attributes, status } from '../support/sftp-server/acts.ts'
import type { Act, Fault } from '../support/sftp-server/faults.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'
import { counted, namesIn, outcomeOf, plant, type Rig, servedRig, signal } from './rig.ts'

/** What servers were seen to do (docs/interop.md), one at a time; `npm run interop` meets them themselves. */
const ok = status(0)
const extensions = {}

type Place = Pick<Rig, 'there'>

/** Over a server that is not OpenSSH's, and does what the fault says with the files themselves. */
async function wildRig(on: Fault['on'], act: (rig: () => Rig) => Act): Promise<Rig & { asked(): readonly string[] }> {
  let rig: Rig | undefined
  const there = (): Rig => rig ?? expect.fail('nobody asks before there is a session')
  const served = await servedRig({ extensions, faults: [{ on, act: act(there) }] })
  rig = served
  return { ...served, asked: () => served.pair.requests.map(({ name }) => name) }
}

const renames =
  (rig: () => Place): Act =>
  (exchange) => {
    const [from = '', to = ''] = exchange.paths.map((path) => rig().there(path.slice(1)))
    try {
      renameSync(from, to)
    } catch {
      return status(2)(exchange)
    }
    return ok(exchange)
  }

const draftOrder =
  (rig: () => Place): Act =>
  (exchange) => {
    if (exchange.request.name !== 'symlink') return exchange.perform()
    try {
      symlinkSync(exchange.request.path, rig().there(exchange.request.target.replace(/^\//, '')))
    } catch {
      return status(4)(exchange)
    }
    return ok(exchange)
  }

const follows = (): Act => attributes((honest) => ({ ...honest, permissions: 0o040755 }))

// promise: delete-no-follow
test('LSTAT that follows links: delete -r takes the link away, and leaves alone what it points to', async () => {
  const { session, there } = await wildRig('lstat', follows)
  plant(there(), { 'kept/file': 'content' })
  symlinkSync('kept', there('link'))
  expect(await info(session, remotePath('/link'), { signal })).toMatchObject({ target: 'kept' })
  await remove(session, remotePath('/link'), { recursive: true, signal })
  expect(namesIn(there())).toEqual(['kept', 'kept/file'])
})

test("the draft's order of SYMLINK is found out, once, and nothing is left of the look", async () => {
  const { session, there, asked } = await wildRig('symlink', draftOrder)
  plant(there(), { target: 'content' })
  for (const link of ['/one', '/two']) await createSymlink(session, 'target', remotePath(link), { signal })
  expect(['one', 'two'].map((link) => readlinkSync(there(link)))).toEqual(['target', 'target'])
  expect(namesIn(there())).toEqual(['one', 'target', 'two'])
  expect(asked().filter((name) => name === 'symlink')).toHaveLength(3)
})

test('relative targets that are stored as if beside the session directory lead where they should', async () => {
  const { session, there } = await wildRig('symlink', (rig) => (exchange) => {
    if (exchange.request.name !== 'symlink') return exchange.perform()
    const { target, path } = exchange.request
    symlinkSync(target.startsWith('/') ? target : `/${target}`, rig().there(path.slice(1)))
    return ok(exchange)
  })
  plant(there(), { 'deep/file': 'content' })
  await createSymlink(session, 'file', remotePath('/deep/link'), { signal })
  expect(readlinkSync(there('deep/link'))).toBe('/deep/file')
})

test.each([
  ['posix-rename that is not announced', 'posix-rename@openssh.com'],
  ['RENAME that replaces', 'rename'],
] as const)('%s replaces a file in one step', async (_name, on) => {
  const { session, here, there } = await wildRig(on, renames)
  plant(here(), { a: 'new' })
  plant(there(), { 'w/a': 'old', b: 'b' })
  await upload(session, [here('a')], remotePath('/w/a'), { signal })
  expect(readFileSync(there('w/a'), 'utf8')).toBe('new')
  await rename(session, remotePath('/b'), remotePath('/w/a'), { force: true, signal })
  expect(readFileSync(there('w/a'), 'utf8')).toBe('b')
  expect(namesIn(there())).toEqual(['w', 'w/a'])
})

const twenty = Object.fromEntries(Array.from({ length: 20 }, (_, index) => [`tree/${index}`, `new ${index}`]))

test('how files are replaced is found out by one file for all that are in flight', async () => {
  const { session, here, there, asked } = await wildRig('rename', renames)
  plant(here(), twenty)
  plant(there(), twenty)
  const summary = await upload(session, [here('tree/.')], remotePath('/tree'), { signal })
  expect(summary).toMatchObject({ files: 20, failures: [] })
  expect(asked().filter((name) => name === 'posix-rename@openssh.com')).toHaveLength(1)
  expect(asked().filter((name) => name === 'open')).toHaveLength(20 + 2)
})

test('a directory that takes no file tells nothing of how files are replaced in another', async () => {
  const { session, here, there } = await servedRig({
    extensions,
    faults: [
      { on: ['open', 'posix-rename@openssh.com'], path: /^\/closed\//, act: status(3) },
      { on: 'rename', act: (exchange) => renames(() => ({ there }))(exchange) },
    ],
  })
  plant(here(), { 'tree/closed/a': 'new', 'tree/other/a': 'new' })
  plant(there(), { 'closed/a': 'old', 'other/a': 'old' })
  for (const _ of ['closed first', 'both at once']) {
    await outcomeOf(upload(session, [here('tree/closed/a')], remotePath('/closed/a'), { signal }))
    const summary = await upload(session, [here('tree/.')], remotePath('/'), { signal })
    expect(summary.failures).toHaveLength(1)
  }
  expect(readFileSync(there('closed/a'), 'utf8')).toBe('old')
  expect(readFileSync(there('other/a'), 'utf8')).toBe('new')
})

test('the order of SYMLINK is found out by one link for all that are in flight', async () => {
  const { session, there, asked } = await wildRig('symlink', draftOrder)
  const links = Object.keys(twenty).map((_, index) => remotePath(`/${index}`))
  await Promise.all(links.map((link) => createSymlink(session, 'target', link, { signal })))
  expect(links.map((link) => readlinkSync(there(link.slice(1))))).toEqual(links.map(() => 'target'))
  expect(asked().filter((name) => name === 'symlink')).toHaveLength(20 + 1)
})

test('a start directory that was refused once is asked for again', async () => {
  const { session, there } = await servedRig({ extensions, faults: [{ on: 'realpath', times: 1, act: status(4) }] })
  symlinkSync('target', there('link'))
  await expect(session.readlink('link')).rejects.toMatchObject({ code: 'operation_failed' })
  expect(await session.readlink('link')).toBe('target')
})

test('rename refuses what exists also where RENAME would replace it', async () => {
  const { session, there } = await wildRig('rename', renames)
  plant(there(), { a: 'a', b: 'b' })
  await expect(rename(session, remotePath('/a'), remotePath('/b'), { signal })).rejects.toMatchObject({
    code: 'already_exists',
  })
  expect(readFileSync(there('b'), 'utf8')).toBe('b')
})

const empties =
  (rig: () => Rig): Act =>
  (exchange) => {
    const [path = ''] = exchange.paths
    const file = rig().there(path.slice(1))
    if (existsSync(file)) truncateSync(file)
    return exchange.perform()
  }

test('nothing is appended where the server empties what is opened, and the file is as it was', async () => {
  const { session, there } = await wildRig('open', empties)
  plant(there(), { log: 'old' })
  const appended = writeFile(session, remotePath('/log'), Buffer.from('new'), { append: true, signal })
  await expect(appended).rejects.toMatchObject({
    code: 'unsupported',
    message: expect.stringMatching(/, \/log is as it was$/),
  })
  expect(readFileSync(there('log'), 'utf8')).toBe('old')
  expect(namesIn(there())).toEqual(['log'])
})

test('a file is appended to on any other server, and nothing is left of the look', async () => {
  const { session, there, asked } = await wildRig('open', () => (exchange) => exchange.perform())
  plant(there(), { log: 'old' })
  for (const text of ['1', '2'])
    await writeFile(session, remotePath('/log'), Buffer.from(text), { append: true, signal })
  expect(readFileSync(there('log'), 'utf8')).toBe('old12')
  expect(namesIn(there())).toEqual(['log'])
  expect(asked().filter((name) => name === 'open')).toHaveLength(4)
})

test('a server that takes no byte more is not one that empties what is opened', async () => {
  const { session, there } = await wildRig('write', () => status(4, 'no space left on device'))
  plant(there(), { log: 'old' })
  const appended = writeFile(session, remotePath('/log'), Buffer.from('new'), { append: true, signal })
  await expect(appended).rejects.toMatchObject({ code: 'no_space' })
  expect(readFileSync(there('log'), 'utf8')).toBe('old')
})

test('an upload is resumed by sending all again where the server empties what is opened', async () => {
  const { session, here, there } = await wildRig('open', empties)
  const content = counted(6_000_000)
  plant(here(), { a: content })
  const stop = new AbortController()
  const listener = ({ kind }: { readonly kind: string }): void => {
    if (kind === 'moved') stop.abort(new FerryError('cancelled', 'stopped'))
  }
  await outcomeOf(upload(session, [here('a')], remotePath('/a'), { resume: true, listener, signal: stop.signal }))
  expect(namesIn(there())).toEqual([expect.stringMatching(/^\.a\.ferry-/)])
  await upload(session, [here('a')], remotePath('/a'), { resume: true, signal })
  expect(readFileSync(there('a')).equals(content)).toBe(true)
  expect(namesIn(there())).toEqual(['a'])
})

/** With `--retry`, over such a server whose first answer to the fault's request is lost. */
async function cutRig(on: Fault['on'], act: (rig: () => Place) => Act) {
  const folder = await temporaryDirectory()
  onTestFinished(() => folder[Symbol.asyncDispose]())
  const root = `${folder.path}/root`
  plant(folder.path, { 'root/a': 'old', new: 'new' })
  const honest = act(() => ({ there: (path = '') => `${root}/${path}` }))
  const lost: Act = async (exchange) => {
    await honest(exchange)
    exchange.destroy()
    return undefined
  }
  const faults: Fault[] = [
    { on, times: 1, act: lost },
    { on, act: honest },
  ]
  const { session } = await reconnecting({ root, extensions, faults })
  return { session, root, here: folder.path }
}

// promise: retry-repeats
test('a look at how the server replaces files whose answer is lost is taken again', async () => {
  const { session, root, here } = await cutRig('posix-rename@openssh.com', renames)
  await upload(session, [`${here}/new`], remotePath('/a'), { signal })
  expect(readFileSync(`${root}/a`, 'utf8')).toBe('new')
})

// promise: retry-looks
test("a link in the draft's order whose answer is lost is found", async () => {
  const { session, root } = await cutRig('symlink', draftOrder)
  await createSymlink(session, 'a', remotePath('/link'), { signal })
  expect(readlinkSync(`${root}/link`)).toBe('a')
  expect(namesIn(root)).toEqual(['a', 'link'])
})
