import { execFile } from 'node:child_process'
import { appendFile, readdir, readFile } from 'node:fs/promises'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { FerryError } from '../../src/errors/ferry-error.ts'
import type { Connection } from '../../src/model/connection.ts'
import { describeWithSshd, describeWithUnixUsers } from '../support/requirements.ts'
import { startSftpServer } from '../support/sftp-server/start-sftp-server.ts'
import { makeKeyPair } from '../support/ssh-keys.ts'
import { type Sshd, useSshd } from '../support/sshd.ts'
import { Bench, firstAnswer, passwordOf } from './connecting.ts'

const run = promisify(execFile)

/** The search path of whoever runs the tests: ssh, and what ssh starts. */
const path = { PATH: process.env['PATH'] }

let sshd: Sshd

beforeAll(async () => {
  sshd = await useSshd({ hostKeyTypes: ['ed25519', 'ecdsa'] })
})

afterAll(() => sshd?.stop())

/** What leads to the server and logs in there, by the system's ssh. */
const fields = (more: Partial<Connection> = {}): Partial<Connection> => ({
  transport: 'openssh',
  host: sshd.host,
  port: sshd.port,
  username: sshd.username,
  identity_file: sshd.identityFile,
  known_hosts_file: sshd.knownHostsFile,
  ...more,
})

describeWithSshd('the system’s ssh as transport', () => {
  test('carries SFTP, and ends when the channel is closed', async () => {
    await using bench = await Bench.open()
    const channel = await bench.connect(fields(), { environment: path })
    expect(await firstAnswer(channel)).toBe(2)
    expect(channel.peer).toEqual({
      transport: 'openssh',
      host: sshd.host,
      port: sshd.port,
      username: sshd.username,
    })
    await channel.close()
    expect(await channel.ended).toMatchObject({ code: 'connection_lost' })
  })

  test('a key that is encrypted is opened by identity_passphrase', async () => {
    await using bench = await Bench.open()
    const channel = await bench.connect(
      fields({ identity_file: sshd.encryptedIdentityFile, identity_passphrase: { env: 'PHRASE' } }),
      { environment: { ...path, PHRASE: sshd.passphrase } },
    )
    expect(await firstAnswer(channel)).toBe(2)
  })

  test('a passphrase that does not open the key is authentication_failed', async () => {
    await using bench = await Bench.open()
    await expect(
      bench.connect(fields({ identity_file: sshd.encryptedIdentityFile, identity_passphrase: { env: 'PHRASE' } }), {
        environment: { ...path, PHRASE: 'wrong' },
      }),
    ).rejects.toMatchObject({
      code: 'authentication_failed',
      message: `cannot use the key ${sshd.encryptedIdentityFile}: identity_passphrase does not open it`,
    })
  })

  test('who is there is asked for a passphrase', async () => {
    await using bench = await Bench.open()
    const channel = await bench.connect(fields({ identity_file: sshd.encryptedIdentityFile }), {
      environment: path,
      answer: () => sshd.passphrase,
    })
    expect(await firstAnswer(channel)).toBe(2)
    expect(bench.prompts).toMatchObject([{ text: expect.stringContaining('passphrase'), echo: false }])
  })

  test('nothing that is accepted is authentication_failed, with what the server takes', async () => {
    await using bench = await Bench.open()
    const { file } = await makeKeyPair(`${bench.home}/other`)
    await expect(bench.connect(fields({ identity_file: file }), { environment: path })).rejects.toMatchObject({
      code: 'authentication_failed',
      message: `authentication failed for ${sshd.username}@127.0.0.1:${sshd.port}: the server takes publickey and password, tried publickey`,
    })
  })

  test('a pinned key is accepted, of whatever type it is', async () => {
    await using bench = await Bench.open()
    for (const { fingerprint } of sshd.hostKeys) {
      const channel = await bench.connect(fields({ host_key: [fingerprint], known_hosts_file: 'none' }), {
        environment: path,
      })
      expect(await firstAnswer(channel)).toBe(2)
    }
  })

  // promise: host-keys
  test('a key that is not the pinned one is refused before anything is offered, though known_hosts has it', async () => {
    await using bench = await Bench.open()
    const { fingerprint } = await makeKeyPair(`${bench.home}/other`)
    await expect(bench.connect(fields({ host_key: [fingerprint] }), { environment: path })).rejects.toMatchObject({
      code: 'host_key_rejected',
      message: `host key rejected: the server's key is not the pinned one: ED25519 ${sshd.hostKeyFingerprint}, pinned is ${fingerprint}`,
    })
    expect(bench.notes.filter(({ text }) => /Offering|Next authentication/.test(text))).toEqual([])
  })

  test('a pinned key that is revoked is refused', async () => {
    await using bench = await Bench.open()
    const file = await bench.write('known', `@revoked * ${sshd.hostPublicKey}\n`)
    await expect(
      bench.connect(fields({ host_key: [sshd.hostKeyFingerprint], known_hosts_file: file }), { environment: path }),
    ).rejects.toMatchObject({ code: 'host_key_rejected', message: expect.stringContaining('is revoked') })
  })

  test('an unknown key is refused where nobody can be asked, and the hint pins it', async () => {
    await using bench = await Bench.open()
    const file = await bench.write('known', '')
    await expect(bench.connect(fields({ known_hosts_file: file }), { environment: path })).rejects.toMatchObject({
      code: 'host_key_rejected',
      message: `host key rejected: [127.0.0.1]:${sshd.port} is not in ~/known, and there is no terminal to ask on`,
      details: { hint: `if this is its key: ferry connections edit bank --host-key ${sshd.hostKeyFingerprint}` },
    })
  })

  test.each([
    ['yes', true],
    ['no', false],
  ])('an unknown key is asked about, and the answer is "%s"', async (answer, isTaken) => {
    await using bench = await Bench.open()
    const file = await bench.write('known', '')
    const connecting = bench.connect(fields({ known_hosts_file: file }), { environment: path, answer: () => answer })
    if (isTaken) expect(await firstAnswer(await connecting)).toBe(2)
    else await expect(connecting).rejects.toMatchObject({ code: 'host_key_rejected' })
    expect(bench.prompts).toMatchObject([
      {
        text: expect.stringContaining(`is not in ~/known. Its key is ED25519 ${sshd.hostKeyFingerprint}.`),
        echo: true,
      },
    ])
    expect((await readFile(file, 'utf8')) !== '').toBe(isTaken)
  })

  test.each([['no'], ['accept-new']])('StrictHostKeyChecking %s accepts a new key, and no changed one', async (how) => {
    await using bench = await Bench.open()
    const file = await bench.write('known', '')
    const options = { known_hosts_file: file, ssh_options: { StrictHostKeyChecking: how } }
    expect(await firstAnswer(await bench.connect(fields(options), { environment: path }))).toBe(2)
    expect(bench.notes).toContainEqual({
      level: 0,
      text: expect.stringContaining(`ED25519 ${sshd.hostKeyFingerprint}`),
    })
    const { publicKey, fingerprint } = await makeKeyPair(`${bench.home}/other`)
    const changed = await bench.write('changed', `[127.0.0.1]:${sshd.port} ${publicKey}\n`)
    await expect(
      bench.connect(fields({ ...options, known_hosts_file: changed }), { environment: path }),
    ).rejects.toMatchObject({
      code: 'host_key_rejected',
      message: `host key rejected: the key of [127.0.0.1]:${sshd.port} has changed: the server has ED25519 ${sshd.hostKeyFingerprint}, ~/changed:1 has ED25519 ${fingerprint}`,
      details: { place: { file: changed, line: 1 } },
    })
  })

  test('certificates of user and host are taken', async () => {
    await using bench = await Bench.open()
    const ca = await makeKeyPair(`${bench.home}/ca`)
    const user = await makeKeyPair(`${bench.home}/user`)
    const host = await makeKeyPair(`${bench.home}/host`)
    await run('ssh-keygen', ['-q', '-s', ca.file, '-I', 'user', '-n', sshd.username, `${user.file}.pub`])
    await run('ssh-keygen', ['-q', '-s', ca.file, '-h', '-I', 'host', '-n', '127.0.0.1', `${host.file}.pub`])
    await using own = await useSshd({
      extra: [`TrustedUserCAKeys ${ca.file}.pub`, `HostKey ${host.file}`, `HostCertificate ${host.file}-cert.pub`],
    })
    const known = await bench.write('known', `@cert-authority [127.0.0.1]:${own.port} ${ca.publicKey}\n`)
    const certified = fields({
      port: own.port,
      identity_file: user.file,
      known_hosts_file: known,
      ssh_options: { CertificateFile: `${user.file}-cert.pub` },
    })
    expect(await firstAnswer(await bench.connect(certified, { environment: path }))).toBe(2)
    const pinned = { ...certified, known_hosts_file: 'none', host_key: [host.fingerprint] }
    expect(await firstAnswer(await bench.connect(pinned, { environment: path }))).toBe(2)
  })

  test('HOME’s own ssh_config counts, with what it calls ~', async () => {
    await using bench = await Bench.open()
    await bench.write('known', `[127.0.0.1]:${sshd.port} ${sshd.hostPublicKey}\n`)
    await bench.write('id', await readFile(sshd.identityFile, 'utf8'))
    const lines = [`Port ${sshd.port}`, `User ${sshd.username}`, 'IdentityFile ~/id', 'UserKnownHostsFile ~/known']
    await bench.write('.ssh/config', ['Host alias', 'HostName 127.0.0.1', ...lines, ''].join('\n'))
    const channel = await bench.connect(
      { transport: 'openssh', host: 'alias' },
      { environment: path, withConfig: true },
    )
    expect(await firstAnswer(channel)).toBe(2)
  })

  test('HOME’s own certificate counts', async () => {
    await using bench = await Bench.open()
    const ca = await makeKeyPair(`${bench.home}/ca`)
    const user = await makeKeyPair(`${bench.home}/user`)
    await run('ssh-keygen', ['-q', '-s', ca.file, '-I', 'user', '-n', sshd.username, `${user.file}.pub`])
    await run('mv', [`${user.file}-cert.pub`, `${bench.home}/other.pub`])
    await using own = await useSshd({ extra: [`TrustedUserCAKeys ${ca.file}.pub`] })
    const lines = [`Port ${own.port}`, `User ${own.username}`, 'IdentityFile ~/user', 'CertificateFile ~/other.pub']
    await bench.write('.ssh/config', ['Host alias', 'HostName 127.0.0.1', ...lines, ''].join('\n'))
    const channel = await bench.connect(
      { host: 'alias', transport: 'auto', known_hosts_file: own.knownHostsFile },
      { environment: path, withConfig: true },
    )
    expect(channel.peer.transport).toBe('openssh')
    expect(await firstAnswer(channel)).toBe(2)
  })

  test('a jump host that cannot be reached is named with its own port', async () => {
    await using bench = await Bench.open()
    await expect(
      bench.connect(fields(), { environment: path, overrides: { jump: '127.0.0.1:1' } }),
    ).rejects.toMatchObject({
      code: 'connect_failed',
      message: 'jump host 127.0.0.1:1: could not connect to 127.0.0.1:1: connection refused',
    })
  })

  test('two jump hosts on the way are checked and logged in to with the connection’s key', async () => {
    await using bench = await Bench.open()
    await using first = await useSshd()
    await using second = await useSshd()
    const known = await bench.write(
      'known',
      [first, second, sshd].map(({ port, hostPublicKey }) => `[127.0.0.1]:${port} ${hostPublicKey}\n`).join(''),
    )
    const identity = await readFile(`${sshd.identityFile}.pub`, 'utf8')
    await Promise.all([first, second].map(({ authorizedKeysFile }) => appendFile(authorizedKeysFile, identity)))
    const jump = [first, second].map(({ port, username }) => `${username}@127.0.0.1:${port}`).join(',')
    const way = fields({ known_hosts_file: known })
    const channel = await bench.connect(way, { environment: path, overrides: { jump } })
    expect(await firstAnswer(channel)).toBe(2)
    expect(first.log()).toMatch(/Accepted publickey/)
    expect(second.log()).toMatch(/Accepted publickey/)
    const unknown = await bench.write('unknown', `[127.0.0.1]:${sshd.port} ${sshd.hostPublicKey}\n`)
    await expect(
      bench.connect({ ...way, known_hosts_file: unknown }, { environment: path, overrides: { jump } }),
    ).rejects.toMatchObject({ code: 'host_key_rejected', message: expect.stringMatching(/^jump hosts 127/) })
  })

  test('a key that is encrypted is opened for a jump host and for the destination', async () => {
    await using bench = await Bench.open()
    await using gate = await useSshd()
    const known = await bench.write(
      'known',
      [gate, sshd].map(({ port, hostPublicKey }) => `[127.0.0.1]:${port} ${hostPublicKey}\n`).join(''),
    )
    await appendFile(gate.authorizedKeysFile, await readFile(`${sshd.encryptedIdentityFile}.pub`, 'utf8'))
    const channel = await bench.connect(
      fields({
        identity_file: sshd.encryptedIdentityFile,
        identity_passphrase: { env: 'PHRASE' },
        known_hosts_file: known,
      }),
      {
        environment: { ...path, PHRASE: sshd.passphrase },
        overrides: { jump: `${gate.username}@127.0.0.1:${gate.port}` },
      },
    )
    expect(await firstAnswer(channel)).toBe(2)
  })

  test('a ProxyCommand carries the connection', async () => {
    await using bench = await Bench.open()
    const script = `const s=require('net').connect(${sshd.port},'127.0.0.1');process.stdin.pipe(s);s.pipe(process.stdout)`
    const file = await bench.write('proxy.js', script)
    const channel = await bench.connect(fields({ ssh_options: { ProxyCommand: `${process.execPath} ${file}` } }), {
      environment: path,
    })
    expect(await firstAnswer(channel)).toBe(2)
  })

  test('a connection that is lost later is connection_lost', async () => {
    await using bench = await Bench.open()
    await using own = await useSshd()
    const channel = await bench.connect(
      fields({ port: own.port, identity_file: own.identityFile, known_hosts_file: own.knownHostsFile }),
      { environment: path },
    )
    expect(await firstAnswer(channel)).toBe(2)
    await own.dropConnections()
    expect(await channel.ended).toMatchObject({ code: 'connection_lost' })
  })

  test('a server without SFTP is connect_failed', async () => {
    await using bench = await Bench.open()
    await using own = await useSshd({ subsystem: 'none' })
    const channel = await bench.connect(
      fields({ port: own.port, identity_file: own.identityFile, known_hosts_file: own.knownHostsFile }),
      { environment: path },
    )
    expect(await channel.ended).toMatchObject({
      code: 'connect_failed',
      message: `could not connect to 127.0.0.1:${own.port}: there is no SFTP`,
    })
  })

  test.each([
    [{ port: 1 }, 'connect_failed', 'could not connect to 127.0.0.1:1: connection refused'],
    [{ host: 'nowhere.invalid', port: 22 }, 'connect_failed', 'could not connect to nowhere.invalid:22: unknown host'],
    [{ ssh_options: { Ciphers: '3des-cbc' } }, 'connect_failed', /no common cipher: the server has /],
  ])('%o is %s', async (more, code, message) => {
    await using bench = await Bench.open()
    await expect(bench.connect(fields(more), { environment: path })).rejects.toMatchObject({
      code,
      message: typeof message === 'string' ? message : expect.stringMatching(message),
    })
  })

  test('a program ssh that is not there is connect_failed', async () => {
    await using bench = await Bench.open()
    await expect(bench.connect(fields(), { environment: { PATH: bench.home } })).rejects.toMatchObject({
      code: 'connect_failed',
      message: 'could not start ssh: there is none in PATH',
    })
  })

  test('a line of ssh_config that ssh refuses is usage, with its place', async () => {
    await using bench = await Bench.open()
    const file = await bench.write('config', 'IgnoreUnknown Foo\nPort 22\nGSSAPITrustDns maybe\n')
    await expect(bench.connect(fields({ ssh_config_file: file }), { environment: path })).rejects.toMatchObject({
      code: 'usage',
      details: { place: { file, line: 3 } },
    })
  })

  // promise: silent-login
  test('a server that never answers is timed_out, and leaves no process and no folder', async () => {
    await using bench = await Bench.open()
    await using silent = await startSftpServer({ root: '/', users: [], loginFaults: [{ at: 'connect', act: 'hang' }] })
    const more = { port: silent.port, host_key: [silent.hostKeyFingerprint], timeout: '1s' }
    const environment = { ...path, TMPDIR: bench.home }
    await expect(bench.connect(fields(more), { environment })).rejects.toMatchObject({
      code: 'timed_out',
      message: `could not connect to 127.0.0.1:${silent.port}: no answer within 1s`,
    })
    expect(await readdir(bench.home)).toEqual([])
    expect(await sshTo(silent.port)).toEqual([])
  })

  test('giving up ends ssh at once', async () => {
    await using bench = await Bench.open()
    await using silent = await startSftpServer({
      root: '/',
      users: [],
      loginFaults: [{ at: 'key-exchange', act: 'hang' }],
    })
    const giveUp = new AbortController()
    const connecting = bench.connect(fields({ port: silent.port }), { environment: path, signal: giveUp.signal })
    await Promise.race([connecting, bench.noted(/Remote protocol version/)])
    giveUp.abort(new FerryError('cancelled', 'interrupted'))
    await expect(connecting).rejects.toMatchObject({ code: 'cancelled' })
    expect(await sshTo(silent.port)).toEqual([])
  })
})

/** The processes of ssh that were started for a port. */
async function sshTo(port: number): Promise<string[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name))
  const lines = await Promise.all(pids.map((pid) => readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')))
  return lines.filter((line) => line.startsWith('ssh\0') && line.includes(String(port)))
}

describeWithUnixUsers('passwords by the system’s ssh', () => {
  // promise: secrets-stay
  test('the connection’s password is offered, and is in no argument and no environment', async () => {
    await using bench = await Bench.open()
    const user = await sshd.passwordUser()
    const channel = await bench.connect(passwordFields(user.username), {
      environment: { ...path, BANK_PASSWORD: user.password },
    })
    expect(await firstAnswer(channel)).toBe(2)
    expect(bench.notes.map(({ text }) => text).join('\n')).not.toContain(user.password)
    const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name) && name !== String(process.pid))
    const shown = await Promise.all(
      pids.flatMap((pid) =>
        ['cmdline', 'environ'].map((name) => readFile(`/proc/${pid}/${name}`, 'utf8').catch(() => '')),
      ),
    )
    expect(shown.filter((text) => text.includes(user.password))).toEqual([])
  })

  test('a wrong one is offered once, and is authentication_failed', async () => {
    await using bench = await Bench.open()
    const user = await sshd.passwordUser()
    await expect(
      bench.connect(passwordFields(user.username), { environment: { ...path, BANK_PASSWORD: 'wrong' } }),
    ).rejects.toMatchObject({
      code: 'authentication_failed',
      message: `authentication failed for ${user.username}@127.0.0.1:${sshd.port}: the server takes publickey and password, tried publickey and password`,
    })
    const tries = [...sshd.log().matchAll(new RegExp(`Failed password for ${user.username}`, 'g'))]
    expect(tries).toHaveLength(1)
  })

  test('who is there is asked NumberOfPasswordPrompts times', async () => {
    await using bench = await Bench.open()
    const user = await sshd.passwordUser()
    const { password: _none, ...nothing } = passwordFields(user.username)
    await expect(
      bench.connect(
        { ...nothing, ssh_options: { NumberOfPasswordPrompts: '2' } },
        { environment: path, answer: () => 'wrong' },
      ),
    ).rejects.toMatchObject({ code: 'authentication_failed' })
    expect(bench.prompts).toHaveLength(2)
  })

  // promise: secret-meant
  test('a jump host is never offered the connection’s password', async () => {
    await using bench = await Bench.open()
    const user = await sshd.passwordUser()
    await using gate = await useSshd()
    const known = await bench.write('known', `[127.0.0.1]:${gate.port} ${gate.hostPublicKey}\n`)
    const jump = `${user.username}@127.0.0.1:${gate.port}`
    await expect(
      bench.connect(
        { ...passwordFields(user.username), known_hosts_file: known },
        { environment: { ...path, BANK_PASSWORD: user.password }, overrides: { jump } },
      ),
    ).rejects.toMatchObject({ code: 'authentication_failed' })
    expect(gate.log()).not.toMatch(/(?:Accepted|Failed) password/)
  })
})

/** No key is accepted for such a user. */
const passwordFields = (username: string): Partial<Connection> => ({
  transport: 'openssh',
  host: sshd.host,
  port: sshd.port,
  username,
  known_hosts_file: sshd.knownHostsFile,
  password: passwordOf,
})
