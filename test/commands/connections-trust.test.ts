import { Readable } from 'node:stream'
import { beforeEach, expect, test } from 'vitest'
import { offeredHostKeys } from '../../src/api/offered-host-keys.ts'
import { connectionsCommand } from '../../src/commands/connections.ts'
import type { Connection } from '../../src/model/connection.ts'
import type { Origin } from '../../src/model/state.ts'
import { fingerprintOf } from '../../src/ssh/fingerprint.ts'
import { openStateStore } from '../../src/state/open-state-store.ts'
import { type Outcome, runInProcess } from '../cli/run-in-process.ts'
import { describeWithSshd } from '../support/requirements.ts'
import { type RunningSftpServer, startSftpServer } from '../support/sftp-server/start-sftp-server.ts'
import { useSshd } from '../support/sshd.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'
import { type TestContext, testContext } from '../support/test-io.ts'

let home = ''
let server: RunningSftpServer
const signal = new AbortController().signal
beforeEach(async () => {
  const directory = await temporaryDirectory()
  home = directory.path
  server = await startSftpServer({ root: home, users: [{ name: 'deploy', password: 'right' }] })
  return async () => {
    await server.stop()
    await directory[Symbol.asyncDispose]()
  }
})

const store = () => openStateStore(undefined, { environment: { HOME: home }, signal })
const stored = async (): Promise<Connection | undefined> => (await store().read()).connections.get('bank')?.value
async function put(fields: Partial<Connection> = {}, origin: Origin = {}): Promise<void> {
  const value = { name: 'bank', host: '127.0.0.1', port: server.port, ssh_config_file: 'none', ...fields }
  await store().update((state) => ({
    ...state,
    connections: new Map(state.connections).set('bank', { value, origin }),
  }))
}
const trust = (...args: string[]): Promise<Outcome> =>
  runInProcess(['connections', 'trust', 'bank', ...args], { environment: { HOME: home }, stdin: Readable.from([]) })
async function atTerminal(typed: string): Promise<TestContext> {
  const environment = { HOME: home }
  const made = await testContext({
    terminal: true,
    typed,
    environment,
    store: store(),
    offeredHostKeys: (name, retry, endedBy) =>
      offeredHostKeys(name, retry, {
        store: async () => store(),
        environment,
        events: { note: () => {} },
        signal: endedBy,
      }),
  })
  await connectionsCommand(made.context).parseAsync(['trust', 'bank'], { from: 'user' })
  return made
}

const otherFingerprint = `SHA256:${'a'.repeat(43)}`

test('with the right fingerprint the key is stored, without logging in', async () => {
  await put({ active: false, username: 'nobody' })
  const { status, stdout } = await trust('--yes', '--fingerprint', server.hostKeyFingerprint, '--json')
  expect(status).toBe(0)
  expect(JSON.parse(stdout)).toMatchObject({
    ok: true,
    name: 'bank',
    host_key: [server.hostKeyFingerprint],
    offered: [{ fingerprint: server.hostKeyFingerprint }],
  })
  expect(await stored()).toMatchObject({ host_key: [server.hostKeyFingerprint], active: false })
})

test('a server that is not there yet is waited for with --retry', async () => {
  await put()
  const { port, hostKey, hostKeyFingerprint } = server
  await server.stop()
  const note = async (_level: number, text: string): Promise<void> => {
    if (text.includes('trying again')) server = await startSftpServer({ root: home, users: [], port, hostKey })
  }
  const environment = { HOME: home }
  const offered = await offeredHostKeys('bank', 3, {
    store: async () => store(),
    environment,
    events: { note },
    signal,
  })
  expect(offered).toMatchObject([{ fingerprint: hostKeyFingerprint }])
})

test('with another fingerprint nothing is stored, and it is 21', async () => {
  await put()
  const { status, stderr } = await trust('--yes', '--fingerprint', otherFingerprint)
  expect(status).toBe(21)
  expect(stderr).toContain(`ferry: connections trust bank: the server has ssh-ed25519 ${server.hostKeyFingerprint}`)
  expect(await stored()).not.toHaveProperty('host_key')
})

test('without a terminal the key is shown, nothing is stored, and the hint says how', async () => {
  await put()
  const { status, stderr } = await trust()
  expect(status).toBe(21)
  expect(stderr).toContain(
    `hint: if that is its key: ferry connections trust bank --yes --fingerprint ${server.hostKeyFingerprint}`,
  )
  expect(await stored()).not.toHaveProperty('host_key')
})

test.each([
  [['--yes'], 'ferry: connections trust bank: --yes needs --fingerprint'],
  [['--fingerprint', 'MD5:aa'], '"MD5:aa" is no fingerprint'],
])('%j is wrong usage', async (args, message) => {
  await put()
  const { status, stderr } = await trust(...args)
  expect(status).toBe(2)
  expect(stderr).toContain(message)
})

test('a person is shown the key and asked; a yes stores it', async () => {
  await put({ host_key: [otherFingerprint] })
  const { stderr } = await atTerminal('perhaps\nyes\n')
  expect(stderr()).toContain(
    `Store ssh-ed25519 ${server.hostKeyFingerprint} as the host key of bank (yes/no/fingerprint)?`,
  )
  expect(await stored()).toMatchObject({ host_key: [server.hostKeyFingerprint] })
})

test('a no stores nothing', async () => {
  await put()
  await expect(atTerminal('no\n')).rejects.toMatchObject({ code: 'host_key_rejected' })
  expect(await stored()).not.toHaveProperty('host_key')
})

test('of a connection that a manifest owns, the YAML to put there is printed', async () => {
  await put({}, { owner: 'billing', place: { file: 'deploy.yml', line: 3 } })
  const { status, stdout, stderr } = await trust('--yes', '--fingerprint', server.hostKeyFingerprint)
  expect(status).toBe(0)
  expect(stdout).toContain(`${server.hostKeyFingerprint}`)
  expect(stderr).toContain('belongs to the manifest "billing"')
})

test('a server that is not there is 20, an unknown connection 12', async () => {
  await put({ port: 1 })
  const away = await trust('--yes', '--fingerprint', otherFingerprint)
  expect(away).toMatchObject({ status: 20, stderr: expect.stringMatching(/^ferry: connections trust bank: could not/) })
  const { status } = await runInProcess(['connections', 'trust', 'nobody'], { environment: { HOME: home } })
  expect(status).toBe(12)
})

test('a transport that is a command has no host key', async () => {
  await put({ transport: 'command', command: ['cat'] })
  const { status, stderr } = await trust()
  expect(status).toBe(2)
  expect(stderr).toContain('bank has no host key')
})

describeWithSshd('against sshd', () => {
  test('a key of each type is offered, and the fingerprint of any will do', async () => {
    await using sshd = await useSshd({ hostKeyTypes: ['rsa', 'ed25519', 'ecdsa'] })
    await put({ port: sshd.port })
    const [rsa, ed25519, ecdsa] = sshd.hostKeys.map(({ publicKey }) =>
      fingerprintOf(Buffer.from(publicKey.split(' ')[1] ?? '', 'base64')),
    )
    const { status, stdout } = await trust('--yes', '--fingerprint', rsa ?? '', '--json')
    expect(status).toBe(0)
    expect(JSON.parse(stdout)).toMatchObject({
      host_key: [rsa],
      offered: [
        { type: 'ssh-ed25519', fingerprint: ed25519 },
        { type: 'ecdsa-sha2-nistp256', fingerprint: ecdsa },
        { type: 'ssh-rsa', fingerprint: rsa },
      ],
    })
    expect(sshd.log()).not.toMatch(/Accepted|Failed (?:password|publickey)/)
  })
})
