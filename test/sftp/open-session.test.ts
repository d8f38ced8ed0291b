import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { FerryError } from '../../src/errors/ferry-error.ts'
import { type OpenSessionOptions, openSession } from '../../src/sftp/open-session.ts'
import { answer, lost, openRaw, packet, RawPeer, str, u32, u64 } from './raw-peer.ts'

const limitsExtension = { 'limits@openssh.com': '1' }
const options = (more: Partial<OpenSessionOptions> = {}): OpenSessionOptions => ({
  timeoutMs: 0,
  signal: new AbortController().signal,
  ...more,
})

/** A session that was asked for and is not open yet, and a promise of how that ends. */
function opening(more: Partial<OpenSessionOptions> = {}): { peer: RawPeer; outcome: Promise<unknown> } {
  const peer = new RawPeer()
  return { peer, outcome: openSession(peer.channel, options(more)).catch((error: unknown) => error) }
}

describe('the start', () => {
  test('INIT of version 3 is the first packet, and VERSION 3 opens the session', async () => {
    const { peer, outcome } = opening()
    expect(await peer.next()).toEqual({ type: 1, id: 3, body: Buffer.alloc(0) })
    peer.send(answer.version(3, { 'a@b': '1' }))
    expect(await outcome).toMatchObject({ extensions: new Map([['a@b', '1']]) })
    expect(peer.closes).toBe(0)
  })

  test('like another session: requests go right behind INIT, and what that one has learned holds', async () => {
    const { session: like } = await openRaw({ extensions: { 'a@b': '1' } })
    const peer = new RawPeer()
    const session = await openSession(peer.channel, options({ like }))
    const opened = session.opendir('x')
    expect(await peer.next()).toEqual({ type: 1, id: 3, body: Buffer.alloc(0) })
    const { id } = await peer.next()
    peer.send(answer.version(3), answer.handle(id, 'h'))
    await expect(opened).resolves.toMatchObject({ path: 'x' })
    expect(session).toMatchObject({ extensions: like.extensions, limits: like.limits })
  })

  test('like another session: should the version be another one, requests fail and the channel is closed', async () => {
    const { session: like } = await openRaw()
    const peer = new RawPeer()
    const session = await openSession(peer.channel, options({ like }))
    peer.send(answer.version(6))
    await expect(session.opendir('x')).rejects.toMatchObject({ code: 'connection_lost' })
    expect(peer.closes).toBeGreaterThan(0)
  })

  // promise: version-3
  test.each([0, 1, 2, 4, 6, 0xffff_ffff])(
    'a server of version %d is refused, and the channel is closed',
    async (version) => {
      const { peer, outcome } = opening()
      peer.send(answer.version(version))
      expect(await outcome).toMatchObject({
        code: 'protocol_error',
        message: `start SFTP: the server speaks version ${version}, ferry 3`,
      })
      expect(peer.closes).toBeGreaterThan(0)
    },
  )

  // promise: any-bytes
  test('any bytes instead of VERSION open the session or are refused, and then the channel is closed', async () => {
    const head = fc.constantFrom(answer.version(3), answer.version(3, limitsExtension), packet(2, u32(3)), packet(2))
    const rest = fc.oneof(
      fc.uint8Array({ maxLength: 60 }).map((bytes) => Buffer.from(bytes)),
      fc.uint8Array({ maxLength: 60 }).map((bytes) => packet(201, u32(1), Buffer.from(bytes))),
      fc.uint8Array({ maxLength: 60 }).map((bytes) => packet(2, Buffer.from(bytes))),
    )
    await fc.assert(
      fc.asyncProperty(fc.option(head), rest, async (first, bytes) => {
        const { peer, outcome } = opening()
        peer.send(...(first === null ? [] : [first]), bytes)
        setImmediate(() => peer.lose(lost))
        const opened = await outcome
        if (opened instanceof FerryError) {
          expect(opened.code).not.toBe('bug')
          expect(peer.closes).toBeGreaterThan(0)
        } else expect(opened).toHaveProperty('extensions')
      }),
    )
  })

  test.each([
    ['text of a login shell', Buffer.from('Last login: today\n'), 'text instead of SFTP: "Last login: today"'],
    ['a status', answer.status(0, 4, 'no'), 'a packet of type 101 instead of its version'],
    ['a packet of no length', str(''), 'a packet of 0 bytes'],
    ['a huge packet', Buffer.from('ffffffff', 'hex'), 'a packet of 4294967295 bytes'],
    ['half an extension', packet(2, u32(3), str('a')), 'truncated'],
  ])('%s instead of VERSION is a protocol_error, and the channel is closed', async (_what, bytes, message) => {
    const { peer, outcome } = opening()
    peer.send(bytes)
    expect(await outcome).toMatchObject({ code: 'protocol_error', message: expect.stringContaining(message) })
    expect(peer.closes).toBeGreaterThan(0)
  })

  test('a channel that ends before VERSION rejects with what it says', async () => {
    const { peer, outcome } = opening()
    await peer.next()
    peer.lose(new FerryError('connection_lost', 'sftp-server: not found', { hint: 'install it' }))
    expect(await outcome).toMatchObject({
      code: 'connection_lost',
      message: 'start SFTP: sftp-server: not found',
      details: { hint: 'install it' },
    })
  })

  test('a channel that ended before it was used rejects as well', async () => {
    const peer = new RawPeer()
    peer.lose(lost)
    await expect(openSession(peer.channel, options())).rejects.toMatchObject({ code: 'connection_lost' })
  })

  test('an abort rejects with its reason and closes the channel', async () => {
    const controller = new AbortController()
    const { peer, outcome } = opening({ signal: controller.signal })
    await peer.next()
    const reason = new FerryError('cancelled', 'interrupted')
    controller.abort(reason)
    expect(await outcome).toBe(reason)
    expect(peer.closes).toBeGreaterThan(0)
  })

  test('an abort that came before rejects with its reason and closes the channel', async () => {
    const reason = new FerryError('cancelled', 'interrupted')
    const { peer, outcome } = opening({ signal: AbortSignal.abort(reason) })
    expect(await outcome).toBe(reason)
    expect(peer.closes).toBeGreaterThan(0)
  })

  test('what was agreed on is noted', async () => {
    const notes: [number, string][] = []
    const { peer, outcome } = opening({ note: (level, text) => notes.push([level, text]) })
    peer.send(answer.version(3, { 'a@b': '1', c: '2' }))
    await outcome
    expect(notes).toEqual([
      [1, 'SFTP version 3, at most 32768 bytes a read, 32768 a write'],
      [2, 'SFTP extensions: a@b 1, c 2'],
    ])
  })
})

describe('silence at the start', () => {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] })
  })
  afterEach(() => {
    vi.useRealTimers()
  })

  // promise: silent-sftp
  test('a server that never answers INIT is timed_out', async () => {
    const { peer, outcome } = opening({ timeoutMs: 30_000 })
    await peer.next()
    await vi.advanceTimersByTimeAsync(30_000)
    expect(await outcome).toMatchObject({
      code: 'timed_out',
      message: 'start SFTP: timed out, no sign of life for 30s',
    })
    expect(peer.closes).toBeGreaterThan(0)
  })

  // promise: silent-sftp
  test('a server that never answers the question for limits is timed_out', async () => {
    const { peer, outcome } = opening({ timeoutMs: 30_000 })
    peer.send(answer.version(3, limitsExtension))
    await peer.next()
    await peer.next()
    await vi.advanceTimersByTimeAsync(30_000)
    expect(await outcome).toMatchObject({ code: 'timed_out' })
    expect(peer.closes).toBeGreaterThan(0)
  })
})

describe('limits', () => {
  const defaults = { packet: 34_000, read: 32_768, write: 32_768, handles: 0 }

  async function limitsOf(reply: (id: number) => Buffer): Promise<unknown> {
    const { peer, outcome } = opening()
    await peer.next()
    peer.send(answer.version(3, limitsExtension))
    const { type, id, body } = await peer.next()
    expect({ type, body }).toEqual({ type: 200, body: str('limits@openssh.com') })
    peer.send(reply(id))
    const session = await outcome
    return session instanceof FerryError ? session : Reflect.get(Object(session), 'limits')
  }
  const claim =
    (...values: (number | bigint)[]) =>
    (id: number): Buffer =>
      answer.extended(id, ...values.map(u64))

  test('are not asked for where the server does not announce them', async () => {
    for (const extensions of [{}, { 'limits@openssh.com': '2' }]) {
      const { session } = await openRaw({ extensions })
      expect(session.limits).toEqual(defaults)
    }
  })

  test('are what the server says', async () => {
    expect(await limitsOf(claim(100_000, 5000, 6000, 7))).toEqual({
      packet: 100_000,
      read: 5000,
      write: 6000,
      handles: 7,
    })
  })

  test('are the defaults where the server refuses to tell', async () => {
    expect(await limitsOf((id) => answer.status(id, 8, 'Operation unsupported'))).toEqual(defaults)
    expect(await limitsOf((id) => answer.status(id, 4))).toEqual(defaults)
  })

  // promise: claims-checked
  test('are never more than OpenSSH takes, and 0 is as much as that', async () => {
    const most = { packet: 262_144, read: 261_120, write: 261_120, handles: 0 }
    expect(await limitsOf(claim(0, 0, 0, 0))).toEqual(most)
    const huge = 2n ** 64n - 1n
    expect(await limitsOf(claim(huge, huge, huge, huge))).toEqual(most)
  })

  test('leave room for a head around the data of a write', async () => {
    expect(await limitsOf(claim(50_000, 0, 0, 0))).toMatchObject({ packet: 50_000, write: 48_976 })
  })

  test('do not make packets smaller than every server must take', async () => {
    expect(await limitsOf(claim(10, 20, 30, 1))).toEqual({ packet: 34_000, read: 20, write: 30, handles: 1 })
  })

  test('that are cut short, or of another kind, are a protocol_error', async () => {
    expect(await limitsOf(claim(1, 2, 3))).toMatchObject({ code: 'protocol_error' })
    expect(await limitsOf((id) => answer.status(id, 0))).toMatchObject({ code: 'protocol_error' })
    expect(await limitsOf((id) => answer.handle(id, 'x'))).toMatchObject({ code: 'protocol_error' })
    expect(await limitsOf((id) => answer.status(id + 1, 8))).toMatchObject({ code: 'protocol_error' })
  })
})
