import { existsSync, readFileSync, truncateSync, writeFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { FerryError } from '../../src/errors/ferry-error.ts'
import { remotePath } from '../../src/model/remote-path.ts'
import { download } from '../../src/operations/download.ts'
import { upload } from '../../src/operations/upload.ts'
import {
  attributes,
  destroy,
  drop,
  endlessData,
  gate,
  meanwhile,
  shortRead,
  status,
} from '../support/sftp-server/acts.ts'
import type { Fault } from '../support/sftp-server/faults.ts'
import type { RequestName } from '../support/sftp-server/requests.ts'
import { counted, namesIn, outcomeOf, plant, servedRig, signal } from './rig.ts'

describe('a download', () => {
  async function fetched(faults: Fault[], size: number, limits = {}) {
    const rig = await servedRig({ faults, limits })
    plant(rig.there(), { a: counted(size) })
    plant(rig.here(), { a: 'old' })
    const outcome = await outcomeOf(download(rig.session, [remotePath('/a')], rig.here('a'), { signal }))
    return { ...rig, ...outcome, act: `download /a -> ${rig.here('a')}` }
  }

  // promise: short-reads
  test.each([1, 999, 4096, 100_000])('asks again for what reads of %i bytes leave out', async (most) => {
    const outcome = await fetched([{ on: 'read', act: shortRead(most) }], most === 1 ? 2_000 : 300_001)
    expect(outcome).toMatchObject({ summary: { files: 1 } })
    expect(readFileSync(outcome.here('a')).equals(counted(most === 1 ? 2_000 : 300_001))).toBe(true)
  })

  test('holds to small limits of the server', async () => {
    const outcome = await fetched([], 300_001, { read: 777, handles: 3 })
    expect(readFileSync(outcome.here('a')).equals(counted(300_001))).toBe(true)
    expect(Math.max(...outcome.pair.requests.map(({ length = 0 }) => length))).toBe(777)
  })

  test('puts together what comes out of order', async () => {
    const late = gate()
    const faults: Fault[] = [
      { on: 'read', times: 1, act: late.act },
      {
        on: 'read',
        after: 8,
        times: 1,
        act: ({ perform }) => {
          late.open()
          return perform()
        },
      },
    ]
    const outcome = await fetched(faults, 4_000_000)
    expect(readFileSync(outcome.here('a')).equals(counted(4_000_000))).toBe(true)
  })

  // promise: short-reads
  test('fails where the file ends before its size, and keeps the old one', async () => {
    const outcome = await fetched([{ on: 'read', after: 1, act: status(1) }], 1_000_000)
    expect(outcome.error).toMatchObject({
      code: 'operation_failed',
      message: `${outcome.act}: it ended after 261120 of 1000000 bytes, ${outcome.here('a')} is as it was`,
    })
    expect(namesIn(outcome.here())).toEqual(['a'])
    expect(readFileSync(outcome.here('a'), 'utf8')).toBe('old')
  })

  // promise: changing-source
  test('takes all of a file that grows while it is read', async () => {
    const rig = await servedRig({
      faults: [{ on: 'read', times: 1, act: meanwhile(() => writeFileSync(rig.there('a'), counted(2_000_000))) }],
    })
    plant(rig.there(), { a: counted(1_000_000) })
    await download(rig.session, [remotePath('/a')], rig.here('a'), { signal })
    expect(readFileSync(rig.here('a')).equals(counted(2_000_000))).toBe(true)
  })

  // promise: changing-source
  test('fails where a file shrinks while it is read', async () => {
    const rig = await servedRig({
      faults: [{ on: 'read', after: 2, times: 1, act: meanwhile(() => truncateSync(rig.there('a'), 1000)) }],
    })
    plant(rig.there(), { a: counted(1_000_000) })
    await expect(download(rig.session, [remotePath('/a')], rig.here('a'), { signal })).rejects.toMatchObject({
      code: 'operation_failed',
    })
    expect(existsSync(rig.here('a'))).toBe(false)
  })

  // promise: short-reads
  test('fails where a file gives more than it says that it has', async () => {
    const outcome = await fetched([{ on: 'read', times: 30, act: endlessData }], 100_000)
    expect(outcome.error).toMatchObject({
      code: 'operation_failed',
      message: expect.stringContaining('says that it has 100000'),
    })
  })

  // promise: no-size
  test('reads to the end what claims to have no size', async () => {
    const outcome = await fetched(
      [{ on: ['stat', 'fstat'], act: attributes(({ size: _, ...honest }) => ({ ...honest, size: 0n })) }],
      700_000,
    )
    expect(readFileSync(outcome.here('a')).equals(counted(700_000))).toBe(true)
  })

  test.each<RequestName>(['stat', 'open', 'fstat', 'read'])('that is cut at %s keeps the old file', async (on) => {
    const outcome = await fetched([{ on, act: destroy }], 1_000_000)
    expect(outcome.error).toMatchObject({ code: 'connection_lost' })
    expect(namesIn(outcome.here())).toEqual(['a'])
    expect(readFileSync(outcome.here('a'), 'utf8')).toBe('old')
  })

  test('names a local disk that is full', async () => {
    const { session, there } = await servedRig()
    plant(there(), { a: 'x' })
    await expect(download(session, [remotePath('/a')], '/dev/full', { atomic: false, signal })).rejects.toMatchObject({
      code: 'local_failed',
      message: 'download /a -> /dev/full: no space left on this machine, /dev/full is incomplete',
    })
  })
})

// promise: all-or-nothing
describe('giving up', () => {
  const cancelled = new FerryError('cancelled', 'interrupted')

  test('an upload removes its temporary file and rejects with the reason', async () => {
    const stuck = gate()
    const { session, here, there, pair } = await servedRig({ faults: [{ on: 'write', after: 3, act: stuck.act }] })
    plant(here(), { a: counted(9_000_000) })
    plant(there(), { a: 'old' })
    const controller = new AbortController()
    const uploading = upload(session, [here('a')], remotePath('/a'), { signal: controller.signal })
    await stuck.reached
    controller.abort(cancelled)
    stuck.open()
    await expect(uploading).rejects.toBe(cancelled)
    expect(namesIn(there())).toEqual(['a'])
    expect(readFileSync(there('a'), 'utf8')).toBe('old')
    expect(pair.openHandles()).toBe(0)
  })

  test('a download removes its temporary file and rejects with the reason', async () => {
    const stuck = gate()
    const { session, here, there } = await servedRig({ faults: [{ on: 'read', after: 3, act: stuck.act }] })
    plant(there(), { 'd/a': counted(9_000_000) })
    plant(here(), { 'd/a': 'old' })
    const controller = new AbortController()
    const downloading = download(session, [remotePath('/d')], here(), { signal: controller.signal })
    await stuck.reached
    controller.abort(cancelled)
    stuck.open()
    await expect(downloading).rejects.toBe(cancelled)
    expect(namesIn(here('d'))).toEqual(['a'])
    expect(readFileSync(here('d/a'), 'utf8')).toBe('old')
  })

  // promise: interrupt
  test('a server that no longer answers does not keep us, and what may be left is named', async () => {
    const { session, here } = await servedRig({ faults: [{ on: 'any', after: 6, act: drop }] })
    plant(here(), { a: counted(9_000_000) })
    const controller = new AbortController()
    const uploading = upload(session, [here('a')], remotePath('/a'), {
      listener: ({ kind }) => {
        if (kind === 'moved') controller.abort(cancelled)
      },
      signal: controller.signal,
    })
    await expect(uploading).rejects.toMatchObject({
      code: 'cancelled',
      details: { hint: expect.stringContaining('temporary files may be left on the server: /.a.ferry-') },
    })
  })
})
