import { randomBytes } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { Socket } from 'node:net'
import { setImmediate } from 'node:timers/promises'
import type { Connection as ServerConnection } from 'ssh2'
import { describe, expect, test } from 'vitest'
import { openSession } from '../../src/sftp/open-session.ts'
import {
  countOpening,
  endDebugging,
  isStrict,
  keepNothing,
  listenToLogin,
  proveHostKeys,
  reusePackets,
  sealChannel,
  sendOpening,
  signAtOnce,
  wayOf,
  widenWindow,
} from '../../src/ssh/ssh2-internals.ts'
import { startSftpServer } from '../support/sftp-server/start-sftp-server.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'
import { Bench, firstAnswer } from './connecting.ts'

const users = [{ name: 'deploy', password: 'right' }]
const environment = { PASSWORD: 'right' }
const { signal } = new AbortController()

/** Takes strict key exchange from what the server offers, as servers before 2023 have it. */
function withoutStrict(connection: ServerConnection): void {
  const protocol: unknown = Reflect.get(connection, '_protocol')
  if (typeof protocol !== 'object' || protocol === null) throw new Error('ssh2 has changed')
  Reflect.set(protocol, '_strictMode', false)
  const { lists } = Reflect.get(protocol, '_offer')
  const all: unknown = lists.all
  if (!(all instanceof Buffer)) throw new Error('ssh2 has changed')
  all.write('kex-xtrict-s', all.indexOf('kex-strict-s'), 'latin1')
}

describe('this ssh2 has what is looked for', () => {
  test('what it says of a login, its strictness, and its window', async () => {
    await using root = await temporaryDirectory()
    await using server = await startSftpServer({ root: root.path, users })
    await using bench = await Bench.open()
    const fields = { port: server.port, username: 'deploy', host_key: [server.hostKeyFingerprint] }
    const channel = await bench.connect({ ...fields, password: { env: 'PASSWORD' } }, { environment })
    const { stream } = channel
    const client: unknown = Reflect.get(stream, '_client')
    if (typeof client !== 'object' || client === null) throw new Error('ssh2 has changed')
    expect(isStrict(client)).toBe(true)
    expect(widenWindow(client, stream)).toBe(true)
    expect(wayOf(client, stream)).toMatchObject({ socket: expect.any(Socket), id: expect.any(Number) })
    expect(keepNothing(client, new ArrayBuffer(1), () => false)).toBeTypeOf('function')
    expect(reusePackets(client, () => false)).toBe(true)
    expect(await firstAnswer(channel)).toBe(2)
    sealChannel(stream)
    expect(Reflect.get(stream, 'outgoing')).toMatchObject({ state: 'closed' })
  })

  test('the methods that a server takes after a key that was refused', async () => {
    await using server = await startSftpServer({ root: '/', users: [{ name: 'deploy', publicKeys: [] }] })
    await using bench = await Bench.open()
    const fields = { port: server.port, username: 'deploy', host_key: [server.hostKeyFingerprint] }
    await expect(bench.connect(fields)).rejects.toMatchObject({
      message: expect.stringContaining('the server takes publickey'),
    })
  })

  test('debugging ends after the key exchange', async () => {
    await using server = await startSftpServer({ root: '/', users })
    await using bench = await Bench.open()
    const fields = { port: server.port, username: 'deploy', host_key: [server.hostKeyFingerprint] }
    await bench.connect({ ...fields, password: { env: 'PASSWORD' } }, { environment })
    const texts = bench.notes.map(({ text }) => text)
    expect(texts).toContain('Handshake completed')
    expect(texts.filter((text) => /USERAUTH|CHANNEL/.test(text))).toEqual([])
    await bench.connect({ ...fields, password: { env: 'PASSWORD' }, log_level: 3 }, { environment })
    expect(bench.notes).toContainEqual({ level: 3, text: 'Inbound: Received USERAUTH_SUCCESS' })
  })
})

test('with another ssh2 they do nothing', () => {
  const listener = { onFailure: () => undefined, onSignatureAlgorithms: () => undefined }
  for (const client of [{}, { _protocol: null }, { _protocol: { _handlers: { USERAUTH_FAILURE: 1 } } }]) {
    listenToLogin(client, listener)
    endDebugging(client)
    sealChannel(client)
    expect(isStrict(client)).toBe(false)
    expect(widenWindow(client, { outgoing: { id: 1 } })).toBe(false)
    expect(sendOpening(client, Buffer.of(1))).toBe(false)
    expect(signAtOnce(client, () => undefined)).toBe(false)
    expect(proveHostKeys(client, () => true)).toBe(false)
    expect(keepNothing(client, new ArrayBuffer(1), () => false)).toBeUndefined()
    expect(reusePackets(client, () => true)).toBe(false)
    expect(wayOf(client, {})).toEqual({ socket: undefined, id: undefined })
  }
})

test('a key that cannot sign after all is asked about', () => {
  const sent: unknown[][] = []
  const protocol = {
    authPK: (...args: unknown[]) => {
      const sign = args[3]
      if (typeof sign === 'function') sign(Buffer.of(1), (signature: Buffer) => sent.push(['signed', signature]))
      else sent.push(['asked', ...args])
    },
  }
  const signatures = [Buffer.of(2), undefined]
  expect(signAtOnce({ _protocol: protocol }, () => () => signatures.shift())).toBe(true)
  for (const key of ['a', 'b']) protocol.authPK('deploy', key, undefined)
  expect(sent).toEqual([
    ['signed', Buffer.of(2)],
    ['asked', 'deploy', 'b', undefined],
  ])
})

test('what opens a channel goes right behind the request for its subsystem, and is counted', () => {
  const sent: unknown[] = []
  const protocol = {
    subsystem: (...args: unknown[]) => sent.push(['subsystem', ...args]),
    channelData: (...args: unknown[]) => sent.push(['data', ...args]),
  }
  expect(sendOpening({ _protocol: protocol }, Buffer.of(1, 2))).toBe(true)
  protocol.subsystem(7, 'sftp', true)
  expect(sent).toEqual([
    ['subsystem', 7, 'sftp', true],
    ['data', 7, Buffer.of(1, 2)],
  ])
  const channel = { outgoing: { window: 100 } }
  countOpening(channel, 2)
  expect(channel.outgoing.window).toBe(98)
})

test('more than the window of ssh2 arrives whole', async () => {
  await using root = await temporaryDirectory()
  const bytes = randomBytes(12 * 1024 * 1024)
  await writeFile(`${root.path}/big`, bytes)
  await using server = await startSftpServer({ root: root.path, users })
  await using bench = await Bench.open()
  const fields = { port: server.port, username: 'deploy', host_key: [server.hostKeyFingerprint] }
  const channel = await bench.connect({ ...fields, password: { env: 'PASSWORD' } }, { environment })
  await using session = await openSession(channel, { timeoutMs: 10_000, signal })
  const handle = await session.open('/big', { read: true })
  const step = 128 * 1024
  const parts = await Promise.all(
    Array.from({ length: bytes.length / step }, (_, index) => session.read(handle, index * step, step)),
  )
  expect(Buffer.concat(parts.map((part) => part ?? Buffer.alloc(0))).equals(bytes)).toBe(true)
})

test('what comes while nobody reads is kept, as much as the server may send', async () => {
  await using root = await temporaryDirectory()
  const bytes = randomBytes(17 * 1024 * 1024)
  await writeFile(`${root.path}/big`, bytes)
  await using server = await startSftpServer({ root: root.path, users })
  await using bench = await Bench.open()
  const fields = { port: server.port, username: 'deploy', host_key: [server.hostKeyFingerprint] }
  const channel = await bench.connect({ ...fields, password: { env: 'PASSWORD' } }, { environment })
  await using session = await openSession(channel, { timeoutMs: 10_000, signal })
  const handle = await session.open('/big', { read: true })
  channel.stream.pause()
  const step = 64 * 1024
  const reading = Promise.all(
    Array.from({ length: bytes.length / step }, (_, index) => session.read(handle, index * step, step)),
  )
  while (channel.stream.readableLength < bytes.length) await setImmediate()
  channel.stream.resume()
  expect(Buffer.concat((await reading).map((part) => part ?? Buffer.alloc(0))).equals(bytes)).toBe(true)
})

test('ssh2 counts what the server may send, and drops what is more', () => {
  const adjusted: unknown[] = []
  const client = { _protocol: { channelWindowAdjust: (...args: unknown[]) => adjusted.push(args) } }
  const channel = { outgoing: { id: 7 }, incoming: { window: 2 * 1024 * 1024 } }
  expect(widenWindow(client, channel)).toBe(true)
  expect(adjusted).toEqual([[7, 16 * 1024 * 1024]])
  channel.incoming.window -= 2 * 1024 * 1024
  expect(channel.incoming.window).toBe(-1)
  channel.incoming.window -= 16 * 1024 * 1024 - 1
  expect(channel.incoming.window).toBe(-16 * 1024 * 1024)
  channel.incoming.window -= 1
  expect(channel.incoming.window).toBe(0)
})

// promise: terrapin
describe('a server without strict key exchange', () => {
  test.each([
    ['aes256-gcm@openssh.com', undefined],
    ['aes128-ctr', 'hmac-sha2-256-etm@openssh.com'],
  ] as const)('is served with %s', async (cipher, hmac) => {
    await using server = await startSftpServer({
      root: '/',
      users,
      algorithms: { cipher: [cipher], ...(hmac !== undefined && { hmac: [hmac] }) },
      onConnection: withoutStrict,
    })
    await using bench = await Bench.open()
    const fields = { port: server.port, username: 'deploy', host_key: [server.hostKeyFingerprint] }
    const channel = await bench.connect({ ...fields, password: { env: 'PASSWORD' } }, { environment })
    expect(await firstAnswer(channel)).toBe(2)
  })

  test.each([
    ['chacha20-poly1305@openssh.com', 'hmac-sha2-256'],
    ['aes128-cbc', 'hmac-sha2-256-etm@openssh.com'],
  ] as const)('is left with %s, before anything is offered', async (cipher, hmac) => {
    await using server = await startSftpServer({
      root: '/',
      users,
      algorithms: { cipher: [cipher], hmac: [hmac] },
      onConnection: withoutStrict,
    })
    await using bench = await Bench.open()
    const fields = { port: server.port, username: 'deploy', host_key: [server.hostKeyFingerprint] }
    const ssh_options = { Ciphers: cipher }
    await expect(
      bench.connect({ ...fields, ssh_options, password: { env: 'PASSWORD' } }, { environment }),
    ).rejects.toMatchObject({
      code: 'connect_failed',
      message: expect.stringContaining(`without which ${cipher} is open to CVE-2023-48795`),
    })
    expect(server.logins).toEqual([])
  })
})
