import { describe, expect, test } from 'vitest'
import { FerryError } from '../../src/errors/ferry-error.ts'
import { TransferQueue } from '../../src/transfer/transfer-queue.ts'

interface Held {
  readonly promise: Promise<void>
  release(): void
  fail(error: unknown): void
}

function held(): Held {
  let release = (): void => undefined
  let fail = (_error: unknown): void => undefined
  const promise = new Promise<void>((resolve, reject) => {
    release = resolve
    fail = reject
  })
  return { promise, release: () => release(), fail: (error) => fail(error) }
}

const signal = new AbortController().signal
const queue = (files: number, directories = 2, over: AbortSignal = signal) =>
  new TransferQueue({ files, directories, signal: over })

/** Lets everything run that is ready to. */
const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

describe('a queue', () => {
  test('runs so many files at once and the next as soon as there is room', async () => {
    const jobs = Array.from({ length: 5 }, held)
    const begun: number[] = []
    const work = queue(2)
    const feeding = (async () => {
      for (const [index, job] of jobs.entries()) {
        await work.file(async () => {
          begun.push(index)
          await job.promise
        })
      }
    })()
    await settled()
    expect(begun).toEqual([0, 1])
    jobs[1]?.release()
    await settled()
    expect(begun).toEqual([0, 1, 2])
    for (const job of jobs) job.release()
    await feeding
    await work.finished()
    expect(begun).toEqual([0, 1, 2, 3, 4])
  })

  test('walks the newest directories first, so many at once', async () => {
    const order: string[] = []
    const work = queue(1, 1)
    const visit = (name: string, below: string[]) => async () => {
      order.push(name)
      for (const one of below) work.directory(visit(one, []))
    }
    work.directory(visit('a', ['a1', 'a2']))
    work.directory(visit('b', ['b1']))
    await work.finished()
    expect(order).toEqual(['a', 'b', 'b1', 'a2', 'a1'])
  })

  test('can be given more after it was finished, and is finished when empty', async () => {
    const work = queue(2)
    await work.finished()
    const done: string[] = []
    await work.file(async () => void done.push('first'))
    await work.finished()
    await work.file(async () => void done.push('second'))
    await work.finished()
    expect(done).toEqual(['first', 'second'])
  })

  test('that has failed begins nothing more, lets run what runs, and tells the reason', async () => {
    const [slow, bad] = [held(), held()]
    const work = queue(2)
    let ended = false
    const begun: string[] = []
    await work.file(async () => {
      await slow.promise
      ended = true
    })
    await work.file(() => bad.promise)
    const waiting = work.file(async () => void begun.push('late'))
    const failure = new FerryError('connection_lost', 'gone')
    bad.fail(failure)
    await expect(waiting).rejects.toBe(failure)
    work.directory(async () => void begun.push('late'))
    const finished = work.finished()
    slow.release()
    await expect(finished).rejects.toBe(failure)
    expect({ ended, begun }).toEqual({ ended: true, begun: [] })
  })

  test('prefers the reason that tells more', async () => {
    const [first, second] = [held(), held()]
    const work = queue(2)
    await work.file(() => first.promise)
    await work.file(() => second.promise)
    const finished = work.finished()
    first.fail(new FerryError('connection_lost', 'gone'))
    second.fail(new FerryError('outcome_unknown', 'perhaps'))
    await expect(finished).rejects.toMatchObject({ code: 'outcome_unknown' })
  })

  test('that is aborted rejects with the reason once nothing runs', async () => {
    const controller = new AbortController()
    const job = held()
    const work = queue(1, 1, controller.signal)
    await work.file(() => job.promise)
    const waiting = work.file(async () => undefined)
    const reason = new FerryError('cancelled', 'interrupted')
    controller.abort(reason)
    const finished = work.finished()
    job.release()
    await expect(waiting).rejects.toBe(reason)
    await expect(finished).rejects.toBe(reason)
  })
})
