import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { access, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import ssh2 from 'ssh2'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { describeWithSshd, describeWithUnixUsers } from './requirements.ts'
import { type Sshd, useSshd } from './sshd.ts'

const run = promisify(execFile)

const sshOptions = (sshd: Sshd): string[] => [
  ...['-F', 'none', '-i', sshd.identityFile, '-o', `UserKnownHostsFile=${sshd.knownHostsFile}`],
  ...['-o', 'BatchMode=yes', '-o', 'IdentitiesOnly=yes', '-o', 'StrictHostKeyChecking=yes', '-o', `Port=${sshd.port}`],
]
const to = (sshd: Sshd): string => `${sshd.username}@${sshd.host}`

async function sftp(sshd: Sshd, batch: string): Promise<string> {
  const file = join(sshd.directory, '../batch')
  await writeFile(file, batch)
  const { stdout } = await run('sftp', ['-q', ...sshOptions(sshd), '-b', file, to(sshd)])
  return stdout
}

const hello = (sshd: Sshd): Promise<{ stdout: string }> => run('ssh', [...sshOptions(sshd), to(sshd), 'echo hello'])

/** A session that lasts until something ends it. */
async function lastingSession(sshd: Sshd): Promise<{ ended: Promise<unknown[]> }> {
  const child = spawn('ssh', [...sshOptions(sshd), to(sshd), 'echo ready; cat'], { stdio: ['pipe', 'pipe', 'ignore'] })
  const ended = once(child, 'close')
  await once(child.stdout, 'data')
  return { ended }
}

describeWithSshd('useSshd', () => {
  let sshd: Sshd
  beforeAll(async () => {
    sshd = await useSshd({ hostKeyTypes: ['ecdsa', 'ed25519'] })
  })
  afterAll(() => sshd.stop())

  test('OpenSSH logs in with the key and the known_hosts file that it tells, and the log says so', async () => {
    const logged = sshd.logged(new RegExp(`Accepted publickey for ${sshd.username}`))
    expect(await hello(sshd)).toMatchObject({ stdout: 'hello\n' })
    await logged
    expect(sshd.log()).toContain('Accepted publickey')
  })

  test('sessions start in its empty directory', async () => {
    expect(await sftp(sshd, 'pwd\nls\nmkdir made\n')).toMatch(
      new RegExp(`Remote working directory: ${sshd.directory}\nsftp> ls\nsftp> mkdir`),
    )
    await access(join(sshd.directory, 'made'))
  })

  test('the fingerprint is that of the first host key, and all keys are known', async () => {
    const { stdout } = await run('ssh-keygen', ['-l', '-f', sshd.knownHostsFile])
    const known = stdout.trim().split('\n')
    expect(known.map((line) => line.split(' ').at(-1))).toEqual(['(ECDSA)', '(ED25519)'])
    expect(known[0]).toContain(sshd.hostKeyFingerprint)
    expect(sshd.hostPublicKey).toMatch(/^ecdsa-sha2-nistp256 /)
  })

  test('the encrypted key is authorized, and opens with the passphrase only', async () => {
    const open = (passphrase: string): Promise<{ stdout: string }> =>
      run('ssh-keygen', ['-y', '-P', passphrase, '-f', sshd.encryptedIdentityFile])
    await expect(open('')).rejects.toThrow(/passphrase/)
    const [algorithm, blob] = (await open(sshd.passphrase)).stdout.split(' ')
    expect(await readFile(sshd.authorizedKeysFile, 'utf8')).toContain(`${algorithm} ${blob}`)
  })

  test('dropped connections end, and new ones are welcome', async () => {
    const { ended } = await lastingSession(sshd)
    await sshd.dropConnections()
    expect(await ended).toEqual([255, null])
    expect(await hello(sshd)).toMatchObject({ stdout: 'hello\n' })
  })
})

describeWithSshd('useSshd with other settings', () => {
  test('sftp-server can serve in place of internal-sftp, in the same directory', async () => {
    await using sshd = await useSshd({ subsystem: 'sftp-server' })
    expect(await sftp(sshd, 'pwd\n')).toContain(`Remote working directory: ${sshd.directory}`)
  })

  test('without a subsystem there is no SFTP', async () => {
    await using sshd = await useSshd({ subsystem: 'none' })
    await expect(run('ssh', [...sshOptions(sshd), '-s', to(sshd), 'sftp'])).rejects.toThrow(/subsystem request failed/)
  })

  test('lines of the test win, and a Match block takes none of the others', async () => {
    const extra = ['LogLevel DEBUG1', 'PubkeyAuthentication yes', 'Match User somebody-else', 'ForceCommand false']
    await using sshd = await useSshd({ extra })
    expect(await hello(sshd)).toMatchObject({ stdout: 'hello\n' })
    expect(sshd.log()).toContain('debug1:')
  })

  test('a configuration that sshd refuses is told in its words', async () => {
    await expect(useSshd({ extra: ['NoSuchKeyword yes'] })).rejects.toThrow(/Bad configuration option: NoSuchKeyword/)
  })

  test('stop ends the connections and the listener, and removes every file', async () => {
    const sshd = await useSshd()
    const { ended } = await lastingSession(sshd)
    await sshd.stop()
    expect(await ended).toEqual([255, null])
    await expect(access(join(sshd.directory, '..'))).rejects.toMatchObject({ code: 'ENOENT' })
    await expect(hello(sshd)).rejects.toThrow(/refused/)
  })
})

describeWithUnixUsers('a user with a password', () => {
  test('logs in with it, and is gone afterwards', async () => {
    const sshd = await useSshd()
    const { username, password, directory } = await sshd.passwordUser()
    expect(await runAs(sshd, { username, password }, 'id -un; pwd')).toBe(`${username}\n${directory}\n`)
    await expect(runAs(sshd, { username, password: 'wrong' }, 'true')).rejects.toThrow(/authentication/)
    expect(await readFile('/etc/passwd', 'utf8')).toContain(`\n${username}:`)
    await sshd.stop()
    expect(await readFile('/etc/passwd', 'utf8')).not.toContain(username)
  })
})

async function runAs(sshd: Sshd, login: { username: string; password: string }, command: string): Promise<string> {
  const client = new ssh2.Client()
  try {
    await new Promise((resolve, reject) => {
      client.on('ready', () => resolve(undefined)).on('error', reject)
      client.connect({ host: sshd.host, port: sshd.port, ...login })
    })
    return await new Promise((resolve, reject) => {
      client.exec(command, (error, channel) => {
        if (error) return reject(error)
        let output = ''
        channel.on('data', (chunk: Buffer) => (output += chunk))
        channel.on('close', () => resolve(output))
      })
    })
  } finally {
    client.end()
  }
}
