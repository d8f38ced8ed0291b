import { once } from 'node:events'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { FerryError } from '../../src/errors/ferry-error.ts'
import { durationMs } from '../../src/model/duration.ts'
import { Deadline } from '../../src/ssh/deadline.ts'

const never = new AbortController().signal

test('ends with timed_out, what was under way, and the bound', async () => {
  using deadline = new Deadline(20, never)
  deadline.doing = 'could not connect: no answer'
  await once(deadline.signal, 'abort')
  expect(deadline.signal.reason).toMatchObject({
    code: 'timed_out',
    message: 'could not connect: no answer within 20ms',
  })
})

test('many over one signal are no leak to Node', async () => {
  const warnings: Error[] = []
  const onWarning = (warning: Error): void => void warnings.push(warning)
  process.on('warning', onWarning)
  const { signal } = new AbortController()
  const deadlines = Array.from({ length: 12 }, () => new Deadline(60_000, signal))
  await nextTurn()
  process.off('warning', onWarning)
  for (const deadline of deadlines) deadline[Symbol.dispose]()
  expect(warnings).toEqual([])
})

test('a cap that is narrower counts from when it was set', async () => {
  using deadline = new Deadline(60_000, never)
  deadline.cap(15)
  await once(deadline.signal, 'abort')
  expect(deadline.signal.reason).toMatchObject({ message: ' within 15ms' })
})

test('a cap that is wider changes nothing', async () => {
  using deadline = new Deadline(15, never)
  deadline.cap(60_000)
  await once(deadline.signal, 'abort')
  expect(deadline.signal.reason).toMatchObject({ message: ' within 15ms' })
})

test('of more than a timer can wait does not end at once', async () => {
  using deadline = new Deadline(durationMs('30d') ?? 0, never)
  using other = new Deadline(10, never)
  await once(other.signal, 'abort')
  expect(deadline.signal.aborted).toBe(false)
})

test('a cap that was taken away does not end it, nor does 0', async () => {
  using deadline = new Deadline(0, never)
  deadline.cap(1)
  deadline.cap(0)
  using other = new Deadline(10, never)
  await once(other.signal, 'abort')
  expect(deadline.signal.aborted).toBe(false)
})

test('time that it stands still is not counted', async () => {
  using deadline = new Deadline(30, never)
  await deadline.paused(async () => {
    using other = new Deadline(60, never)
    await once(other.signal, 'abort')
  })
  expect(deadline.signal.aborted).toBe(false)
  await once(deadline.signal, 'abort')
})

test('hands on the outer reason, also one that is there already', () => {
  const outer = new AbortController()
  using deadline = new Deadline(0, outer.signal)
  const reason = new FerryError('cancelled', 'interrupted')
  outer.abort(reason)
  expect(deadline.signal.reason).toBe(reason)
  using late = new Deadline(0, outer.signal)
  expect(late.signal.reason).toBe(reason)
})

test('once disposed of, it never ends', async () => {
  const deadline = new Deadline(5, never)
  deadline[Symbol.dispose]()
  using other = new Deadline(20, never)
  await once(other.signal, 'abort')
  expect(deadline.signal.aborted).toBe(false)
})
