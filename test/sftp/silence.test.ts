import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { FerryError } from '../../src/errors/ferry-error.ts'
import type { SftpSession } from '../../src/sftp/session.ts'
import { expectDead, extensions, file } from './every-request.ts'
import { answer, openRaw, type RawPeer, u32 } from './raw-peer.ts'

describe('silence', () => {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] })
  })
  afterEach(() => {
    vi.useRealTimers()
  })

  /** Lets bytes that were sent arrive. */
  const arrive = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))
  const wait = async (ms: number): Promise<void> => {
    await vi.advanceTimersByTimeAsync(ms)
    await arrive()
  }

  interface Opened {
    readonly session: SftpSession
    readonly peer: RawPeer
    /** How each request that is watched has ended, in the order of the ends. */
    readonly states: string[]
    readonly watch: (name: string, work: Promise<unknown>) => void
  }

  /** A session whose timeout is a second. */
  async function opened(): Promise<Opened> {
    const { session, peer } = await openRaw({ timeoutMs: 1000, extensions })
    const states: string[] = []
    const watch = (name: string, work: Promise<unknown>): void => {
      work.then(
        () => states.push(`${name} done`),
        (error: unknown) => states.push(`${name} ${error instanceof FerryError ? error.code : error}`),
      )
    }
    return { session, peer, states, watch }
  }

  // promise: silent-sftp
  test('for as long as the timeout is timed_out, for every request, and later too', async () => {
    const { session, peer, states, watch } = await opened()
    watch('stat', session.lstat('/a'))
    watch('read', session.read(file, 0, 10))
    await wait(999)
    expect(states).toEqual([])
    await wait(1)
    expect(states).toEqual(['stat timed_out', 'read timed_out'])
    const message = 'stat /b: timed out, no sign of life for 1s'
    await expect(session.lstat('/b')).rejects.toMatchObject({ message })
    await expectDead(session, peer, 'timed_out')
  })

  test('while nothing is asked is no silence', async () => {
    const { session, peer, states, watch } = await opened()
    await wait(60_000)
    watch('stat', session.lstat('/a'))
    await wait(999)
    peer.send(answer.attributes((await peer.next()).id, u32(0)))
    await arrive()
    expect(states).toEqual(['stat done'])
  })

  test('ends with any answer, for every request in flight', async () => {
    const { session, peer, states, watch } = await opened()
    watch('slow', session.lstat('/slow'))
    await peer.next()
    for (let turn = 0; turn < 5; turn += 1) {
      watch('quick', session.lstat('/quick'))
      await wait(900)
      peer.send(answer.attributes((await peer.next()).id, u32(0)))
      await arrive()
    }
    expect(states).toEqual(Array.from({ length: 5 }, () => 'quick done'))
    await wait(1000)
    expect(states.at(-1)).toBe('slow timed_out')
  })

  test('is not ended by a new request', async () => {
    const { session, states, watch } = await opened()
    watch('first', session.lstat('/a'))
    await wait(600)
    watch('second', session.lstat('/b'))
    await wait(400)
    expect(states).toEqual(['first timed_out', 'second timed_out'])
  })

  // promise: drip-is-silence
  test('is not ended by a drip of bytes that completes nothing', async () => {
    const { session, peer, states, watch } = await opened()
    watch('read', session.read(file, 0, 10_000))
    const bytes = answer.data((await peer.next()).id, Buffer.alloc(10_000))
    for (let at = 0; at < 10; at += 1) {
      peer.send(bytes.subarray(at * 100, (at + 1) * 100))
      await arrive()
      await wait(100)
    }
    expect(states).toEqual(['read timed_out'])
  })

  // promise: drip-is-silence
  test('is ended by each KiB of an answer', async () => {
    const { session, peer, states, watch } = await opened()
    watch('read', session.read(file, 0, 10_000))
    const bytes = answer.data((await peer.next()).id, Buffer.alloc(10_000))
    for (let at = 0; at < bytes.length; at += 256) {
      peer.send(bytes.subarray(at, at + 256))
      await arrive()
      await wait(200)
    }
    expect(states).toEqual(['read done'])
  })

  // promise: drip-is-silence
  test('is ended by each KiB of a write that the channel takes', async () => {
    const { session, peer, states, watch } = await opened()
    const takes: (() => void)[] = []
    const lengths: number[] = []
    vi.spyOn(peer.channel.stream, 'write').mockImplementation((chunk: Buffer, ...rest: unknown[]) => {
      const done = rest.at(-1)
      lengths.push(chunk.length)
      if (typeof done === 'function') takes.push(() => done())
      return false
    })
    watch('write', session.write(file, 0, Buffer.alloc(20_000)))
    await arrive()
    for (let taken = takes.shift(); taken !== undefined; taken = takes.shift()) {
      await wait(400)
      taken()
      await arrive()
    }
    expect(lengths.reduce((sum, length) => sum + length, 0)).toBe(20_026)
    expect(Math.max(...lengths)).toBe(1024)
    expect(states).toEqual([])
    await wait(1000)
    expect(states).toEqual(['write timed_out'])
  })

  test('is not what arrived while the process could not look', async () => {
    const { session, peer, states, watch } = await opened()
    watch('stat', session.lstat('/a'))
    const { id } = await peer.next()
    vi.advanceTimersByTime(5000)
    peer.send(answer.attributes(id, u32(0)))
    await arrive()
    expect(states).toEqual(['stat done'])
  })

  // promise: silent-sftp
  test('of a channel that takes nothing is timed_out', async () => {
    const { session, states, watch, peer } = await opened()
    vi.spyOn(peer.channel.stream, 'write').mockReturnValue(false)
    watch('write', session.write(file, 0, Buffer.alloc(20_000)))
    watch('stat', session.lstat('/a'))
    await wait(1000)
    expect(states).toEqual(['write timed_out', 'stat timed_out'])
  })

  test('is waited for without end where the timeout is 0, and where it is longer than a timer can wait', async () => {
    for (const timeoutMs of [0, 2 ** 40]) {
      const { session, peer } = await openRaw({ timeoutMs, extensions })
      const attributes = session.lstat('/a')
      await wait(2 ** 31 + 1000)
      peer.send(answer.attributes((await peer.next()).id, u32(0)))
      await expect(attributes).resolves.toEqual({})
    }
  })

  test('leaves no timer behind once the session is closed', async () => {
    const { session, watch } = await opened()
    watch('stat', session.lstat('/a'))
    await session[Symbol.asyncDispose]()
    expect(vi.getTimerCount()).toBe(0)
  })
})
