import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFile, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Connection } from '../../src/model/connection.ts'
import { openSession } from '../../src/sftp/open-session.ts'
import { freePort } from '../support/free-port.ts'
import { programPath } from '../support/openssh.ts'
import { describeWithSshd } from '../support/requirements.ts'
import { makeKeyPair } from '../support/ssh-keys.ts'
import { type Sshd, useSshd } from '../support/sshd.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'
import { Bench, firstAnswer } from './connecting.ts'

const run = promisify(execFile)
const fieldsOf = (sshd: Sshd): Partial<Connection> => ({
  port: sshd.port,
  username: sshd.username,
  identity_file: sshd.identityFile,
  known_hosts_file: sshd.knownHostsFile,
})

describeWithSshd('options of the built-in transport', () => {
  let sshd: Sshd
  beforeAll(async () => {
    sshd = await useSshd({ hostKeyTypes: ['ed25519', 'ecdsa'], extra: ['LogLevel DEBUG1'] })
  })
  afterAll(() => sshd.stop())
  const withOptions = (ssh_options: Connection['ssh_options'] = {}): Partial<Connection> => ({
    ...fieldsOf(sshd),
    ssh_options,
  })
  const texts = (bench: Bench): string[] => bench.notes.map(({ text }) => text)

  test('algorithms that are named are the ones that are negotiated, and -v tells them', async () => {
    await using bench = await Bench.open()
    await bench.connect(
      withOptions({
        KexAlgorithms: 'ecdh-sha2-nistp384',
        HostKeyAlgorithms: 'ecdsa-sha2-nistp256',
        Ciphers: 'aes256-ctr',
        MACs: 'hmac-sha2-512',
        Compression: 'yes',
      }),
    )
    expect(texts(bench)).toContain('key exchange ecdh-sha2-nistp384, host key ecdsa-sha2-nistp256')
    expect(texts(bench)).toContain(
      'cipher aes256-ctr with hmac-sha2-512 to the server, aes256-ctr with hmac-sha2-512 from it, compression zlib@openssh.com',
    )
    expect(sshd.log()).toMatch(
      /kex: client->server cipher: aes256-ctr MAC: hmac-sha2-512 compression: zlib@openssh.com/,
    )
  })

  test('without any, the cheapest strong ones are taken', async () => {
    await using bench = await Bench.open()
    await bench.connect(withOptions())
    expect(texts(bench)).toContain('key exchange curve25519-sha256, host key ssh-ed25519')
    expect(texts(bench)).toContainEqual(expect.stringMatching(/^cipher aes128-gcm@openssh.com to the server/))
  })

  test('-v tells what runs there, which key is trusted and which was tried; -vv what the server takes', async () => {
    await using bench = await Bench.open()
    await bench.connect(withOptions())
    const at = (level: number): string[] => bench.notes.filter((note) => note.level === level).map(({ text }) => text)
    expect(at(1)).toContainEqual(expect.stringMatching(/^the server runs OpenSSH_/))
    expect(at(1)).toContainEqual(expect.stringMatching(/^host key ED25519 SHA256:\S+ is in .*known_hosts:1$/))
    expect(at(1)).toContainEqual(expect.stringMatching(/^trying publickey .*id_ed25519 with ssh-ed25519$/))
    expect(at(1)).toContain(`logged in as ${sshd.username}`)
    expect(at(2)).toContainEqual(expect.stringMatching(/^the server takes signatures .*rsa-sha2-512/))
  })

  // promise: new-keys
  test('RekeyLimit negotiates new keys while requests are under way', async () => {
    await using bench = await Bench.open()
    const { signal } = new AbortController()
    const channel = await bench.connect(withOptions({ RekeyLimit: '64K' }))
    await using session = await openSession(channel, { timeoutMs: 30_000, signal })
    const content = Buffer.alloc(300_000, 'rekey')
    const handle = await session.open('rekeyed', { write: true, create: true, read: true })
    for (let at = 0; at < content.length; at += 30_000) {
      await session.write(handle, at, content.subarray(at, at + 30_000))
    }
    await session.close(handle)
    await sshd.logged(/set_newkeys: rekeying/)
    expect((await readFile(`${sshd.directory}/rekeyed`)).equals(content)).toBe(true)
    await expect(session.lstat('rekeyed')).resolves.toMatchObject({ size: content.length })
  })

  test('BindAddress and BindInterface choose where the connection begins', async () => {
    await using bench = await Bench.open()
    await bench.connect(withOptions({ BindAddress: '127.0.0.2' }))
    expect(sshd.log()).toMatch(/^Connection from 127\.0\.0\.2 port/m)
    await bench.connect(withOptions({ BindInterface: 'lo' }))
    expect(texts(bench)).toContainEqual(expect.stringMatching(/^connected to 127\.0\.0\.1:\d+ from 127\.0\.0\.1$/))
    await expect(bench.connect(withOptions({ BindInterface: 'nowhere0' }))).rejects.toMatchObject({
      code: 'connect_failed',
      message: expect.stringContaining('the interface nowhere0 has no address on this machine'),
    })
  })

  test('ConnectionAttempts tries again where nobody listened yet', async () => {
    await using bench = await Bench.open()
    const port = await freePort()
    const connecting = bench.connect({
      port,
      username: 'deploy',
      ssh_options: { ConnectionAttempts: '2', StrictHostKeyChecking: 'yes' },
    })
    connecting.catch(() => undefined)
    await bench.noted(/^attempt 1 of 2: .*connection refused$/)
    const late = createServer((peer) => peer.end('busy\r\n')).listen(port, '127.0.0.1')
    await expect(connecting).rejects.toMatchObject({ message: expect.stringContaining('it says "busy"') })
    late.close()
  })

  test('ProxyCommand leads to the server, and ends with the connection', async () => {
    await using bench = await Bench.open()
    const program = await bench.write(
      'relay.mjs',
      `import { connect } from 'node:net'
       import { writeFileSync } from 'node:fs'
       const socket = connect(Number(process.argv[3]), process.argv[2])
       process.stdin.pipe(socket).pipe(process.stdout)
       process.on('exit', () => writeFileSync(process.argv[4], 'ended'))
       socket.on('close', () => process.exit(0))`,
    )
    const ended = `${bench.home}/ended`
    const channel = await bench.connect(
      withOptions({ ProxyCommand: `"${process.execPath}" "${program}" %h %p "${ended}"` }),
    )
    expect(await firstAnswer(channel)).toBe(2)
    await channel.close()
    expect(await readFile(ended, 'utf8')).toBe('ended')
  })

  test('a ProxyCommand that fails is told with its status and last words', async () => {
    await using bench = await Bench.open()
    const connecting = bench.connect(withOptions({ ProxyCommand: 'echo no way >&2; exit 3' }))
    await expect(connecting).rejects.toMatchObject({
      code: 'connect_failed',
      message: expect.stringMatching(/the proxy command exited with status \d+: "no way"$/),
    })
  })

  test('UpdateHostKeys writes down the other keys of a known host, and only with yes', async () => {
    await using bench = await Bench.open()
    const line = `[127.0.0.1]:${sshd.port} ${sshd.hostPublicKey}\n`
    const file = await bench.write('known', line)
    const fields = (UpdateHostKeys: string): Partial<Connection> => ({
      ...withOptions({ UpdateHostKeys }),
      known_hosts_file: file,
    })
    const asked = await bench.connect(fields('ask'))
    await bench.noted(/^the server also has ECDSA SHA256:\S+, left out/)
    await asked.close()
    expect(await readFile(file, 'utf8')).toBe(line)
    const channel = await bench.connect(fields('yes'))
    await bench.noted(/^the server also has ECDSA SHA256:\S+: added to/)
    await channel.close()
    expect(await readFile(file, 'utf8')).toContain(sshd.hostKeys[1]?.publicKey)
  })

  test('the server is asked to prove its other keys only where one would be written down, and hears something at once in any case', async () => {
    await using bench = await Bench.open()
    const first = `[127.0.0.1]:${sshd.port} ${sshd.hostPublicKey}\n`
    const file = await bench.write('known', first)
    const fields = { ...withOptions({ UpdateHostKeys: 'yes' }), known_hosts_file: file, log_level: 3 as const }
    const sent = (what: RegExp): number => bench.notes.filter(({ text }) => what.test(text)).length
    const proofs = (): number => sent(/Sending .*hostkeys-prove/)
    // Else the names of the keys are not acknowledged for 40 ms, and what the server has to say next waits for that.
    const keepalives = (): number => sent(/Sending ping .*keepalive/)
    await (await bench.connect({ ...fields, host_key: [sshd.hostKeyFingerprint] })).close()
    expect([proofs(), keepalives()]).toEqual([0, 1])
    await (await bench.connect(fields)).close()
    expect([proofs(), keepalives()]).toEqual([1, 1])
    expect(await readFile(file, 'utf8')).not.toBe(first)
    await (await bench.connect(fields)).close()
    expect([proofs(), keepalives()]).toEqual([1, 2])
  })

  test('CheckHostIP adds the address of a known name, and refuses one that another key is known for', async () => {
    await using bench = await Bench.open()
    const named = `[localhost]:${sshd.port} ${sshd.hostPublicKey}\n`
    const fields = (file: string): Partial<Connection> => ({
      ...withOptions({ CheckHostIP: 'yes' }),
      host: 'localhost',
      known_hosts_file: file,
    })
    const file = await bench.write('known', named)
    await (await bench.connect(fields(file))).close()
    expect(await readFile(file, 'utf8')).toBe(`${named}[127.0.0.1]:${sshd.port} ${sshd.hostPublicKey}\n`)
    const other = await makeKeyPair(`${bench.home}/other`)
    const spoofed = await bench.write('spoofed', `${named}[127.0.0.1]:${sshd.port} ${other.publicKey}\n`)
    await expect(bench.connect(fields(spoofed))).rejects.toMatchObject({
      code: 'host_key_rejected',
      message: expect.stringContaining('is not the one of its address 127.0.0.1'),
    })
  })

  test('the agent offers the key whose public half is named first, within MaxAuthTries', async () => {
    await using strict = await useSshd({ extra: ['MaxAuthTries 2'] })
    await using bench = await Bench.open()
    await using agent = await startAgent()
    const others = await Promise.all([1, 2, 3].map((number) => makeKeyPair(`${bench.home}/key${number}`)))
    await agent.add([...others.map(({ file }) => file), strict.identityFile])
    const environment = { SSH_AUTH_SOCK: agent.socket }
    const { identity_file: _none, ...fields } = fieldsOf(strict)
    await expect(bench.connect(fields, { environment })).rejects.toMatchObject({ code: 'authentication_failed' })
    const publicFile = await bench.write('picked.pub', await readFile(`${strict.identityFile}.pub`, 'utf8'))
    const picked = await bench.connect({ ...fields, identity_file: publicFile }, { environment })
    expect(await firstAnswer(picked)).toBe(2)
  })

  test.each(['yes', '1h', 'confirm'])('AddKeysToAgent %s gives the agent the key that was loaded', async (how) => {
    await using bench = await Bench.open()
    await using agent = await startAgent()
    await bench.connect(withOptions({ AddKeysToAgent: how }), { environment: { SSH_AUTH_SOCK: agent.socket } })
    expect(await agent.list()).toContain(sshd.identityFile)
  })

  test('AddKeysToAgent ask adds it only after a yes', async () => {
    await using bench = await Bench.open()
    await using agent = await startAgent()
    const environment = { SSH_AUTH_SOCK: agent.socket }
    await bench.connect(withOptions({ AddKeysToAgent: 'ask' }), { environment, answer: () => 'no' })
    expect(await agent.list()).not.toContain(sshd.identityFile)
    await bench.connect(withOptions({ AddKeysToAgent: 'ask' }), { environment, answer: () => 'yes' })
    expect(await agent.list()).toContain(sshd.identityFile)
  })

  test.each([
    [{ host: '-oProxyCommand=x' }, 'invalid host "-oProxyCommand=x": it begins with "-"'],
    [{ host: 'a\nb' }, 'invalid host "a\nb": it has a control character'],
    [{ host: 'root@a' }, 'invalid host "root@a": it has a "@"'],
    [{ host: '$(id)' }, 'invalid host "$(id)": it has a "$"'],
    [{ username: '-l' }, 'invalid user "-l": it begins with "-"'],
    [{ username: 'a;id' }, 'invalid user "a;id": it has a ";"'],
  ])('%j is refused', async (fields, message) => {
    await using bench = await Bench.open()
    await expect(bench.connect({ ...withOptions(), ...fields })).rejects.toMatchObject({ code: 'usage', message })
  })
})

describeWithSshd('SetEnv and SendEnv', () => {
  test('reach what the server runs, and nothing else does', async () => {
    await using folder = await temporaryDirectory()
    const seen = `${folder.path}/seen`
    await using sshd = await useSshd({
      extra: ['AcceptEnv TEST_*', `ForceCommand env > '${seen}'; exec ${programPath('sftp-server')}`],
    })
    await using bench = await Bench.open()
    const channel = await bench.connect(
      { ...fieldsOf(sshd), ssh_options: { SendEnv: 'TEST_SENT TEST_BOTH', SetEnv: 'TEST_SET=one TEST_BOTH=set' } },
      { environment: { TEST_SENT: 'sent', TEST_BOTH: 'sent', TEST_KEPT: 'kept' } },
    )
    expect(await firstAnswer(channel)).toBe(2)
    const lines = (await readFile(seen, 'utf8')).split('\n').filter((line) => line.startsWith('TEST_'))
    expect(lines.sort()).toEqual(['TEST_BOTH=set', 'TEST_SENT=sent', 'TEST_SET=one'])
  })
})

interface Agent extends AsyncDisposable {
  readonly socket: string
  add(files: readonly string[]): Promise<void>
  list(): Promise<string>
}

async function startAgent(): Promise<Agent> {
  const folder = await temporaryDirectory()
  const socket = `${folder.path}/agent`
  const child = spawn('ssh-agent', ['-D', '-a', socket], { stdio: ['ignore', 'pipe', 'ignore'] })
  // It says where it is once it listens.
  await once(child.stdout, 'data')
  const env = { ...process.env, SSH_AUTH_SOCK: socket }
  return {
    socket,
    add: async (files) => {
      await run('ssh-add', ['-q', ...files], { env })
    },
    list: async () => (await run('ssh-add', ['-l'], { env }).catch(() => ({ stdout: '' }))).stdout,
    [Symbol.asyncDispose]: async () => {
      const exited = once(child, 'exit')
      child.kill()
      await exited
      await rm(folder.path, { recursive: true, force: true })
    },
  }
}
