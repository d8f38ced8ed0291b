import { randomBytes } from 'node:crypto'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { connect, createServer, Socket } from 'node:net'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Connection } from '../../src/model/connection.ts'
import { openSession } from '../../src/sftp/open-session.ts'
import type { SftpSession } from '../../src/sftp/session.ts'
import { limitBandwidth } from '../../src/ssh/limit-bandwidth.ts'
import { wayOf } from '../../src/ssh/ssh2-internals.ts'
import type { Channel } from '../../src/ssh/transport.ts'
import { listenOnLoopback } from '../support/listen-on-loopback.ts'
import { describeWithSshd } from '../support/requirements.ts'
import { type Sshd, useSshd } from '../support/sshd.ts'
import { Bench } from './connecting.ts'

const { signal } = new AbortController()
const content = randomBytes(12 * 1024 * 1024 + 123)
const names = Array.from({ length: 300 }, (_, index) => `a-rather-long-name-of-a-file-${index}`)

/** Spoils the memory that is received into as soon as it may be used again; gives how often. */
function spoil({ stream }: Channel): () => number {
  const { socket } = wayOf(Reflect.get(stream, '_client'), stream)
  if (!(socket instanceof Socket)) throw new Error('ssh2 has changed')
  let times = 0
  socket.on('data', ({ buffer }: Buffer) => {
    if (buffer.byteLength !== 256 * 1024) return
    times += 1
    process.nextTick(() => new Uint8Array(buffer).fill(0xa5))
  })
  return () => times
}

/** All of the file in pieces, asked for at once. */
async function contentOf(session: SftpSession, step: number): Promise<Buffer> {
  const handle = await session.open('big', { read: true })
  const offsets = Array.from({ length: Math.ceil(content.length / step) }, (_, index) => index * step)
  const parts = await Promise.all(offsets.map((offset) => session.read(handle, offset, step)))
  await session.close(handle)
  return Buffer.concat(parts.map((part) => part ?? Buffer.alloc(0)))
}

async function listed(session: SftpSession): Promise<string[]> {
  const handle = await session.opendir('names')
  const found: string[] = []
  for (let entries = await session.readdir(handle); entries !== null; entries = await session.readdir(handle)) {
    found.push(...entries.map(({ name }) => name).filter((name) => !name.startsWith('.')))
  }
  return found.sort()
}

/** Leads to a port, and can be told to take nothing for a while. */
async function relayTo(port: number): Promise<AsyncDisposable & { port: number; hold(): void; go(): void }> {
  const calls: Socket[] = []
  const server = createServer((near) => {
    const far = connect(port, '127.0.0.1')
    calls.push(near)
    near.pipe(far).pipe(near)
    for (const end of [near, far]) end.on('error', () => undefined)
  })
  return {
    port: await listenOnLoopback(server),
    hold: () => calls.forEach((near) => void near.pause()),
    go: () => calls.forEach((near) => void near.resume()),
    [Symbol.asyncDispose]: async () => void server.close(),
  }
}

// promise: own-memory
describeWithSshd('the memory that is received into is used again', () => {
  let sshd: Sshd
  beforeAll(async () => {
    sshd = await useSshd({ extra: ['LogLevel DEBUG1'] })
    await writeFile(`${sshd.directory}/big`, content)
    await mkdir(`${sshd.directory}/names`)
    for (const name of names) await writeFile(`${sshd.directory}/names/${name}`, '')
  })
  afterAll(() => sshd.stop())
  const fields = (): Partial<Connection> => ({
    port: sshd.port,
    username: sshd.username,
    identity_file: sshd.identityFile,
    known_hosts_file: sshd.knownHostsFile,
  })

  test.each<[string, NonNullable<Connection['ssh_options']>]>([
    ['as usual', {}],
    ['with keys exchanged again and again', { RekeyLimit: '1M' }],
    ['compressed', { Compression: 'yes' }],
    ['with ChaCha20-Poly1305', { Ciphers: 'chacha20-poly1305@openssh.com' }],
    ['with a MAC of its own', { Ciphers: 'aes128-ctr', MACs: 'hmac-sha2-512' }],
  ])('and nothing that came in it changes, %s', async (_how, ssh_options) => {
    await using bench = await Bench.open()
    const channel = await bench.connect({ ...fields(), ssh_options })
    await using session = await openSession(channel, { timeoutMs: 30_000, signal })
    const timesSpoilt = spoil(channel)
    const [large, small, tiny, found] = await Promise.all([
      contentOf(session, 261_120),
      contentOf(session, 20_000),
      contentOf(session, 5000),
      listed(session),
    ])
    expect(large.equals(content)).toBe(true)
    expect(small.equals(content)).toBe(true)
    expect(tiny.equals(content)).toBe(true)
    expect(found).toEqual([...names].sort())
    expect(timesSpoilt()).toBeGreaterThan(10)
    if ('RekeyLimit' in ssh_options) await sshd.logged(/set_newkeys: rekeying/)
  })

  test.each<[string, NonNullable<Connection['ssh_options']>]>([
    ['as usual', {}],
    ['with keys exchanged again and again', { RekeyLimit: '1M' }],
    ['compressed', { Compression: 'yes' }],
    ['with ChaCha20-Poly1305', { Ciphers: 'chacha20-poly1305@openssh.com' }],
  ])('nor does what is sent and waits, %s', async (_how, ssh_options) => {
    await using bench = await Bench.open()
    await using relay = await relayTo(sshd.port)
    const channel = await bench.connect({
      ...fields(),
      port: relay.port,
      host_key: [sshd.hostKeyFingerprint],
      ssh_options,
    })
    const channels = [channel, await channel.another?.(signal), await channel.another?.(signal)]
    const sessions = await Promise.all(
      channels.flatMap((one) => (one === undefined ? [] : [openSession(one, { timeoutMs: 30_000, signal })])),
    )
    const { socket } = wayOf(Reflect.get(channel.stream, '_client'), channel.stream)
    if (!(socket instanceof Socket)) throw new Error('ssh2 has changed')
    const names = sessions.map((_session, index) => `sent-${index}`)
    const handles = await Promise.all(
      sessions.map((session, index) => session.open(names[index] ?? '', { write: true, create: true, truncate: true })),
    )
    relay.hold()
    const writes: Promise<void>[] = []
    for (let at = 0; at < content.length; at += 261_120) {
      for (const [index, session] of sessions.entries()) {
        const handle = handles[index]
        if (handle !== undefined) writes.push(session.write(handle, at, content.subarray(at, at + 261_120)))
      }
    }
    while (socket.writableLength === 0) await new Promise((resolve) => setImmediate(resolve))
    relay.go()
    await Promise.all(writes)
    const sent = await Promise.all(names.map((name) => readFile(`${sshd.directory}/${name}`)))
    expect(sent.map((bytes) => bytes.equals(content))).toEqual([true, true, true])
  })

  test('nor does what comes while nobody reads', async () => {
    await using bench = await Bench.open()
    const channel = await bench.connect(fields())
    await using session = await openSession(channel, { timeoutMs: 30_000, signal })
    spoil(channel)
    const reading = contentOf(session, 100_000)
    for (let turn = 0; turn < 5; turn += 1) {
      channel.stream.pause()
      const held = channel.stream.readableLength
      while (channel.stream.readableLength === held) await new Promise((resolve) => setImmediate(resolve))
      channel.stream.resume()
      await new Promise((resolve) => channel.stream.once('data', resolve))
    }
    expect((await reading).equals(content)).toBe(true)
  })

  test('a limited channel, which holds chunks back, is lent nothing', async () => {
    await using bench = await Bench.open()
    const channel = await bench.connect(fields())
    expect(channel.lend).toBeDefined()
    expect(limitBandwidth(channel, 1_000_000).lend).toBeUndefined()
  })
})
