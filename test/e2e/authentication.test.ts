import { execFile } from 'node:child_process'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { keyFingerprint } from '../support/key-fingerprint.ts'
import { programPath } from '../support/openssh.ts'
import { describeWithSshd, describeWithUnixUsers } from '../support/requirements.ts'
import { type FerryOptions, type FerryResult, runFerry, startFerry } from '../support/run-ferry.ts'
import { makeKeyPair } from '../support/ssh-keys.ts'
import { type Sshd, useSshd } from '../support/sshd.ts'
import { type TemporaryDirectory, temporaryDirectory } from '../support/temporary-directory.ts'

const run = promisify(execFile)

describeWithSshd('logging in to a real sshd', () => {
  let home: TemporaryDirectory
  let sshd: Sshd
  beforeAll(async () => {
    home = await temporaryDirectory()
    sshd = await useSshd()
  })
  afterAll(async () => {
    await sshd.stop()
    await home[Symbol.asyncDispose]()
  })
  const ping = (more: readonly string[], to = sshd, options: FerryOptions = {}): Promise<FerryResult> =>
    runFerry(
      ['ping', `sftp://${to.username}@127.0.0.1:${to.port}`, '-o', `UserKnownHostsFile=${to.knownHostsFile}`, ...more],
      options,
    )

  test.each([
    ['ed25519', ['-t', 'ed25519']],
    ['ecdsa-256', ['-t', 'ecdsa', '-b', '256']],
    ['ecdsa-384', ['-t', 'ecdsa', '-b', '384']],
    ['ecdsa-521', ['-t', 'ecdsa', '-b', '521']],
    ['rsa', ['-t', 'rsa', '-b', '2048']],
  ])('a key of type %s lets in, encrypted too', async (name, words) => {
    const file = join(home.path, name)
    const phrase = 'open sesame'
    await run(programPath('ssh-keygen'), ['-q', ...words, '-N', phrase, '-f', file])
    await writeFile(sshd.authorizedKeysFile, await readFile(`${file}.pub`, 'utf8'), { flag: 'a' })
    const encrypted = await ping(['-i', file], sshd, { env: { FERRY_IDENTITY_PASSPHRASE: phrase } })
    expect(encrypted).toMatchObject({ exitCode: 0, stderr: '' })
    await run(programPath('ssh-keygen'), ['-q', '-p', '-P', phrase, '-N', '', '-f', file])
    expect(await ping(['-i', file])).toMatchObject({ exitCode: 0, stderr: '' })
  })

  test('a way over two hops is gone, each with a check of its own', async () => {
    await using first = await useSshd()
    await using second = await useSshd()
    const config = join(home.path, 'config')
    const block = (name: string, { port, identityFile, knownHostsFile }: Sshd): string =>
      `Host ${name}\n HostName 127.0.0.1\n Port ${port}\n IdentityFile ${identityFile}\n UserKnownHostsFile ${knownHostsFile}\n`
    await writeFile(config, [block('first', first), block('second', second), block('end', sshd)].join(''))
    const way = ['-F', config, '-J', 'first,second']
    expect(await runFerry(['ping', 'sftp://end', ...way])).toMatchObject({ exitCode: 0, stderr: '' })
    await writeFile(second.knownHostsFile, '')
    const refused = await runFerry(['ping', 'sftp://end', ...way])
    expect(refused).toMatchObject({
      exitCode: 21,
      stderr: expect.stringContaining(`jump host 127.0.0.1:${second.port}: host key rejected`),
    })
  })

  // promise: host-keys
  test('a changed host key is 21, with both fingerprints and the way out', async () => {
    const other = await makeKeyPair(join(home.path, 'other'))
    const knownHosts = join(home.path, 'changed')
    await writeFile(knownHosts, `[127.0.0.1]:${sshd.port} ${other.publicKey}\n`)
    const { exitCode, stderr } = await ping(['-i', sshd.identityFile], { ...sshd, knownHostsFile: knownHosts })
    expect(exitCode).toBe(21)
    expect(stderr).toContain(sshd.hostKeyFingerprint)
    expect(stderr).toContain(keyFingerprint(Buffer.from(other.publicKey.split(' ')[1] ?? '', 'base64')))
    expect(stderr).toMatch(/ssh-keygen -R/)
  })

  // promise: keepalives
  test('a server that freezes is noticed by keepalives, and that is 23', async () => {
    const frozen = join(home.path, 'frozen.pid')
    await using stuck = await useSshd({ extra: [`ForceCommand echo $PPID > '${frozen}'; exec sleep 600`] })
    const ferry = await startFerry([
      ...['ping', `sftp://${stuck.username}@127.0.0.1:${stuck.port}`, '-i', stuck.identityFile, '-v'],
      ...['-o', `UserKnownHostsFile=${stuck.knownHostsFile}`],
      ...['-o', 'ServerAliveInterval=1', '-o', 'ServerAliveCountMax=1'],
    ])
    await ferry.until('stderr', /logged in as/)
    // Who speaks SSH there is the parent of what it runs.
    const pid = await firstLine(frozen)
    process.kill(pid, 'SIGSTOP')
    const { exitCode, stderr } = await ferry.result
    process.kill(pid, 'SIGCONT')
    expect(exitCode).toBe(23)
    expect(stderr).toContain('the server does not answer keepalives')
  })

  test('IPv6', async ({ skip }) => {
    const loopback = await readFile('/proc/net/if_inet6', 'utf8').catch(() => '')
    skip(!/ lo$/m.test(loopback), 'there is no IPv6 here')
    await using six = await useSshd({ extra: ['ListenAddress ::1'] })
    const address = `sftp://${six.username}@[::1]:${six.port}`
    const known = join(home.path, 'six')
    await writeFile(known, `[::1]:${six.port} ${six.hostPublicKey}\n`)
    expect(
      await runFerry(['ping', address, '-i', six.identityFile, '-o', `UserKnownHostsFile=${known}`]),
    ).toMatchObject({ exitCode: 0, stderr: '' })
  })

  test('a key file that others may read is refused, one that is missing is named', async () => {
    const file = join(home.path, 'open')
    await writeFile(file, await readFile(sshd.identityFile), { mode: 0o644 })
    expect(await ping(['-i', file])).toMatchObject({
      exitCode: 22,
      stderr: expect.stringMatching(/open: others may read it \(0644\)\n.*hint: chmod 600/s),
    })
    expect(await ping(['-i', join(home.path, 'nowhere')])).toMatchObject({
      exitCode: 22,
      stderr: expect.stringContaining(`identity file ${home.path}/nowhere: no such file`),
    })
  })

  describe('log levels', () => {
    test('a stored one takes effect, and -v wins over it', async () => {
      await using place = await temporaryDirectory()
      const options = { home: place.path }
      const fields = ['--host', '127.0.0.1', '--port', String(sshd.port), '--username', sshd.username]
      const files = ['--identity-file', sshd.identityFile, '--known-hosts-file', sshd.knownHostsFile]
      const created = await runFerry(
        ['connections', 'create', 'bank', ...fields, ...files, '--log-level', '2'],
        options,
      )
      expect(created.exitCode).toBe(0)
      const stored = await runFerry(['ping', 'bank'], options)
      expect(stored.stderr).toMatch(/^\d\d:\d\d:\d\d\.\d{3} bank: the server runs OpenSSH_/m)
      expect(stored.stderr).toMatch(/bank: request \d+: list/)
      expect(stored.stderr).not.toMatch(/Handshake/)
      const flag = await runFerry(['ping', 'bank', '-v'], options)
      expect(flag.stderr).toContain('the server runs OpenSSH_')
      expect(flag.stderr).not.toMatch(/request \d+: list/)
      const packets = await runFerry(['ping', 'bank', '-vvvv'], options)
      expect(packets.stderr).toMatch(/bank: received packet type \d+, \d+ bytes, request \d+/)
      expect(packets.stderr).toMatch(/bank: Handshake: /)
    })
  })
})

describeWithUnixUsers('logging in with a password to a real sshd', () => {
  const secret = 'Tr0ub4dor-and-3'

  test('a password, and a key and a password in sequence', async () => {
    await using sshd = await useSshd({ extra: ['AuthenticationMethods password publickey,password'] })
    const user = await sshd.passwordUser()
    const options = { env: { FERRY_PASSWORD: user.password } }
    const words = ['ping', `sftp://${user.username}@127.0.0.1:${sshd.port}`]
    const known = ['-o', `UserKnownHostsFile=${sshd.knownHostsFile}`]
    expect(await runFerry([...words, ...known], options)).toMatchObject({ exitCode: 0, stderr: '' })
    const both = [...words, ...known, '-i', sshd.identityFile, '-v']
    const { exitCode, stderr } = await runFerry(both, options)
    expect(stderr).toMatch(/publickey .* accepted, the server wants more/)
    expect(exitCode).toBe(0)
    expect(await runFerry([...words, ...known], { env: { FERRY_PASSWORD: 'wrong' } })).toMatchObject({ exitCode: 22 })
  })

  // promise: secrets-stay
  test('nothing that ferry says or keeps has a secret in it, at any level', async () => {
    await using sshd = await useSshd()
    const user = await sshd.passwordUser()
    await using place = await temporaryDirectory()
    const options = { home: place.path, env: { BANK_PASSWORD: secret } }
    const said: FerryResult[] = []
    const ferry = async (words: readonly string[], more: FerryOptions = {}): Promise<FerryResult> => {
      const result = await runFerry(words, { ...options, ...more })
      said.push(result)
      return result
    }
    const fields = ['--host', '127.0.0.1', '--port', String(sshd.port), '--known-hosts-file', sshd.knownHostsFile]
    await ferry(['connections', 'create', 'typed', ...fields, '--username', user.username, '--password', '-'], {
      stdin: `${user.password}\n`,
    })
    await ferry(['connections', 'create', 'wrong', ...fields, '--username', user.username, '--password', '-'], {
      stdin: `${secret}\n`,
    })
    await ferry([
      'connections',
      'create',
      'kept',
      ...fields,
      '--username',
      user.username,
      '--password',
      'env:BANK_PASSWORD',
    ])
    const keyed = ['--identity-file', sshd.encryptedIdentityFile, '--identity-passphrase', '-']
    await ferry(['connections', 'create', 'keyed', ...fields, '--username', sshd.username, ...keyed], {
      stdin: `${sshd.passphrase}\n`,
    })
    expect(await ferry(['ping', 'typed', '-vvvv'])).toMatchObject({ exitCode: 0 })
    expect(await ferry(['ping', 'keyed', '-vvvv'])).toMatchObject({ exitCode: 0 })
    expect(await ferry(['ping', 'wrong', '-vvvv'])).toMatchObject({ exitCode: 22 })
    expect(await ferry(['ping', 'kept', '-vvvv', '--json'])).toMatchObject({ exitCode: 22 })
    for (const name of ['typed', 'wrong', 'kept', 'keyed']) {
      await ferry(['connections', 'show', name])
      await ferry(['connections', 'show', name, '--json'])
    }
    await ferry(['connections', 'list', '--json'])
    const exported = await ferry(['enmasse', 'export'])
    const manifest = join(place.path, 'deploy.yml')
    await writeFile(manifest, `connections:\n  - { name: new, host: h, password: ${secret} }\n`, { mode: 0o600 })
    await ferry(['enmasse', 'plan', manifest, '-vvvv'])
    await ferry(['enmasse', 'import', manifest, '--json'])
    expect(exported.stdout).toContain('kept')
    const state = await readFile(join(place.path, '.local/state/ferry/state.json'), 'utf8')
    expect(state).toContain('BANK_PASSWORD')
    const everything = [state, ...said.flatMap(({ stdout, stderr }) => [stdout, stderr])].join('\n')
    for (const hidden of [secret, user.password, sshd.passphrase]) {
      expect(everything).not.toContain(hidden)
      expect(everything).not.toContain(Buffer.from(hidden).toString('base64').replace(/=+$/, ''))
      expect(everything).not.toContain(Buffer.from(hidden).toString('hex'))
    }
  })
})

/** A number that another process writes; it is there soon after, as the file is made before it is written. */
async function firstLine(file: string): Promise<number> {
  for (;;) {
    const number = Number((await readFile(file, 'utf8').catch(() => '')).trim())
    if (number > 0) return number
  }
}
