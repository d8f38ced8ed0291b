import { setImmediate } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { FerryError } from '../../src/errors/ferry-error.ts'
import { ConnectionPool } from '../../src/web/connection-pool.ts'
import { Slots } from '../../src/web/slots.ts'

/** A pool of things that say when they are closed. */
function rig() {
  const opened: string[] = []
  const closed: string[] = []
  const clock = { now: new Date('2026-11-24T08:00:00Z') }
  const pool = new ConnectionPool({
    open: async (name) => {
      if (name === 'broken') throw new FerryError('connect_failed', 'refused')
      opened.push(name)
      return {
        async close() {
          closed.push(name)
        },
      }
    },
    now: () => clock.now,
    signal: new AbortController().signal,
  })
  return { pool, opened, closed, clock }
}

test('a connection serves again until the state changes, or it is discarded', async () => {
  const { pool, opened, closed } = rig()
  for (const version of [1, 1, 2]) using(await pool.lease('bank', version))
  expect(opened).toEqual(['bank', 'bank'])
  const lease = await pool.lease('bank', 2)
  expect(lease.isOld).toBe(true)
  lease.discard()
  using(lease)
  using(await pool.lease('bank', 2))
  await pool[Symbol.asyncDispose]()
  expect([opened.length, closed.length]).toEqual([3, 3])
})

// promise: web-transfers
test('a connection that somebody uses is closed by the last of them, though others open a new one', async () => {
  const { pool, opened, closed } = rig()
  const [first, second] = [await pool.lease('bank', 1), await pool.lease('bank', 1)]
  const later = await pool.lease('bank', 2)
  expect([opened, closed]).toEqual([['bank', 'bank'], []])
  using(first)
  await settled()
  expect(closed).toEqual([])
  using(second)
  await settled()
  expect(closed).toEqual(['bank'])
  later.discard()
  await settled()
  expect(closed).toEqual(['bank'])
  using(later)
  await pool[Symbol.asyncDispose]()
  expect(closed).toEqual(['bank', 'bank'])
})

test('connections that are used up but in use count as open, and the end closes them', async () => {
  const { pool, closed } = rig()
  for (const version of [1, 2, 3, 4]) await pool.lease('bank', version)
  await expect(pool.lease('other', 4)).rejects.toMatchObject({ code: 'connect_failed' })
  await pool[Symbol.asyncDispose]()
  expect(closed).toEqual(Array(4).fill('bank'))
})

test('a fifth connection ends the one that is idle longest, and is refused where all are in use', async () => {
  const { pool, closed, clock } = rig()
  const leases = []
  for (const name of ['a', 'b', 'c', 'd']) leases.push(await pool.lease(name, 1))
  await expect(pool.lease('e', 1)).rejects.toMatchObject({ code: 'connect_failed' })
  for (const lease of leases.reverse()) {
    clock.now = new Date(clock.now.getTime() + 1000)
    using(lease)
  }
  using(await pool.lease('e', 1))
  expect(closed).toEqual(['d'])
  await pool[Symbol.asyncDispose]()
  expect(closed.sort()).toEqual(['a', 'b', 'c', 'd', 'e'])
})

test('what nobody uses for a minute is closed; what is in use stays', async () => {
  const { pool, closed, clock } = rig()
  using(await pool.lease('idle', 1))
  const kept = await pool.lease('kept', 1)
  clock.now = new Date('2026-11-24T08:01:00Z')
  pool.sweep()
  await pool.lease('other', 1)
  expect(closed).toEqual(['idle'])
  using(kept)
  await pool[Symbol.asyncDispose]()
})

test('a connection that could not be opened is tried anew', async () => {
  const { pool } = rig()
  for (let tries = 0; tries < 6; tries += 1) {
    await expect(pool.lease('broken', 1)).rejects.toMatchObject({ code: 'connect_failed' })
  }
})

test('slots are given in turn, and one who gave up takes none', async () => {
  const slots = new Slots(1)
  const signal = new AbortController().signal
  const first = await slots.take(signal)
  const impatient = new AbortController()
  const gaveUp = slots.take(impatient.signal)
  const next = slots.take(signal)
  impatient.abort(new FerryError('cancelled', 'stopped'))
  await expect(gaveUp).rejects.toMatchObject({ code: 'cancelled' })
  using(first)
  using(await next)
  using(await slots.take(signal))
})

/** Whatever was to be closed is closed. */
const settled = (): Promise<void> => setImmediate()

const using = (held: Disposable): void => held[Symbol.dispose]()
