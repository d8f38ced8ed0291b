import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { FerryError } from '../../src/errors/ferry-error.ts'
import { expectAlive, expectDead, extensions, file, methods, outcomeOf } from './every-request.ts'
import { answer, lost, openRaw, packet, str, u32, type WireRequest } from './raw-peer.ts'

describe('answers that break the protocol', () => {
  test.each([
    ['an id that is not in flight', ({ id }: WireRequest) => answer.names(id + 1, '/x')],
    ['a truncated packet', () => packet(104, u32(1))],
    ['an unknown packet type', ({ id }: WireRequest) => packet(150, u32(id))],
    ['a packet of no length', () => str('')],
    ['a huge length', () => Buffer.from('7fffffff00', 'hex')],
    ['text', () => Buffer.from('Segmentation fault\n')],
    ['no name', ({ id }: WireRequest) => answer.names(id)],
    ['two names', ({ id }: WireRequest) => answer.names(id, '/a', '/b')],
    ['an empty path', ({ id }: WireRequest) => answer.names(id, '')],
    ['a path with a NUL byte', ({ id }: WireRequest) => answer.names(id, '/a\0b')],
    ['a second VERSION', () => answer.version(3)],
  ])('%s ends the session, and everything in flight with it', async (_what, reply) => {
    const { session, peer } = await openRaw({ extensions })
    const other = session.lstat('/other').catch((error: unknown) => error)
    const path = session.realpath('/a').catch((error: unknown) => error)
    await peer.next()
    peer.send(reply(await peer.next()))
    expect(await path).toMatchObject({ code: 'protocol_error', message: expect.stringMatching(/^resolve \/a: /) })
    expect(await other).toMatchObject({ code: 'protocol_error', message: expect.stringMatching(/^stat \/other: /) })
    await expectDead(session, peer, 'protocol_error')
  })

  // promise: right-answer
  test('a second answer to the same request ends the session, the first holds', async () => {
    const { session, peer } = await openRaw({ extensions })
    const path = session.realpath('.')
    const { id } = await peer.next()
    peer.send(answer.names(id, '/here'), answer.names(id, '/there'))
    expect(await path).toBe('/here')
    await expectDead(session, peer, 'protocol_error')
  })

  test.each([
    ['DATA of no length', ''],
    ['DATA longer than was asked for', 'eleven bytes'],
  ])('%s ends the session', async (_what, data) => {
    const { outcome, session, peer } = await outcomeOf(
      (session) => session.read(file, 0, 11),
      ({ id }) => answer.data(id, data),
    )
    expect(outcome).toMatchObject({
      code: 'protocol_error',
      message: expect.stringContaining('where 11 were asked for'),
    })
    await expectDead(session, peer, 'protocol_error')
  })

  test('an answer for users that holds fewer names than ids ends the session', async () => {
    const { outcome } = await outcomeOf(
      (session) => session.usersGroupsById([1, 2], []),
      ({ id }) => answer.extended(id, str(str('one')), str('')),
    )
    expect(outcome).toMatchObject({ code: 'protocol_error' })
  })

  test('a handle is given back byte by byte, whatever it is', async () => {
    const { session, peer } = await openRaw()
    const bytes = Buffer.from([0, 255, 10, 128])
    const opened = session.opendir('/a')
    peer.send(answer.handle((await peer.next()).id, bytes))
    void session.readdir(await opened).catch(() => undefined)
    expect((await peer.next()).body).toEqual(str(bytes))
    await session[Symbol.asyncDispose]()
  })

  test('suspect names of a listing are given as they are, and the session lives on', async () => {
    const names = ['..', '', 'a/b', '../../etc/passwd', 'a\0b', 'x\x1b[2J']
    const { outcome, session, peer } = await outcomeOf(
      (session) => session.readdir(file),
      ({ id }) => answer.names(id, ...names),
    )
    expect(outcome).toMatchObject(names.map((name) => ({ name })))
    await expectAlive(session, peer)
  })

  test('an empty batch of a listing is no end', async () => {
    const { outcome } = await outcomeOf(
      (session) => session.readdir(file),
      ({ id }) => answer.names(id),
    )
    expect(outcome).toEqual([])
  })

  test('answers in any order reach their own requests, however they are cut', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.shuffledSubarray([0, 1, 2, 3, 4, 5, 6, 7], { minLength: 8 }),
        fc.nat({ max: 60 }),
        async (order, size) => {
          const { session, peer } = await openRaw()
          const links = order.map((_, index) => session.readlink(`/${index}`))
          const asked: WireRequest[] = []
          for (const _ of links) asked.push(await peer.next())
          const bytes = Buffer.concat(
            order.map((index) => answer.names(asked[index]?.id ?? 0, `target of ${asked[index]?.body.subarray(4)}`)),
          )
          for (let at = 0; at < bytes.length; at += size + 1) peer.send(bytes.subarray(at, at + size + 1))
          expect(await Promise.all(links)).toEqual(links.map((_, index) => `target of /${index}`))
          await session[Symbol.asyncDispose]()
        },
      ),
    )
  })

  // promise: any-bytes
  test('random bytes settle every request, with a FerryError where it is no answer', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.uint8Array({ minLength: 1, maxLength: 60 }), { minLength: 1 }), async (chunks) => {
        const { session, peer } = await openRaw({ extensions })
        const all = methods.map(({ ask }) => ask(session).catch((error: unknown) => error))
        for (const chunk of chunks) peer.send(Buffer.from(chunk))
        peer.send(Buffer.from('ffffffff', 'hex'))
        peer.lose(lost)
        for (const outcome of await Promise.all(all)) expect(outcome).toBeInstanceOf(FerryError)
        await session[Symbol.asyncDispose]()
      }),
    )
  })

  // promise: any-bytes
  test('well-framed random answers settle every request', async () => {
    const type = fc.constantFrom(101, 102, 103, 104, 105, 201)
    const random = fc.tuple(type, fc.integer({ min: 1, max: 26 }), fc.uint8Array({ maxLength: 40 }))
    await fc.assert(
      fc.asyncProperty(fc.array(random, { minLength: 1 }), async (answers) => {
        const { session, peer } = await openRaw({ extensions })
        const all = Promise.allSettled(methods.map(({ ask }) => ask(session)))
        for (const [type, id, rest] of answers) peer.send(packet(type, u32(id), Buffer.from(rest)))
        setImmediate(() => peer.lose(lost))
        for (const result of await all) {
          if (result.status === 'rejected') expect(result.reason).toBeInstanceOf(FerryError)
        }
        await session[Symbol.asyncDispose]()
      }),
    )
  })
})
