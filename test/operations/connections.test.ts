import { readFileSync } from 'node:fs'
import { describe, expect, onTestFinished, test } from 'vitest'
import { FerryError } from '../../src/errors/ferry-error.ts'
import { remotePath } from '../../src/model/remote-path.ts'
import { download } from '../../src/operations/download.ts'
import { upload } from '../../src/operations/upload.ts'
import { openSession } from '../../src/sftp/open-session.ts'
import type { SftpSession } from '../../src/sftp/session.ts'
import { destroy, gate, later, meanwhile } from '../support/sftp-server/acts.ts'
import type { Fault } from '../support/sftp-server/faults.ts'
import { type ServedPair, servePair } from '../support/sftp-server/serve-pair.ts'
import { counted, namesIn, plant, servedRig, signal } from './rig.ts'

const sizeBytes = 6 << 20
const content = counted(sizeBytes)

/** Moves one file; the first connection answers nothing of it until another one was asked for a piece, unless that never comes. */
async function moved(
  direction: 'read' | 'write',
  { connections, faults = [], refused = false }: { connections?: number; faults?: Fault[]; refused?: boolean },
) {
  const held = gate()
  const rig = await servedRig(
    refused || connections === undefined ? {} : { faults: [{ on: direction, act: held.act }] },
  )
  const others: ServedPair[] = []
  const notes: string[] = []
  const open = async (): Promise<SftpSession> => {
    if (refused) throw new FerryError('connect_failed', 'too many connections')
    const signs: Fault = { on: direction, times: 1, act: meanwhile(() => held.open()) }
    const pair = servePair({ root: rig.there(), faults: [signs, ...faults] })
    others.push(pair)
    const session = await openSession(pair.channel, { timeoutMs: 30_000, signal })
    onTestFinished(() => session[Symbol.asyncDispose]())
    return session
  }
  const more = { connection: open, note: (text: string) => void notes.push(text) }
  const options = { signal, more, ...(connections !== undefined && { connections }) }
  plant(direction === 'read' ? rig.there() : rig.here(), { a: content })
  const summary =
    direction === 'read'
      ? await download(rig.session, [remotePath('/a')], rig.here('b'), options)
      : await upload(rig.session, [rig.here('a')], remotePath('/b'), options)
  const place = direction === 'read' ? rig.here() : rig.there()
  const pieces = others.map(({ requests }) => requests.filter(({ name }) => name === direction).length)
  return { summary, notes, others, pieces, names: namesIn(place), copy: readFileSync(`${place}/b`) }
}

describe.each(['read', 'write'] as const)('a large file to %s', (direction) => {
  test('is spread over as many connections as were asked for, and is whole', async () => {
    const { copy, pieces, names, others, summary } = await moved(direction, { connections: 3 })
    expect(copy.equals(content)).toBe(true)
    expect(pieces).toHaveLength(2)
    expect(Math.max(...pieces)).toBeGreaterThan(0)
    expect(names.filter((name) => name.startsWith('.'))).toEqual([])
    expect(summary).toMatchObject({ files: 1, bytes: sizeBytes, failures: [] })
    await Promise.all(others.map(({ closed }) => closed))
  })

  test('is whole where a further connection is lost on the way', async () => {
    const { copy } = await moved(direction, { connections: 2, faults: [{ on: direction, after: 1, act: destroy }] })
    expect(copy.equals(content)).toBe(true)
  })

  test('goes over one connection where the server refuses more, which a note tells', async () => {
    const { copy, notes } = await moved(direction, { connections: 2, refused: true })
    expect(copy.equals(content)).toBe(true)
    expect(notes).toEqual(['another connection could not be used: too many connections'])
  })

  test('opens no further connection where the line is short and no number was asked for', async () => {
    const { others, copy } = await moved(direction, {})
    expect(others).toEqual([])
    expect(copy.equals(content)).toBe(true)
  })
})

describe('a file to write over a long line', () => {
  const line: Fault = { on: 'any', act: later(60) }

  test('is spread over channels of the one connection, each with as much to do as the server takes at once', async () => {
    const held = gate()
    const rig = await servedRig({ faults: [{ on: 'write', act: held.act }, line] })
    const pairs: ServedPair[] = []
    const channel = async (): Promise<SftpSession> => {
      const pair = servePair({ root: rig.there(), faults: [{ on: 'write', act: meanwhile(() => held.open()) }] })
      pairs.push(pair)
      return openSession(pair.channel, { timeoutMs: 30_000, signal, like: rig.session })
    }
    const connection = async (): Promise<SftpSession> => expect.unreachable('nobody logs in again')
    plant(rig.here(), { a: content })
    const more = { connection, channel, note: () => undefined }
    await upload(rig.session, [rig.here('a')], remotePath('/b'), { signal, more })
    expect(readFileSync(rig.there('b')).equals(content)).toBe(true)
    expect(pairs).toHaveLength(2)
    await Promise.all(pairs.map(({ closed }) => closed))
  })

  test('goes over the one channel where the server has no more, which a note tells', async () => {
    const rig = await servedRig({ faults: [line] })
    plant(rig.here(), { a: content })
    const refuse = async (): Promise<SftpSession> =>
      Promise.reject(new FerryError('connect_failed', 'no more sessions'))
    const notes: string[] = []
    const more = { connection: refuse, channel: refuse, note: (text: string) => void notes.push(text) }
    await upload(rig.session, [rig.here('a')], remotePath('/b'), { signal, more })
    expect(readFileSync(rig.there('b')).equals(content)).toBe(true)
    expect(notes).toEqual(Array(2).fill('another channel could not be used: no more sessions'))
  })
})

test('over a long line more small files are in flight than over a short one', async () => {
  const held = gate()
  const hundredth: Fault = { on: 'open', after: 99, act: meanwhile(() => held.open()) }
  const rig = await servedRig({ faults: [{ on: 'write', act: held.act }, hundredth, { on: 'any', act: later(20) }] })
  plant(rig.here(), Object.fromEntries(Array.from({ length: 120 }, (_, index) => [`tree/${index}`, `${index}`])))
  const summary = await upload(rig.session, [rig.here('tree')], remotePath('/tree'), { signal })
  expect(summary).toMatchObject({ files: 120, failures: [] })
})

test('a file whose name another one has taken meanwhile is read over the first connection alone', async () => {
  const rig = await servedRig()
  const elsewhere = await servedRig()
  plant(rig.there(), { a: content })
  plant(elsewhere.there(), { a: counted(1024) })
  const notes: string[] = []
  const more = { connection: async () => elsewhere.session, note: (text: string) => void notes.push(text) }
  await download(rig.session, [remotePath('/a')], rig.here('b'), { signal, connections: 2, more })
  expect(readFileSync(rig.here('b')).equals(content)).toBe(true)
  expect(elsewhere.pair.requests.some(({ name }) => name === 'read')).toBe(false)
})
