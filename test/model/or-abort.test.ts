import { getEventListeners } from 'node:events'
import { expect, test } from 'vitest'
import { orAbort } from '../../src/model/or-abort.ts'

test('work that settles is told as it is, and leaves no listener behind', async () => {
  const { signal } = new AbortController()
  expect(await orAbort(Promise.resolve(1), signal)).toBe(1)
  await expect(orAbort(Promise.reject(new Error('failed')), signal)).rejects.toThrow('failed')
  expect(getEventListeners(signal, 'abort')).toEqual([])
})

test('an abort ends the waiting with its reason, and what the work comes to later is nobody’s', async () => {
  const controller = new AbortController()
  let reject: (error: Error) => void = () => undefined
  const promise = new Promise<void>((_resolve, refuse) => {
    reject = refuse
  })
  const waiting = orAbort(promise, controller.signal)
  controller.abort(new Error('enough'))
  await expect(waiting).rejects.toThrow('enough')
  reject(new Error('too late'))
  await expect(promise).rejects.toThrow('too late')
  expect(getEventListeners(controller.signal, 'abort')).toEqual([])
})

test('where both are there already, the work is what counts', async () => {
  const signal = AbortSignal.abort(new Error('enough'))
  expect(await orAbort(Promise.resolve(1), signal)).toBe(1)
  await expect(orAbort(new Promise(() => undefined), signal)).rejects.toThrow('enough')
})
