import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { SftpSession } from '../../src/sftp/session.ts'
import { TransferWindow } from '../../src/transfer/transfer-window.ts'
import { servedRig } from '../operations/rig.ts'
import { later } from '../support/sftp-server/acts.ts'

/** A session as limited as this one, with another round trip. */
const answeringIn = (roundTripMs: number, session: SftpSession): SftpSession =>
  Object.create(session, { roundTripMs: { value: roundTripMs } })

test('requests are as large as the server allows and the user wants', async () => {
  const { session: large } = await servedRig({ limits: { read: 0, write: 261_120 } })
  const { session: small } = await servedRig({ limits: { read: 1000, write: 500 } })
  expect(new TransferWindow(large, 'read', {})).toMatchObject({ chunk: 261_120, widest: 16 })
  expect(new TransferWindow(answeringIn(3, large), 'write', {})).toMatchObject({ chunk: 261_120, widest: 8 })
  expect(new TransferWindow(large, 'read', { bufferSize: 32_768, requests: 64 })).toMatchObject({
    chunk: 32_768,
    widest: 64,
  })
  expect(new TransferWindow(large, 'read', { bufferSize: 1 << 20 }).chunk).toBe(261_120)
  expect(new TransferWindow(small, 'read', {}).chunk).toBe(1000)
  expect(new TransferWindow(small, 'write', { bufferSize: 2000 }).chunk).toBe(500)
  expect(new TransferWindow(small, 'write', { bufferSize: 1 }).widest).toBe(512)
})

test('nearby fewer writes are under way', async () => {
  const { session } = await servedRig()
  expect(new TransferWindow(answeringIn(1, session), 'write', {}).widest).toBe(4)
  expect(new TransferWindow(answeringIn(2, session), 'write', {}).widest).toBe(8)
  expect(new TransferWindow(answeringIn(1, session), 'read', {}).widest).toBe(16)
  expect(new TransferWindow(answeringIn(1, session), 'write', { requests: 9 }).widest).toBe(9)
})

/** Takes full requests until one has to wait, and gives all of them back; the one that waited as well. */
async function round(window: TransferWindow): Promise<number> {
  let taken = 0
  let waiting: Promise<void> | undefined
  while (waiting === undefined) {
    waiting = window.take(window.chunk)
    taken += 1
  }
  for (let given = 0; given < taken; given += 1) window.give(window.chunk)
  await waiting
  return taken - 1
}

test('on a long line it grows while it is through in about a round trip, and has its bound', async () => {
  const { session } = await servedRig({ faults: [{ on: 'any', act: later(500) }] })
  expect(session.roundTripMs).toBeGreaterThan(400)
  const reads = new TransferWindow(session, 'read', {})
  const writes = new TransferWindow(session, 'write', {})
  const rounds = async (window: TransferWindow) => [await round(window), await round(window), await round(window)]
  expect(await rounds(reads)).toEqual([16, 32, 64])
  expect(await rounds(writes)).toEqual([8, 16, 16])
  expect(await rounds(reads)).toEqual([64, 64, 64])
  const asked = new TransferWindow(session, 'read', { requests: 4 })
  expect(await rounds(asked)).toEqual([4, 4, 4])
})

test('on a short line it stays as it is', async () => {
  const { session } = await servedRig()
  const window = new TransferWindow(session, 'read', {})
  const fill = (): void => {
    while (window.take(window.chunk) === undefined);
  }
  fill()
  await new Promise((resolve) => setTimeout(resolve, 3 * (session.roundTripMs ?? 0) + 1))
  for (let given = 0; given < 17; given += 1) window.give(window.chunk)
  expect(window.widest).toBe(16)
})

test('what is under way never exceeds the window, everybody gets a turn, and in the order of asking', async () => {
  const { session } = await servedRig()
  await fc.assert(
    fc.asyncProperty(fc.array(fc.integer({ min: 1, max: 30 }), { minLength: 1, maxLength: 40 }), async (sizes) => {
      const window = new TransferWindow(session, 'read', { bufferSize: 10, requests: 4 })
      const granted: number[] = []
      let bytes = 0
      let requests = 0
      const turns = sizes.map(async (size, index) => {
        await window.take(size)
        granted.push(index)
        bytes += size
        requests += 1
        expect(requests).toBeLessThanOrEqual(4)
        expect(bytes <= 40 || requests === 1).toBe(true)
        await Promise.resolve()
        bytes -= size
        requests -= 1
        window.give(size)
      })
      await Promise.all(turns)
      expect(granted).toEqual(sizes.map((_, index) => index))
    }),
  )
})
