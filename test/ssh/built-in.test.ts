import { once } from 'node:events'
import { createServer, type Server } from 'node:net'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Connection } from '../../src/model/connection.ts'
import { openSession } from '../../src/sftp/open-session.ts'
import { initPacket } from '../../src/sftp/packets.ts'
import { describeWithSshd } from '../support/requirements.ts'
import { startSftpServer } from '../support/sftp-server/start-sftp-server.ts'
import { type Sshd, type SshdOptions, useSshd } from '../support/sshd.ts'
import { Bench, firstAnswer } from './connecting.ts'

const { signal } = new AbortController()

const fieldsFor = (sshd: Sshd): Partial<Connection> => ({
  port: sshd.port,
  username: sshd.username,
  identity_file: sshd.identityFile,
  known_hosts_file: sshd.knownHostsFile,
})

describeWithSshd('with a real sshd', () => {
  let sshd: Sshd
  beforeAll(async () => {
    sshd = await useSshd()
  })
  afterAll(() => sshd.stop())

  test('a key and a known host lead to SFTP', async () => {
    await using bench = await Bench.open()
    const channel = await bench.connect(fieldsFor(sshd))
    expect(await firstAnswer(channel)).toBe(2)
    expect(channel.peer).toEqual({ transport: 'ssh', host: '127.0.0.1', port: sshd.port, username: sshd.username })
  })

  test("the user's own ssh_config is enough", async () => {
    await using bench = await Bench.open()
    const { port, username, identityFile, knownHostsFile } = sshd
    await bench.write(
      '.ssh/config',
      `Host prod\n  HostName 127.0.0.1\n  Port ${port}\n  User ${username}\n  IdentityFile ${identityFile}\n  UserKnownHostsFile ${knownHostsFile}\n`,
    )
    const channel = await bench.connect({ host: 'prod' }, { withConfig: true })
    expect(await firstAnswer(channel)).toBe(2)
    expect(channel.peer).toMatchObject({ host: '127.0.0.1', port })
  })

  test('a session moves data both ways, compressed too', async () => {
    await using bench = await Bench.open()
    for (const compression of [false, true]) {
      const channel = await bench.connect({ ...fieldsFor(sshd), compression })
      await using session = await openSession(channel, { timeoutMs: 10_000, signal })
      const data = Buffer.alloc(200_000, 'data')
      const handle = await session.open('file', { read: true, write: true, create: true })
      for (let at = 0; at < data.length; at += 20_000) await session.write(handle, at, data.subarray(at, at + 20_000))
      expect((await session.read(handle, 100_000, 20_000))?.equals(data.subarray(0, 20_000))).toBe(true)
      await session.close(handle)
    }
  })

  test('a connection that is lost leaves a stream that can be written to and ended without harm', async () => {
    await using bench = await Bench.open()
    for (const compression of [false, true]) {
      const channel = await bench.connect({ ...fieldsFor(sshd), compression })
      expect(await firstAnswer(channel)).toBe(2)
      await sshd.dropConnections()
      expect(await channel.ended).toMatchObject({ code: 'connection_lost' })
      channel.stream.write('more')
      channel.stream.end()
      channel.stream.destroy()
      await channel.close()
    }
  })

  test('a session whose INIT went with the request for its channel is as any other', async () => {
    const served = await startSftpServer({ root: '/', users: [{ name: 'deploy', password: 'right' }] })
    await using bench = await Bench.open()
    const scripted = { port: served.port, username: 'deploy', host_key: [served.hostKeyFingerprint] }
    const password = { ...scripted, password: { env: 'PASSWORD' } }
    for (const fields of [fieldsFor(sshd), password]) {
      const trial = { opening: initPacket(), environment: { PASSWORD: 'right' } }
      const channel = await bench.connect(fields, trial)
      expect(channel.hasBegun).toBe(true)
      await using first = await openSession(channel, { timeoutMs: 10_000, signal })
      const other = await channel.another?.(signal)
      expect(other?.hasBegun).toBe(true)
      if (other === undefined) continue
      await using second = await openSession(other, { timeoutMs: 10_000, signal, like: first })
      expect(await Promise.all([first.realpath('/'), second.realpath('/')])).toEqual(['/', '/'])
    }
    await served.stop()
  })

  test('another channel serves as the first, and the first outlives it', async () => {
    await using bench = await Bench.open()
    const channel = await bench.connect(fieldsFor(sshd))
    await using first = await openSession(channel, { timeoutMs: 10_000, signal })
    for (let times = 0; times < 12; times += 1) {
      const other = await channel.another?.(signal)
      if (other === undefined) throw new Error('there is no other')
      const session = await openSession(other, { timeoutMs: 10_000, signal, like: first })
      await expect(session.realpath('.')).resolves.toBe(await first.realpath('.'))
      await session[Symbol.asyncDispose]()
    }
    await expect(channel.another?.(AbortSignal.abort(new Error('given up')))).rejects.toThrow('given up')
    await expect(first.realpath('.')).resolves.toBeDefined()
  })

  test('a host key that cannot be checked is rejected before any login', async () => {
    await using bench = await Bench.open()
    const { known_hosts_file: _file, ...fields } = fieldsFor(sshd)
    await expect(bench.connect(fields)).rejects.toMatchObject({ code: 'host_key_rejected' })
  })
})

describeWithSshd('an sshd that allows one session a connection', () => {
  test('refuses another channel, and the first lives on', async () => {
    const sshd = await useSshd({ extra: ['MaxSessions 1'] })
    await using bench = await Bench.open()
    try {
      const channel = await bench.connect(fieldsFor(sshd))
      await using session = await openSession(channel, { timeoutMs: 10_000, signal })
      await expect(channel.another?.(signal)).rejects.toMatchObject({ code: 'connect_failed' })
      await expect(session.realpath('.')).resolves.toBeDefined()
    } finally {
      await sshd.stop()
    }
  })
})

describeWithSshd('an sshd without SFTP', () => {
  async function start(options: SshdOptions): Promise<unknown> {
    await using sshd = await useSshd(options)
    await using bench = await Bench.open()
    const channel = await bench.connect(fieldsFor(sshd))
    await using _session = await openSession(channel, { timeoutMs: 10_000, signal })
    return undefined
  }

  test('has no subsystem', async () => {
    await expect(start({ subsystem: 'none' })).rejects.toMatchObject({
      code: 'connect_failed',
      message: expect.stringMatching(/^could not connect to 127\.0\.0\.1:\d+: there is no SFTP$/),
    })
  })

  test('has one that ends at once, whose status is told', async () => {
    const extra = ['Subsystem sftp exit 3']
    await expect(start({ subsystem: 'none', extra })).rejects.toMatchObject({
      code: 'connect_failed',
      message: expect.stringMatching(/the server ended the session \(exit status 3\)$/),
    })
  })
})

test('a server whose program ends is connection_lost, with its status and last words', async () => {
  await using server = await startSftpServer({
    root: '/',
    users: [{ name: 'deploy', password: 'right' }],
    stderr: 'disk on fire',
    exitStatus: 3,
    faults: [
      {
        on: 'realpath',
        act: (exchange) => {
          exchange.end()
          return undefined
        },
      },
    ],
  })
  await using bench = await Bench.open()
  const channel = await bench.connect(
    { port: server.port, username: 'deploy', password: { env: 'P' }, host_key: [server.hostKeyFingerprint] },
    { environment: { P: 'right' } },
  )
  await using session = await openSession(channel, { timeoutMs: 10_000, signal })
  await expect(session.realpath('.')).rejects.toMatchObject({
    code: 'connection_lost',
    message: expect.stringContaining('the server ended the session (exit status 3): "disk on fire"'),
  })
})

describe('addresses', () => {
  async function listen(host: string): Promise<{ server: Server; port: number } | undefined> {
    const server = createServer((socket) => socket.end('hello\r\n'))
    server.listen(0, host)
    try {
      await once(server, 'listening')
    } catch {
      return undefined
    }
    const address = server.address()
    return address === null || typeof address === 'string' ? undefined : { server, port: address.port }
  }

  test('IPv6, in brackets where it is named', async ({ skip }) => {
    const listening = await listen('::1')
    if (listening === undefined) return skip('there is no IPv6 here')
    await using bench = await Bench.open()
    await expect(bench.connect({ host: '::1', port: listening.port })).rejects.toMatchObject({
      message: `could not connect to [::1]:${listening.port}: not an SSH server: it says "hello"`,
    })
    listening.server.close()
  })

  test('a name with several addresses is tried in all its families', async () => {
    const listening = await listen('127.0.0.1')
    if (listening === undefined) throw new Error('no TCP port')
    await using bench = await Bench.open()
    await expect(bench.connect({ host: 'localhost', port: listening.port })).rejects.toMatchObject({
      message: expect.stringContaining('it says "hello"'),
    })
    listening.server.close()
    await expect(bench.connect({ host: 'localhost', port: listening.port })).rejects.toMatchObject({
      message: `could not connect to localhost:${listening.port}: connection refused`,
    })
  })

  test('an address that cannot be bound is connect_failed', async () => {
    await using bench = await Bench.open()
    const ssh_options = { BindAddress: '192.0.2.1' }
    await expect(bench.connect({ ssh_options })).rejects.toMatchObject({
      code: 'connect_failed',
      message: 'could not connect to 127.0.0.1:22: the local address is not available',
    })
  })
})
