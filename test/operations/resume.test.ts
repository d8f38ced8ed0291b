import { createHash } from 'node:crypto'
import {
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  truncateSync,
  unlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { FerryError } from '../../src/errors/ferry-error.ts'
import { remotePath } from '../../src/model/remote-path.ts'
import { download } from '../../src/operations/download.ts'
import { upload } from '../../src/operations/upload.ts'
import { localRange, mostAhead, provenLength, samplePlaces } from '../../src/transfer/resume.ts'
import { isTemporaryName, partName, temporaryName } from '../../src/transfer/temporary-name.ts'
import { answer, destroy, meanwhile, status } from '../support/sftp-server/acts.ts'
import { extensionVersions } from '../support/sftp-server/extension-requests.ts'
import type { Fault } from '../support/sftp-server/faults.ts'
import { string } from '../support/sftp-server/wire.ts'
import { counted, namesIn, outcomeOf, plant, type Rig, remembered, servedRig, signal } from './rig.ts'

const size = 12_000_000
const bytes = counted(size)
const cutAt = 40
const resume = { resume: true, signal } as const

/** A rig whose first session is cut in the middle of the file, and a second one over the same directories. */
async function interrupted(way: 'upload' | 'download', second: Fault[] = []) {
  const on = way === 'upload' ? 'write' : 'read'
  const rig = await servedRig({ faults: [{ on, after: cutAt, act: destroy }] })
  plant(way === 'upload' ? rig.here() : rig.there(), { big: bytes })
  plant(way === 'upload' ? rig.there('w') : rig.here('w'), { big: 'old' })
  const outcome = await outcomeOf(transfer(way, rig))
  const other = await servedRig({ faults: second, root: rig.there() })
  return { rig, outcome, again: { ...rig, pair: other.pair, session: other.session } }
}

const transfer = (way: 'upload' | 'download', rig: Rig, more = {}) =>
  way === 'upload'
    ? upload(rig.session, [rig.here('big')], remotePath('/w/big'), { ...resume, ...more })
    : download(rig.session, [remotePath('/big')], rig.here('w/big'), { ...resume, ...more })

const targetOf = (way: 'upload' | 'download', rig: Rig): string => (way === 'upload' ? rig.there('w') : rig.here('w'))
const partIn = (directory: string): string => {
  const part = readdirSync(directory).find(isTemporaryName)
  if (part === undefined) throw new Error('there is no part')
  return `${directory}/${part}`
}

describe.each(['upload', 'download'] as const)('an %s with --resume', (way) => {
  test('that is cut keeps its part, names it, and leaves the old file', async () => {
    const { rig, outcome } = await interrupted(way)
    const directory = targetOf(way, rig)
    expect(outcome.error).toMatchObject({
      code: 'connection_lost',
      details: { hint: expect.stringMatching(/^--resume goes on with .*\/w\/\.big\.ferry-[0-9a-f]{12}$/) },
    })
    expect(readFileSync(`${directory}/big`, 'utf8')).toBe('old')
    expect(statSync(partIn(directory)).size).toBeGreaterThan(mostAhead)
  })

  test('goes on with the part, moves less than the whole, and the file is right', async () => {
    const { rig, again } = await interrupted(way)
    const part = statSync(partIn(targetOf(way, rig))).size
    const { events, listener } = remembered()
    const { bytes: moved } = await transfer(way, again, { listener, verify: true })
    expect(moved).toBe(size - (part - mostAhead))
    expect(readFileSync(`${targetOf(way, rig)}/big`).equals(bytes)).toBe(true)
    expect(namesIn(targetOf(way, rig))).toEqual(['big'])
    expect(events.findLast(({ kind }) => kind === 'found')).toMatchObject({ files: 1, bytes: moved })
  })

  // promise: proved-resume
  test('fills a hole that a killed transfer left near the end of its part', async () => {
    const { rig, again } = await interrupted(way)
    const part = partIn(targetOf(way, rig))
    const holed = readFileSync(part)
    holed.fill(0, holed.length - mostAhead, holed.length - 1000)
    writeFileSync(part, holed)
    await transfer(way, again)
    expect(readFileSync(`${targetOf(way, rig)}/big`).equals(bytes)).toBe(true)
  })

  // promise: proved-resume
  test('begins anew where the part is not the beginning of the source', async () => {
    const { rig, again } = await interrupted(way)
    const part = partIn(targetOf(way, rig))
    const other = readFileSync(part)
    other[0] = 0xff
    writeFileSync(part, other)
    expect((await transfer(way, again)).bytes).toBe(size)
    expect(readFileSync(`${targetOf(way, rig)}/big`).equals(bytes)).toBe(true)
  })

  // promise: proved-resume
  test('begins anew where the source has another time, and never mixes two states of it', async () => {
    const { rig, again } = await interrupted(way)
    const source = way === 'upload' ? rig.here('big') : rig.there('big')
    const changed = Buffer.from(bytes).fill(7, 100, 200)
    writeFileSync(source, changed)
    utimesSync(source, 1_000_000_000, 1_000_000_000)
    expect((await transfer(way, again)).bytes).toBe(size)
    expect(readFileSync(`${targetOf(way, rig)}/big`).equals(changed)).toBe(true)
  })

  test('fails, and removes the part, where the source changes while it is resumed', async () => {
    const source = (rig: Rig): string => (way === 'upload' ? rig.here('big') : rig.there('big'))
    let change = (): void => undefined
    const on = way === 'upload' ? 'write' : 'read'
    const { rig, again } = await interrupted(way, [
      { on, after: way === 'upload' ? 5 : 34, times: 1, act: meanwhile(() => change()) },
    ])
    change = () => utimesSync(source(rig), 1_000_000_000, 1_000_000_000)
    await expect(transfer(way, again)).rejects.toMatchObject({
      code: 'operation_failed',
      message: expect.stringContaining('it has changed since it was resumed'),
    })
    expect(namesIn(targetOf(way, rig))).toEqual(['big'])
  })

  test('that is interrupted by its user names the part', async () => {
    const rig = await servedRig()
    plant(way === 'upload' ? rig.here() : rig.there(), { big: bytes })
    plant(targetOf(way, rig), { big: 'old' })
    const controller = new AbortController()
    const listener = ({ kind }: { kind: string }): void => {
      if (kind === 'moved') controller.abort(new FerryError('cancelled', 'interrupted'))
    }
    await expect(transfer(way, rig, { listener, signal: controller.signal })).rejects.toMatchObject({
      code: 'cancelled',
      details: { hint: expect.stringContaining('--resume goes on with ') },
    })
    expect(readFileSync(`${targetOf(way, rig)}/big`, 'utf8')).toBe('old')
  })

  test('is wrong usage where the final name is written at once', async () => {
    const rig = await servedRig()
    plant(way === 'upload' ? rig.here() : rig.there(), { big: 'x' })
    await expect(transfer(way, rig, { atomic: false })).rejects.toMatchObject({ code: 'usage' })
  })
})

test.each(['upload', 'download'] as const)(
  'an %s that is cut anywhere leaves the old file, and ends right',
  async (way) => {
    const content = counted(600_000)
    const limits = { read: 32_768, write: 32_768 }
    for (let after = 0; after < 20; after += 1) {
      const faults: Fault[] = [{ on: way === 'upload' ? 'write' : 'read', after, act: destroy }]
      const rig = await servedRig({ faults, limits })
      plant(way === 'upload' ? rig.here() : rig.there(), { big: content })
      plant(targetOf(way, rig), { big: 'old' })
      const { summary } = await outcomeOf(transfer(way, rig))
      const now = readFileSync(`${targetOf(way, rig)}/big`)
      expect(summary === undefined ? now.toString() : now.equals(content)).toBe(summary === undefined ? 'old' : true)
      const { session } = await servedRig({ root: rig.there(), limits })
      await transfer(way, { ...rig, session })
      expect(readFileSync(`${targetOf(way, rig)}/big`).equals(content)).toBe(true)
      expect(namesIn(targetOf(way, rig))).toEqual(['big'])
    }
  },
)

// promise: proved-resume
test('a server that cuts what is opened to be written makes an upload begin anew', async () => {
  const truncating: Fault = {
    on: 'open',
    path: /ferry/,
    act: meanwhile(({ paths: [path = ''] }) => truncateSync(`${root}${path}`, 0)),
  }
  let root = ''
  const { rig, again } = await interrupted('upload', [truncating])
  root = rig.there()
  expect((await transfer('upload', again)).bytes).toBe(size)
  expect(readFileSync(rig.there('w/big')).equals(bytes)).toBe(true)
})

// promise: inside-target
test('a download does not continue through a link that waits under the name of its part', async () => {
  const { rig, again } = await interrupted('download')
  const part = partIn(rig.here('w'))
  plant(rig.here(), { victim: 'v' })
  unlinkSync(part)
  symlinkSync('../victim', part)
  await expect(transfer('download', again)).rejects.toMatchObject({ code: 'local_failed' })
  expect(readFileSync(rig.here('victim'), 'utf8')).toBe('v')
})

test('a full disk keeps the part of an upload, and says so in its one message', async () => {
  const rig = await servedRig({ faults: [{ on: 'write', after: 30, act: status(14) }] })
  plant(rig.here(), { big: bytes })
  plant(rig.there('w'), { big: 'old' })
  await expect(transfer('upload', rig)).rejects.toMatchObject({
    code: 'no_space',
    message: expect.stringMatching(
      /no space left on the server, \/w\/big is as it was, \/w\/\.big\.ferry-\w+ is kept for --resume$/,
    ),
  })
})

describe('--verify', () => {
  test.each(['upload', 'download'] as const)(
    'fails a wrong %s with both hashes, and keeps the old file',
    async (way) => {
      const rig = await servedRig({
        faults: [
          way === 'upload'
            ? { on: 'close', path: /ferry/, times: 1, act: meanwhile(() => spoil(partIn(rig.there('w')))) }
            : { on: 'read', after: 1, times: 1, act: meanwhile(() => spoil(rig.there('big'))) },
        ],
      })
      plant(way === 'upload' ? rig.here() : rig.there(), { big: counted(1000) })
      plant(targetOf(way, rig), { big: 'old' })
      await expect(transfer(way, rig, { resume: false, verify: true })).rejects.toMatchObject({
        code: 'operation_failed',
        message: expect.stringMatching(
          /the copies differ: SHA-256 [0-9a-f]{64} on this machine, [0-9a-f]{64} on the server, .*big is as it was$/,
        ),
      })
      expect(namesIn(targetOf(way, rig))).toEqual(['big'])
      expect(readFileSync(`${targetOf(way, rig)}/big`, 'utf8')).toBe('old')
    },
  )

  test.each([
    ['sha256', []],
    ['sha256, after the name of the extension', ['check-file']],
  ])('takes the hash of a server that tells one (%s), and reads nothing back', async (_how, before) => {
    const sum = createHash('sha256').update(counted(300_000)).digest()
    const payload = Buffer.concat([...before, 'sha256'].map(string).concat(sum))
    const hashes: Fault = { on: 'unknown', times: 1, act: answer({ type: 'extendedReply', payload }) }
    const wrong: Fault = {
      on: 'unknown',
      act: answer({ type: 'extendedReply', payload: Buffer.concat([string('sha256'), Buffer.alloc(32)]) }),
    }
    const rig = await servedRig({ faults: [hashes, wrong], extensions: { ...extensionVersions, 'check-file': '1' } })
    plant(rig.here(), { a: counted(300_000), b: counted(300_000) })
    await upload(rig.session, [rig.here('a')], remotePath('/a'), { verify: true, signal })
    await expect(
      upload(rig.session, [rig.here('b')], remotePath('/b'), { verify: true, signal }),
    ).rejects.toMatchObject({
      message: expect.stringContaining(
        `SHA-256 ${sum.toString('hex')} on this machine, ${'0'.repeat(64)} on the server`,
      ),
    })
    expect(rig.pair.requests.filter(({ name }) => name === 'read')).toEqual([])
    expect(namesIn(rig.there())).toEqual(['a'])
  })

  test('passes what is right, empty files too', async () => {
    const rig = await servedRig()
    plant(rig.here(), { 'd/a': counted(300_000), 'd/empty': '' })
    await upload(rig.session, [rig.here('d')], remotePath('/d'), { verify: true, signal })
    await download(rig.session, [remotePath('/d')], rig.here('back'), { verify: true, signal })
    expect(namesIn(rig.here('back'))).toEqual(['a', 'empty'])
  })
})

function spoil(path: string): void {
  const content = readFileSync(path)
  content[10] = (content[10] ?? 0) + 1
  writeFileSync(path, content)
}

describe('the proof of a part', () => {
  test('samples lie within the part, cover a small one, and reach both ends', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1 << 30 }), (length) => {
        const places = samplePlaces(length)
        expect(places[0]?.offset).toBe(0)
        const last = places.at(-1)
        expect((last?.offset ?? 0) + (last?.length ?? 0)).toBe(length)
        if (length <= 1 << 20) {
          let covered = 0
          for (const { offset, length: some } of places) {
            expect(offset).toBeLessThanOrEqual(covered)
            covered = Math.max(covered, offset + some)
          }
          expect(covered).toBe(length)
        }
      }),
    )
  })

  test('what is proven of a part is the beginning of its source, whatever both hold', async () => {
    const range =
      (bytes: Buffer) =>
      async (offset: number, length: number): Promise<Buffer> =>
        bytes.subarray(offset, offset + length)
    await fc.assert(
      fc.asyncProperty(fc.nat(300_000), fc.nat(300_000), fc.nat(400_000), async (sourceSize, partSize, wrongAt) => {
        const source = Buffer.from(counted(sourceSize))
        const part = Buffer.concat([source, Buffer.alloc(300_000)]).subarray(0, partSize)
        if (wrongAt < part.length) part[wrongAt] = (part[wrongAt] ?? 0) + 1
        // Below the size at which samples leave gaps, so that no difference can hide between them.
        const size = partSize + mostAhead
        const proven = await provenLength(range(part), size, range(source), sourceSize + mostAhead)
        expect(proven).toBeLessThanOrEqual(partSize)
        if (proven > 0) expect(part.subarray(0, proven).equals(source.subarray(0, proven))).toBe(true)
      }),
    )
  })

  test('a part that is longer than its source proves nothing', async () => {
    const range = async (_offset: number, length: number): Promise<Buffer> => Buffer.alloc(length)
    expect(await provenLength(range, mostAhead + 20, range, mostAhead + 10)).toBe(0)
    expect(await provenLength(range, mostAhead + 20, range, mostAhead + 20)).toBe(20)
    expect(await provenLength(range, mostAhead, range, mostAhead * 2)).toBe(0)
  })

  test('reading a closed local file is a local failure', async () => {
    await expect(localRange(987_654)(0, 1)).rejects.toMatchObject({ code: 'local_failed' })
  })
})

test('the name of a part tells sources apart, and is one of ferry as any other temporary name', () => {
  expect(partName('/w/a', 'x')).toBe(partName('/w/a', 'x'))
  expect(partName('/w/a', 'x')).not.toBe(partName('/w/a', 'y'))
  for (const path of [partName('/w/a', 'x'), temporaryName('/w/a')]) expect(isTemporaryName(path.slice(3))).toBe(true)
  expect(isTemporaryName('.a.ferry-0123')).toBe(false)
})
