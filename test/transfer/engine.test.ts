import { closeSync, fstatSync, openSync, readFileSync, writeFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, onTestFinished, test } from 'vitest'
import { FerryError } from '../../src/errors/ferry-error.ts'
import { fetchFile } from '../../src/transfer/fetch-file.ts'
import { readDirectory } from '../../src/transfer/read-directory.ts'
import { sendFile } from '../../src/transfer/send-file.ts'
import { counted, overBoth, plant, servedRig, signal } from '../operations/rig.ts'
import { endlessListing, gate, listing, shortRead, status } from '../support/sftp-server/acts.ts'
import { statusAnswer } from '../support/sftp-server/answers.ts'

function opened(path: string, flags: string): number {
  const fd = openSync(path, flags)
  onTestFinished(() => closeSync(fd))
  return fd
}

overBoth('the engines', (open) => {
  test.each([0, 1, 4096, 261_120, 261_121, 2_500_000])(
    '%i bytes go there and come back, with a hint, a wrong one and none',
    async (size) => {
      const { session, remote, there, here } = await open()
      plant(here(), { a: counted(size) })
      for (const hint of [{}, { size }, { size: size * 2 + 1 }, { size: Math.floor(size / 2) }]) {
        const written = await session.open(remote('a'), { write: true, create: true, truncate: true })
        expect(await sendFile(session, written, opened(here('a'), 'r'), { ...hint, signal })).toBe(size)
        await session.close(written)
        expect(readFileSync(there('a')).equals(counted(size))).toBe(true)
        const read = await session.open(remote('a'), { read: true })
        const moved: number[] = []
        const onBytes = (count: number): void => void moved.push(count)
        expect(await fetchFile(session, read, opened(here('back'), 'w+'), { ...hint, onBytes, signal })).toBe(size)
        await session.close(read)
        expect(readFileSync(here('back')).equals(counted(size))).toBe(true)
        expect(moved.reduce((sum, count) => sum + count, 0)).toBe(size)
      }
    },
  )

  test('an offset is the same on both sides', async () => {
    const { session, remote, there, here } = await open()
    plant(here(), { a: counted(1_000_000), back: counted(300_000) })
    plant(there(), { a: counted(400_000) })
    const handle = await session.open(remote('a'), { read: true, write: true })
    const sent = await sendFile(session, handle, opened(here('a'), 'r'), { offset: 400_000, size: 1_000_000, signal })
    expect(sent).toBe(600_000)
    expect(readFileSync(there('a')).equals(counted(1_000_000))).toBe(true)
    const fetched = await fetchFile(session, handle, opened(here('back'), 'r+'), {
      offset: 300_000,
      size: 1_000_000,
      signal,
    })
    expect(fetched).toBe(700_000)
    expect(readFileSync(here('back')).equals(counted(1_000_000))).toBe(true)
    await session.close(handle)
  })
})

test('any size, hint and limits give the whole file', async () => {
  const { session, there, here } = await servedRig({
    limits: { read: 50, write: 40 },
    faults: [{ on: 'read', act: shortRead(33) }],
  })
  const [fd, back] = [opened(here('a'), 'w+'), opened(here('back'), 'w+')]
  await fc.assert(
    fc.asyncProperty(
      fc.uint8Array({ maxLength: 400 }),
      fc.record(
        { size: fc.nat(500), bufferSize: fc.integer({ min: 1, max: 60 }), requests: fc.integer({ min: 1, max: 9 }) },
        { requiredKeys: [] },
      ),
      async (content, options) => {
        writeFileSync(here('a'), content)
        writeFileSync(here('back'), '')
        const handle = await session.open('/a', { read: true, write: true, create: true, truncate: true })
        expect(await sendFile(session, handle, fd, { ...options, signal })).toBe(content.length)
        expect([...readFileSync(there('a'))]).toEqual([...content])
        expect(await fetchFile(session, handle, back, { ...options, signal })).toBe(content.length)
        expect([...readFileSync(here('back'))]).toEqual([...content])
        await session.close(handle)
      },
    ),
  )
})

describe('an engine that fails', () => {
  test('leaves a beginning without a hole in the local file, and nothing in flight', async () => {
    const late = gate(() => statusAnswer(3))
    const { session, there, here } = await servedRig({
      faults: [
        { on: 'read', after: 2, times: 1, act: late.act },
        {
          on: 'read',
          after: 5,
          act: ({ perform }) => {
            late.open()
            return perform()
          },
        },
      ],
    })
    plant(there(), { a: counted(4_000_000) })
    const handle = await session.open('/a', { read: true })
    const fd = opened(here('a'), 'w+')
    await expect(fetchFile(session, handle, fd, { size: 4_000_000, signal })).rejects.toMatchObject({
      code: 'permission_denied',
    })
    expect(fstatSync(fd).size).toBe(2 * 261_120)
    expect(readFileSync(here('a')).equals(counted(4_000_000).subarray(0, 2 * 261_120))).toBe(true)
  })

  test('leaves a beginning without a hole in the remote file', async () => {
    const { session, there, here } = await servedRig({ faults: [{ on: 'write', after: 2, times: 1, act: status(3) }] })
    plant(here(), { a: counted(4_000_000) })
    const handle = await session.open('/a', { write: true, create: true })
    await expect(sendFile(session, handle, opened(here('a'), 'r'), { size: 4_000_000, signal })).rejects.toMatchObject({
      code: 'permission_denied',
    })
    expect(readFileSync(there('a')).equals(counted(4_000_000).subarray(0, 2 * 261_120))).toBe(true)
  })

  test('says what is wrong with the local file', async () => {
    const { session, there } = await servedRig()
    plant(there(), { a: 'x' })
    const handle = await session.open('/a', { read: true, write: true })
    await expect(fetchFile(session, handle, opened('/dev/full', 'w'), { signal })).rejects.toMatchObject({
      code: 'local_failed',
    })
    await expect(sendFile(session, handle, opened(there(), 'r'), { signal })).rejects.toMatchObject({
      code: 'local_failed',
    })
  })
})

test('aborting stops both engines with the reason', async () => {
  const { session, there, here } = await servedRig()
  plant(there(), { a: counted(8_000_000) })
  plant(here(), { a: counted(8_000_000) })
  for (const direction of ['read', 'write'] as const) {
    const controller = new AbortController()
    const reason = new FerryError('cancelled', 'interrupted')
    const handle = await session.open('/a', { [direction]: true })
    const fd = opened(here(direction === 'read' ? 'b' : 'a'), direction === 'read' ? 'w+' : 'r')
    const engine = direction === 'read' ? fetchFile : sendFile
    const moving = engine(session, handle, fd, {
      size: 8_000_000,
      signal: controller.signal,
      onBytes: () => controller.abort(reason),
    })
    await expect(moving).rejects.toBe(reason)
  }
})

describe('readDirectory', () => {
  test('asks ahead in a directory that does not end soon, and gives every name once', async () => {
    const { session, there, pair } = await servedRig({ batch: 10 })
    for (let n = 0; n < 333; n += 1) plant(there(), { [`d/${n}`]: '' })
    const names: string[] = []
    for await (const { name } of readDirectory(session, '/d', { signal })) names.push(name)
    expect(names.sort()).toEqual(Array.from({ length: 333 }, (_, n) => `${n}`).sort())
    expect(pair.openHandles()).toBe(0)
  })

  test('gives suspect names as they are, and leaves out . and ..', async () => {
    const { session } = await servedRig({
      faults: [{ on: 'readdir', times: 1, act: listing('.', '..', '', 'a/b', '...') }],
    })
    const names: string[] = []
    for await (const { name } of readDirectory(session, '/', { signal })) names.push(name)
    expect(names).toEqual(['', 'a/b', '...'])
  })

  // promise: endless-listing
  test('a listing of ever new names is an error once there are too many', async () => {
    const { session } = await servedRig({
      faults: [{ on: 'readdir', act: endlessListing((index) => ({ name: `name-${index}` })) }],
    })
    const seen: string[] = []
    const reading = (async () => {
      for await (const { name } of readDirectory(session, '/', { signal, most: 250 })) seen.push(name)
    })()
    await expect(reading).rejects.toMatchObject({
      code: 'protocol_error',
      message: 'read directory /: more than 250 names, and no end',
    })
    expect(seen.length).toBe(200)
  })

  // promise: endless-listing
  test('a listing of nothing, for ever, is an error', async () => {
    const { session } = await servedRig({ faults: [{ on: 'readdir', act: listing() }] })
    const reading = (async () => {
      for await (const _entry of readDirectory(session, '/', { signal })) break
    })()
    await expect(reading).rejects.toMatchObject({ code: 'protocol_error' })
  })

  test('a batch that is refused rejects after the entries before it', async () => {
    const { session, there } = await servedRig({ batch: 10, faults: [{ on: 'readdir', after: 2, act: status(3) }] })
    for (let n = 0; n < 50; n += 1) plant(there(), { [`d/${n}`]: '' })
    const names: string[] = []
    const reading = (async () => {
      for await (const { name } of readDirectory(session, '/d', { signal })) names.push(name)
    })()
    await expect(reading).rejects.toMatchObject({ code: 'permission_denied' })
    expect(names).toHaveLength(18)
  })
})
