import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { connect, type Socket } from 'node:net'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type TemporaryDirectory, temporaryDirectory } from '../temporary-directory.ts'
import { status } from './acts.ts'
import { generateHostKey } from './host-key.ts'
import type { LoginFault } from './login-faults.ts'
import { RawClient } from './raw-client.ts'
import { login, password, sftp, subsystem } from './ssh-client.ts'
import { type RunningSftpServer, type StartOptions, startSftpServer } from './start-sftp-server.ts'
import { packetType, string } from './wire.ts'

let directory: TemporaryDirectory
const ours = generateHostKey()

beforeAll(async () => {
  directory = await temporaryDirectory()
  await writeFile(join(directory.path, 'a'), 'hello')
})
afterAll(() => directory[Symbol.asyncDispose]())

const start = (options: Partial<StartOptions> = {}): Promise<RunningSftpServer> =>
  startSftpServer({ root: directory.path, users: [{ name: 'ann', password }], ...options })

test('SFTP is served behind a login, with faults, and recorded', async () => {
  await using server = await start({ faults: [{ on: 'remove', act: status(4) }] })
  const client = await login(server)
  const raw = await sftp(client)
  expect(await raw.start()).toMatchObject({ version: 3 })
  expect(await raw.ask(packetType.lstat, string('a'))).toMatchObject({ attributes: { size: 5 } })
  expect(await raw.ask(packetType.remove, string('a'))).toMatchObject({ code: 4 })
  expect(server.requests.map(({ name }) => name)).toEqual(['init', 'lstat', 'remove'])
  expect([server.connections(), server.accepted()]).toEqual([1, 1])
  client.end()
  await server.idle()
  expect([server.connections(), server.accepted()]).toEqual([0, 1])
})

test('the host key is the one that is told, and can be given', async () => {
  for (const hostKey of [undefined, ours.privateKey]) {
    await using server = await start(hostKey === undefined ? {} : { hostKey })
    let shown = ''
    const hostVerifier = (key: Buffer): boolean => {
      shown = `ssh-ed25519 ${key.toString('base64')}`
      return true
    }
    const client = await login(server, { password, hostVerifier })
    expect(shown).toBe(server.hostPublicKey)
    expect(server.knownHostsLine).toBe(`[127.0.0.1]:${server.port} ${shown}\n`)
    if (hostKey !== undefined) expect(server.hostKeyFingerprint).toBe(ours.fingerprint)
    client.end()
  }
})

test('a server can come back on its port with another key', async () => {
  const first = await start()
  const { port } = first
  await first.stop()
  await using second = await start({ port })
  expect(second.port).toBe(port)
  expect(second.hostPublicKey).not.toBe(first.hostPublicKey)
})

test('stderr is written, and the exit status told when the server ends', async () => {
  await using server = await start({
    stderr: 'no sftp-server\n',
    exitStatus: 127,
    faults: [{ on: 'init', act: ({ end }) => void end() }],
  })
  const client = await login(server)
  const channel = await subsystem(client)
  let stderr = ''
  channel.stderr.on('data', (chunk: Buffer) => (stderr += chunk))
  const exit = once(channel, 'exit')
  await expect(new RawClient(channel, channel).start()).rejects.toThrow('the stream ended')
  expect(await exit).toEqual([127])
  expect(stderr).toBe('no sftp-server\n')
  client.end()
})

test('another subsystem is refused', async () => {
  await using server = await start()
  const client = await login(server)
  await expect(subsystem(client, 'netconf')).rejects.toThrow(/subsystem/)
  client.end()
})

test('dropped connections are gone, and new ones are welcome', async () => {
  await using server = await start()
  const client = await login(server)
  const closed = once(client, 'close')
  server.dropConnections()
  await closed
  const again = await login(server)
  again.end()
})

test('a connection can end by a reset', async () => {
  await using server = await start({ loginFaults: [{ at: 'session', act: 'reset', after: 1 }] })
  const [dropped, faulty] = [await login(server), await login(server)]
  const [drop, fault] = [once(dropped, 'error'), once(faulty, 'error')]
  server.dropConnections({ reset: true })
  expect(await drop).toMatchObject([{ code: 'ECONNRESET' }])
  subsystem(faulty).catch(() => undefined)
  expect(await fault).toMatchObject([{ code: 'ECONNRESET' }])
})

test('frozen connections stay, and hear nothing', async () => {
  await using server = await start()
  const frozen = await login(server)
  const raw = await sftp(frozen)
  await raw.start()
  server.freezeConnections()
  raw.send(packetType.lstat, string('a'))
  const other = await login(server)
  await (await sftp(other)).start()
  expect(server.requests.map(({ name }) => name)).toEqual(['init', 'init'])
  expect(server.connections()).toBe(2)
  frozen.destroy()
  other.end()
})

test('stop ends the connections and the listener', async () => {
  const server = await start()
  const client = await login(server)
  const closed = once(client, 'close')
  await server.stop()
  await closed
  await expect(login(server)).rejects.toThrow(/ECONNREFUSED/)
})

test('a test can act on the connection itself', async () => {
  let rekey = (): void => {}
  await using server = await start({ onConnection: (connection) => (rekey = () => connection.rekey()) })
  const client = await login(server)
  const shaken = once(client, 'handshake')
  rekey()
  await shaken
  client.end()
})

/** What a bare socket hears. */
async function hear(server: RunningSftpServer): Promise<{ socket: Socket; said: () => string }> {
  const socket = connect(server.port, server.host)
  let said = ''
  socket.on('data', (chunk) => (said += chunk.toString('latin1')))
  socket.write('SSH-2.0-test\r\n')
  await once(socket, 'connect')
  return { socket, said: () => said }
}

test('a connection can be refused or closed before and after the identification', async () => {
  const early = (at: LoginFault['at'], act: LoginFault['act']): LoginFault[] => [{ at, act }]
  for (const [loginFaults, expected] of [
    [early('connect', 'close'), /^$/],
    [early('connect', 'refuse'), /^Exceeded MaxStartups\r\n$/],
    [early('key-exchange', 'close'), /^SSH-2\.0-ferry_test\r\n$/],
    [early('key-exchange', 'refuse'), /^SSH-2\.0-ferry_test\r\n.*no more logins today/s],
  ] as const) {
    await using server = await start({ loginFaults })
    const { socket, said } = await hear(server)
    await once(socket, 'end')
    expect(said()).toMatch(expected)
    socket.destroy()
  }
})

test('a client understands the disconnect before key exchange', async () => {
  await using server = await start({ loginFaults: [{ at: 'key-exchange', act: 'refuse' }] })
  await expect(login(server)).rejects.toThrow(/no more logins today/)
})

test.each([
  ['connect', /readyTimeout|handshake|Timed out/i],
  ['key-exchange', /Timed out/i],
  ['authentication', /Timed out/i],
] as const)('a server that hangs at %s is silent, until the client goes', async (at, error) => {
  await using server = await start({ loginFaults: [{ at, act: 'hang' }] })
  await expect(login(server, { password, readyTimeout: 100 })).rejects.toThrow(error)
  await server.idle()
  expect(server.logins).toEqual([])
})

test('authentication can be refused or closed', async () => {
  await using server = await start({
    loginFaults: [
      { at: 'authentication', act: 'refuse', times: 1 },
      { at: 'authentication', act: 'close', after: 1, times: 1 },
    ],
  })
  await expect(login(server)).rejects.toThrow(/authentication methods failed/)
  await expect(login(server)).rejects.toThrow(/closed|ECONNRESET|lost/i)
  const client = await login(server)
  client.end()
})

test.each(['session', 'subsystem'] as const)('the %s can be refused, closed, or never answered', async (at) => {
  await using server = await start({
    loginFaults: [
      { at, act: 'refuse', times: 1 },
      { at, act: 'close', after: 1, times: 1 },
      { at, act: 'hang', after: 2, times: 1 },
    ],
  })
  const refused = await login(server)
  await expect(subsystem(refused)).rejects.toThrow(/open failure|subsystem/i)
  refused.end()
  const lost = await login(server)
  const closed = once(lost, 'close')
  subsystem(lost).catch(() => undefined)
  await closed
  const waiting = await login(server)
  const answered = subsystem(waiting).then(
    () => 'answered',
    () => 'gone',
  )
  // A request that comes after it is answered.
  await new Promise((resolve) => waiting.forwardOut('', 0, '127.0.0.1', 1, resolve))
  expect(await Promise.race([answered, Promise.resolve('waiting')])).toBe('waiting')
  waiting.end()
})
