import { createServer, type Socket } from 'node:net'
import type { Connection as ServerConnection } from 'ssh2'
import { describe, expect, test, vi } from 'vitest'
import { FerryError } from '../../src/errors/ferry-error.ts'
import type { Connection } from '../../src/model/connection.ts'
import { listenOnLoopback } from '../support/listen-on-loopback.ts'
import { startRelay } from '../support/relay.ts'
import type { LoginFault } from '../support/sftp-server/login-faults.ts'
import { type RunningSftpServer, type StartOptions, startSftpServer } from '../support/sftp-server/start-sftp-server.ts'
import { Bench, firstAnswer } from './connecting.ts'

const users = [{ name: 'deploy', password: 'right' }]

async function serve(options: Partial<StartOptions> = {}): Promise<RunningSftpServer> {
  return startSftpServer({ root: '/', users, ...options })
}

const fieldsFor = (server: RunningSftpServer): Partial<Connection> => ({
  port: server.port,
  username: 'deploy',
  password: { env: 'PASSWORD' },
  host_key: [server.hostKeyFingerprint],
})
const environment = { PASSWORD: 'right' }

const phases = ['connect', 'key-exchange', 'authentication', 'session', 'subsystem'] as const

describe('a server that says nothing', () => {
  // promise: silent-login
  test.each(phases)('at %s is timed_out, and let go', async (at) => {
    await using server = await serve({ loginFaults: [{ at, act: 'hang' }] })
    await using bench = await Bench.open()
    await expect(
      bench.connect(fieldsFor(server), { environment, overrides: { timeoutMs: 250 } }),
    ).rejects.toMatchObject({
      code: 'timed_out',
      message: expect.stringMatching(/^could not .*127\.0\.0\.1:\d+: .* within 250ms$/),
    })
    await server.idle()
  })

  // promise: interrupt
  test.each(phases)('at %s can be interrupted at once', async (at) => {
    await using server = await serve({ loginFaults: [{ at, act: 'hang' }] })
    await using bench = await Bench.open()
    const controller = new AbortController()
    const connecting = bench.connect(fieldsFor(server), { environment, signal: controller.signal })
    const reason = new FerryError('cancelled', 'interrupted')
    const phaseReached = bench.noted(
      {
        connect: /./,
        'key-exchange': /Sending KEXINIT/,
        authentication: /^trying/,
        session: /^trying/,
        subsystem: /^trying/,
      }[at],
    )
    await phaseReached
    controller.abort(reason)
    await expect(connecting).rejects.toBe(reason)
    await server.idle()
  })

  test('ConnectTimeout bounds what comes before the login', async () => {
    await using server = await serve({ loginFaults: [{ at: 'connect', act: 'hang' }] })
    await using bench = await Bench.open()
    const fields = { ...fieldsFor(server), timeout: '0', ssh_options: { ConnectTimeout: '1' } }
    await expect(bench.connect(fields, { environment })).rejects.toMatchObject({
      code: 'timed_out',
      message: expect.stringContaining('within 1s'),
    })
  })

  test('a person has all the time they need', async () => {
    await using server = await serve()
    await using bench = await Bench.open()
    const { password: _password, ...fields } = fieldsFor(server)
    const channel = await bench.connect(fields, {
      overrides: { timeoutMs: 400 },
      answer: () => {
        const until = performance.now() + 600
        while (performance.now() < until);
        return 'right'
      },
    })
    expect(await firstAnswer(channel)).toBe(2)
  })
})

describe('a server that goes away', () => {
  // promise: lost-settles, causes-differ
  test.each<[LoginFault['at'], LoginFault['act'], string, RegExp]>([
    ['connect', 'close', 'connect_failed', /: the server closed the connection without a word$/],
    ['connect', 'refuse', 'connect_failed', /: not an SSH server: it says "Exceeded MaxStartups"$/],
    ['connect', 'reset', 'connect_failed', /: connection reset by the other side$/],
    ['key-exchange', 'close', 'connect_failed', /: the server closed the connection during the key exchange$/],
    ['key-exchange', 'refuse', 'connect_failed', /: the server ended the connection: "no more logins today"$/],
    ['key-exchange', 'reset', 'connect_failed', /: connection reset by the other side$/],
    ['authentication', 'close', 'authentication_failed', /: the server closed the connection, tried password$/],
    ['authentication', 'reset', 'connection_lost', /connection reset by the other side$/],
    ['session', 'refuse', 'connect_failed', /: it refuses a session: /],
    ['session', 'close', 'connection_lost', /the server closed the connection$/],
    ['subsystem', 'refuse', 'connect_failed', /: there is no SFTP$/],
    ['subsystem', 'reset', 'connection_lost', /connection reset by the other side$/],
  ])('at %s by %s is %s', async (at, act, code, message) => {
    await using server = await serve({ loginFaults: [{ at, act }] })
    await using bench = await Bench.open()
    await expect(bench.connect(fieldsFor(server), { environment })).rejects.toMatchObject({
      code,
      message: expect.stringMatching(message),
    })
    await server.idle()
  })

  test('before it was asked for a login does not refuse one', async () => {
    await using server = await serve()
    await using honest = await startRelay({ to: server.port })
    let keyExchangeBytes = 0
    {
      await using bench = await Bench.open()
      const keysExchanged = bench.noted(/^key exchange/).then(() => {
        keyExchangeBytes = honest.passed()
      })
      await Promise.all([bench.connect({ ...fieldsFor(server), port: honest.port }, { environment }), keysExchanged])
    }
    await using relay = await startRelay({ to: server.port, act: 'close', afterBytes: keyExchangeBytes })
    await using bench = await Bench.open()
    await expect(bench.connect({ ...fieldsFor(server), port: relay.port }, { environment })).rejects.toMatchObject({
      code: 'connection_lost',
      message: 'the server closed the connection before the login',
    })
  })

  test('after all went well ends the channel with a reason', async () => {
    await using server = await serve()
    await using bench = await Bench.open()
    const channel = await bench.connect(fieldsFor(server), { environment })
    expect(await firstAnswer(channel)).toBe(2)
    server.dropConnections({ reset: true })
    expect(await channel.ended).toMatchObject({ code: 'connection_lost' })
  })

  // promise: keepalives
  test('without a word is found by keepalives', async () => {
    await using server = await serve()
    await using bench = await Bench.open()
    const ssh_options = { ServerAliveInterval: '1', ServerAliveCountMax: '1' }
    const channel = await bench.connect({ ...fieldsFor(server), ssh_options }, { environment })
    server.freezeConnections()
    expect(await channel.ended).toMatchObject({
      code: 'connection_lost',
      message: 'the server does not answer keepalives',
    })
    await channel.close()
  })
})

describe('something else listens there', () => {
  async function listen(onConnection: (socket: Socket) => void): Promise<{ port: number; close: () => void }> {
    const server = createServer(onConnection)
    return { port: await listenOnLoopback(server), close: () => server.close() }
  }

  test.each([
    ['a web server', 'HTTP/1.1 400 Bad Request\r\n\r\n', 'not an SSH server: it says "HTTP/1.1 400 Bad Request"'],
    ['an old SSH server', 'SSH-1.5-old\r\n', 'not an SSH server: it says "SSH-1.5-old"'],
    ['noise', '\0\x01\x02'.repeat(5000), 'not an SSH server: it says "'],
  ])('%s is quoted', async (_what, words, reason) => {
    const { port, close } = await listen((socket) => {
      socket.on('error', () => socket.destroy())
      socket.resume()
      socket.end(words)
    })
    await using bench = await Bench.open()
    await expect(bench.connect({ port })).rejects.toMatchObject({
      code: 'connect_failed',
      message: expect.stringContaining(`could not connect to 127.0.0.1:${port}: ${reason}`),
    })
    close()
  })

  test('nobody is', async () => {
    const { port, close } = await listen(() => undefined)
    close()
    await using bench = await Bench.open()
    await expect(bench.connect({ port })).rejects.toMatchObject({
      code: 'connect_failed',
      message: `could not connect to 127.0.0.1:${port}: connection refused`,
    })
  })

  test('a name that is unknown is said', async () => {
    await using bench = await Bench.open()
    await expect(bench.connect({ host: 'nowhere.invalid' })).rejects.toMatchObject({
      code: 'connect_failed',
      message: expect.stringMatching(/^could not connect to nowhere\.invalid:22: (unknown host|the name cannot be)/),
    })
  })
})

describe('algorithms', () => {
  // promise: strong-algorithms
  test('that have nothing in common are both named, and what to allow', async () => {
    await using server = await serve({ algorithms: { kex: ['diffie-hellman-group14-sha1'] } })
    await using bench = await Bench.open()
    await expect(bench.connect(fieldsFor(server), { environment })).rejects.toMatchObject({
      code: 'connect_failed',
      message: expect.stringMatching(
        /: no common key exchange: the server has diffie-hellman-group14-sha1.*, ferry offers curve25519-sha256,/,
      ),
      details: { hint: 'to allow an old one: -o KexAlgorithms=+diffie-hellman-group14-sha1' },
    })
    const allowed = { ...fieldsFor(server), ssh_options: { KexAlgorithms: '+diffie-hellman-group14-sha1' } }
    expect(await firstAnswer(await bench.connect(allowed, { environment }))).toBe(2)
  })

  // promise: strong-algorithms
  test.each([
    ['cipher', { cipher: ['aes128-cbc'] }, 'no common cipher'],
    ['MAC', { cipher: ['aes128-ctr'], hmac: ['hmac-sha1'] }, 'no common MAC'],
  ] as const)('an old %s is not taken', async (_what, algorithms, reason) => {
    const [cipher, hmac] = [[...algorithms.cipher], 'hmac' in algorithms ? [...algorithms.hmac] : undefined]
    await using server = await serve({ algorithms: { cipher, ...(hmac !== undefined && { hmac }) } })
    await using bench = await Bench.open()
    await expect(bench.connect(fieldsFor(server), { environment })).rejects.toMatchObject({
      code: 'connect_failed',
      message: expect.stringContaining(reason),
    })
  })

  test.each(['aes256-gcm@openssh.com', 'aes192-ctr', 'chacha20-poly1305@openssh.com'] as const)(
    '%s carries data',
    async (cipher) => {
      await using server = await serve({ algorithms: { cipher: [cipher] } })
      await using bench = await Bench.open()
      expect(await firstAnswer(await bench.connect(fieldsFor(server), { environment }))).toBe(2)
    },
  )
})

describe('what the server says besides', () => {
  // promise: drained-stderr
  test('greeting, banner and stderr disturb nothing, and are noted', async () => {
    await using server = await serve({
      greeting: 'before\x1b[2J',
      banner: 'welcome\r\nall',
      stderr: 'noise '.repeat(100_000),
    })
    await using bench = await Bench.open()
    const channel = await bench.connect(fieldsFor(server), { environment })
    expect(await firstAnswer(channel)).toBe(2)
    expect(bench.notes).toContainEqual({ level: 1, text: 'banner: welcome\r\nall' })
    expect(bench.notes).toContainEqual({ level: 2, text: 'greeting: before\x1b[2J' })
  })

  // promise: new-keys
  test('a new exchange of keys is lived through', async () => {
    let rekey = (): void => undefined
    await using server = await serve({
      onConnection: (connection) => {
        rekey = () => connection.rekey()
      },
    })
    await using bench = await Bench.open()
    const channel = await bench.connect(fieldsFor(server), { environment })
    const handshakes = (): number => bench.notes.filter(({ text }) => text.startsWith('key exchange')).length
    rekey()
    expect(await firstAnswer(channel)).toBe(2)
    expect(handshakes()).toBe(1)
  })

  // promise: unasked-refused
  test.each<[string, (connection: ServerConnection, done: (error: Error | undefined) => void) => void]>([
    ['a forwarded port', (connection, done) => connection.forwardOut('10.0.0.1', 1, '10.0.0.2', 2, done)],
    ['a forwarded socket', (connection, done) => connection.openssh_forwardOutStreamLocal('/run/x', done)],
    ['X11', (connection, done) => connection.x11('10.0.0.1', 1, done)],
  ])('a channel that it opens for %s is refused', async (_what, open) => {
    const refused = new Promise<unknown>((resolve) => {
      void serveAndConnect((connection) => {
        connection.on('session', () => open(connection, resolve))
      })
    })
    expect(await refused).toBeInstanceOf(Error)
  })

  async function serveAndConnect(onConnection: NonNullable<StartOptions['onConnection']>): Promise<void> {
    await using server = await serve({ onConnection })
    await using bench = await Bench.open()
    const channel = await bench.connect(fieldsFor(server), { environment })
    await firstAnswer(channel)
  }
})

describe('close', () => {
  test('ends the connection, may be called again, and settles `ended`', async () => {
    await using server = await serve()
    await using bench = await Bench.open()
    const channel = await bench.connect(fieldsFor(server), { environment })
    await Promise.all([channel.close(), channel.close()])
    expect(await channel.ended).toMatchObject({ code: 'connection_lost' })
    await server.idle()
  })

  // promise: close-ends
  test('does not wait for a server that is frozen', async () => {
    await using server = await serve()
    await using bench = await Bench.open()
    const channel = await bench.connect(fieldsFor(server), { environment })
    server.freezeConnections()
    // No time passes: its answer is not waited for at all.
    vi.useFakeTimers({ toFake: ['setTimeout'] })
    try {
      await channel.close()
    } finally {
      vi.useRealTimers()
    }
  })
})
