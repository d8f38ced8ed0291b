import { describe, expect, test, vi } from 'vitest'
import { expectDead, extensions, methods } from './every-request.ts'
import { answer, lost, openRaw } from './raw-peer.ts'

describe('the end of the channel', () => {
  // promise: lost-settles
  test('rejects everything in flight and later with what the channel says', async () => {
    const { session, peer } = await openRaw({ extensions })
    const all = methods.map(async ({ title, ask }) => {
      const message = `${title}: connection reset by peer`
      await expect(ask(session)).rejects.toMatchObject({ code: 'connection_lost', message })
    })
    await peer.next()
    peer.lose(lost)
    await Promise.all(all)
    await expectDead(session, peer, 'connection_lost')
  })

  test('while an answer is half there is still an end', async () => {
    const { session, peer } = await openRaw()
    const path = session.realpath('.').catch((error: unknown) => error)
    peer.send(answer.names((await peer.next()).id, '/here').subarray(0, 20))
    peer.lose(lost)
    expect(await path).toMatchObject({ code: 'connection_lost' })
  })

  test('is connection_lost also where the stream ends and nobody says why', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] })
    try {
      const { session, peer } = await openRaw({ extensions })
      const path = session.realpath('.').catch((error: unknown) => error)
      peer.finish()
      await new Promise((resolve) => peer.channel.stream.once('end', resolve))
      await vi.advanceTimersByTimeAsync(1000)
      expect(await path).toMatchObject({
        code: 'connection_lost',
        message: 'resolve .: the server closed the channel',
      })
      await expectDead(session, peer, 'connection_lost')
    } finally {
      vi.useRealTimers()
    }
  })

  test('is told by the channel when the stream breaks first', async () => {
    const { session, peer } = await openRaw()
    const path = session.realpath('.').catch((error: unknown) => error)
    peer.channel.stream.destroy(new Error('EPIPE'))
    await new Promise((resolve) => peer.channel.stream.once('close', resolve))
    peer.lose(lost)
    expect(await path).toMatchObject({ message: 'resolve .: connection reset by peer' })
  })

  test('by disposing rejects what is in flight, and closes the channel', async () => {
    const { session, peer } = await openRaw()
    const path = session.realpath('.').catch((error: unknown) => error)
    await session[Symbol.asyncDispose]()
    expect(await path).toMatchObject({ code: 'connection_lost', message: 'resolve .: the session was closed' })
    expect(peer.closes).toBeGreaterThan(0)
  })
})
