import { chmodSync, readFileSync, readlinkSync, statSync, symlinkSync } from 'node:fs'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { FerryError } from '../../src/errors/ferry-error.ts'
import { remotePath } from '../../src/model/remote-path.ts'
import { readFile } from '../../src/operations/read-file.ts'
import { writeFile } from '../../src/operations/write-file.ts'
import { destroy, drop, performed, shortRead, status } from '../support/sftp-server/acts.ts'
import { counted, namesIn, overBoth, plant, remembered, servedRig, signal } from './rig.ts'

async function whole(bytes: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const pieces: Uint8Array[] = []
  for await (const piece of bytes) pieces.push(Buffer.from(piece))
  return Buffer.concat(pieces)
}

async function* inPieces(content: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < content.length; at += size) yield content.subarray(at, at + size)
}

overBoth('bytes', (open) => {
  test('what was written is read, from memory and from a stream of any pieces', async () => {
    const { session, remote } = await open()
    for (const size of [0, 1, 261_120, 1_000_003]) {
      await writeFile(session, remote('memory'), counted(size), { signal })
      expect((await whole(readFile(session, remote('memory'), { signal }))).equals(counted(size))).toBe(true)
      const { bytes } = await writeFile(session, remote('stream'), inPieces(counted(size), 70_001), { signal })
      expect(bytes).toBe(size)
      expect((await whole(readFile(session, remote('stream'), { signal }))).equals(counted(size))).toBe(true)
    }
  })

  test('reading begins where it is told', async () => {
    const { session, remote, there } = await open()
    plant(there(), { a: '0123456789' })
    expect((await whole(readFile(session, remote('a'), { offset: 7, signal }))).toString()).toBe('789')
    expect((await whole(readFile(session, remote('a'), { offset: 70, signal }))).toString()).toBe('')
  })

  test("an existing file keeps its mode, a new one has the server's, and a given mode is exact", async () => {
    const { session, remote, there } = await open()
    plant(there(), { kept: 'old' })
    chmodSync(there('kept'), 0o606)
    await writeFile(session, remote('kept'), Buffer.from('new'), { signal })
    expect(statSync(there('kept')).mode & 0o7777).toBe(0o606)
    await writeFile(session, remote('plain'), Buffer.from('new'), { signal })
    expect(statSync(there('plain')).mode & 0o7777).toBe(0o666 & ~process.umask())
    for (const atomic of [true, false]) {
      await writeFile(session, remote('given'), Buffer.from('new'), { mode: 0o2666, atomic, signal })
      expect(statSync(there('given')).mode & 0o7777).toBe(0o2666)
    }
  })

  test('appending goes on in place, and makes what is not there', async () => {
    const { session, remote, there } = await open()
    plant(there(), { a: 'one ' })
    const { ino } = statSync(there('a'))
    const { bytes } = await writeFile(session, remote('a'), Buffer.from('two'), { append: true, signal })
    await writeFile(session, remote('new'), inPieces(Buffer.from('three'), 2), { append: true, signal })
    expect(bytes).toBe(3)
    expect(readFileSync(there('a'), 'utf8')).toBe('one two')
    expect(readFileSync(there('new'), 'utf8')).toBe('three')
    expect(statSync(there('a')).ino).toBe(ino)
  })

  test('with overwrite false what exists is an error and stays', async () => {
    const { session, remote, there } = await open()
    plant(there(), { a: 'old' })
    symlinkSync('gone', there('dangling'))
    for (const atomic of [true, false]) {
      for (const name of ['a', 'dangling']) {
        await expect(
          writeFile(session, remote(name), Buffer.from('new'), { overwrite: false, atomic, signal }),
        ).rejects.toMatchObject({ code: 'already_exists' })
      }
    }
    expect(readFileSync(there('a'), 'utf8')).toBe('old')
    expect(namesIn(there())).toEqual(['a', 'dangling'])
    await writeFile(session, remote('b'), Buffer.from('new'), { overwrite: false, signal })
    expect(readFileSync(there('b'), 'utf8')).toBe('new')
  })

  test('a link stays one', async () => {
    const { session, remote, there } = await open()
    plant(there(), { 'd/a': 'old' })
    symlinkSync('d/a', there('link'))
    await writeFile(session, remote('link'), Buffer.from('new'), { signal })
    expect(readlinkSync(there('link'))).toBe('d/a')
    expect(readFileSync(there('d/a'), 'utf8')).toBe('new')
  })

  test('a directory is no file', async () => {
    const { session, remote, there } = await open()
    plant(there(), { 'd/': '' })
    await expect(whole(readFile(session, remote('d'), { signal }))).rejects.toMatchObject({ code: 'wrong_kind' })
    for (const atomic of [true, false]) {
      await expect(writeFile(session, remote('d'), Buffer.from('x'), { atomic, signal })).rejects.toMatchObject({
        code: 'wrong_kind',
        message: `write ${remote('d')}: is a directory`,
      })
    }
  })

  test('a source that fails leaves the old file', async () => {
    const { session, remote, there } = await open()
    plant(there(), { a: 'old' })
    async function* failing(): AsyncGenerator<Uint8Array> {
      yield counted(600_000)
      throw Object.assign(new Error('EIO'), { code: 'EIO' })
    }
    await expect(writeFile(session, remote('a'), failing(), { signal })).rejects.toMatchObject({
      code: 'local_failed',
      message: `write ${remote('a')}: input/output error on this machine, ${remote('a')} is as it was`,
    })
    expect(readFileSync(there('a'), 'utf8')).toBe('old')
    expect(namesIn(there())).toEqual(['a'])
  })

  test('a reader that stops early closes the file', async () => {
    const { session, remote, there } = await open()
    plant(there(), { a: counted(3_000_000) })
    for await (const _piece of readFile(session, remote('a'), { signal })) break
    await expect(session.lstat(remote('a'))).resolves.toBeDefined()
  })
})

test('any content in any pieces arrives, whatever the server allows', async () => {
  const { session } = await servedRig({
    limits: { read: 100, write: 77 },
    faults: [{ on: 'read', act: shortRead(60) }],
  })
  await fc.assert(
    fc.asyncProperty(fc.array(fc.uint8Array({ maxLength: 200 }), { maxLength: 8 }), async (pieces) => {
      async function* source(): AsyncGenerator<Uint8Array> {
        yield* pieces
      }
      await writeFile(session, remotePath('/a'), source(), { signal })
      expect((await whole(readFile(session, remotePath('/a'), { signal }))).equals(Buffer.concat(pieces))).toBe(true)
    }),
  )
})

// promise: short-reads
test('a file that ends early is an error, and one without a size is read to its end', async () => {
  const early = await servedRig({ faults: [{ on: 'read', after: 1, act: status(1) }] })
  plant(early.there(), { a: counted(600_000) })
  await expect(whole(readFile(early.session, remotePath('/a'), { signal }))).rejects.toMatchObject({
    message: 'read /a: it ended after 261120 of 600000 bytes',
  })
})

// promise: niceties
test('a mode that was asked for and is refused is a failure', async () => {
  const { session, there } = await servedRig({ faults: [{ on: 'fsetstat', act: status(3) }] })
  plant(there(), { a: 'old' })
  await expect(writeFile(session, remotePath('/a'), Buffer.from('x'), { mode: 0o600, signal })).rejects.toMatchObject({
    code: 'permission_denied',
  })
  expect(readFileSync(there('a'), 'utf8')).toBe('old')
  const { events, listener } = remembered()
  await writeFile(session, remotePath('/a'), Buffer.from('x'), { listener, signal })
  expect(events).toContainEqual({ kind: 'warning', path: '/a', message: 'attributes not kept: permission denied' })
})

test('a source that is silent does not keep us when the user gives up or a WRITE fails', async () => {
  async function* silent(): AsyncGenerator<Uint8Array> {
    yield counted(300_000)
    await new Promise(() => undefined)
  }
  const controller = new AbortController()
  const reason = new FerryError('cancelled', 'interrupted')
  const rig = await servedRig()
  const writing = writeFile(rig.session, remotePath('/a'), silent(), {
    signal: controller.signal,
    listener: ({ kind }) => void (kind === 'moved' && controller.abort(reason)),
  })
  await expect(writing).rejects.toBe(reason)
  expect(namesIn(rig.there())).toEqual([])
  const full = await servedRig({ faults: [{ on: 'write', act: status(14) }] })
  await expect(writeFile(full.session, remotePath('/a'), silent(), { signal })).rejects.toMatchObject({
    code: 'no_space',
  })
  expect(namesIn(full.there())).toEqual([])
})

// promise: unknown-outcome
test('a lost answer to the last step is an unknown outcome', async () => {
  const { session, there } = await servedRig({ faults: [{ on: 'posix-rename@openssh.com', act: performed(destroy) }] })
  await expect(writeFile(session, remotePath('/a'), Buffer.from('x'), { signal })).rejects.toMatchObject({
    code: 'outcome_unknown',
    message: expect.stringMatching(/^write \/a: /),
  })
  expect(namesIn(there())).toEqual(['a'])
})

test('giving up a read does not wait for a server that no longer answers', async () => {
  const { session, there } = await servedRig({ faults: [{ on: 'read', act: drop }] })
  plant(there(), { a: 'x' })
  const controller = new AbortController()
  const reason = new FerryError('cancelled', 'interrupted')
  const reading = whole(readFile(session, remotePath('/a'), { signal: controller.signal }))
  controller.abort(reason)
  await expect(reading).rejects.toBe(reason)
})
