import { execFile } from 'node:child_process'
import { generateKeyPairSync, type KeyObject } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Connection } from '../../src/model/connection.ts'
import { describeWithSshd } from '../support/requirements.ts'
import { makeKeyPair, useKeyPairs } from '../support/ssh-keys.ts'
import { type Sshd, useSshd } from '../support/sshd.ts'
import { Bench, firstAnswer, serve } from './connecting.ts'

const run = promisify(execFile)
describeWithSshd('keys', () => {
  const keys = useKeyPairs()

  describe('in other formats', () => {
    const passphrase = 'open sesame'
    const formats = [
      ['PEM, RSA', 'rsa', 'PEM'],
      ['PEM, ECDSA', 'ecdsa', 'PEM'],
      ['PKCS#8, RSA', 'rsa', 'PKCS8'],
      ['PKCS#8, ECDSA', 'ecdsa', 'PKCS8'],
    ] as const

    test.each(
      formats.flatMap(([name, type, format]) => [
        [name, type, format, ''] as const,
        [`${name}, encrypted`, type, format, passphrase] as const,
      ]),
    )('%s', async (_name, type, format, phrase) => {
      await using bench = await Bench.open()
      const file = await bench.write('key', await readFile(keys[type].file, 'utf8'))
      await run('ssh-keygen', ['-q', '-p', '-m', format, '-P', '', '-N', phrase, '-f', file])
      const { server, fields } = await serve({ users: [{ name: 'deploy', publicKeys: [keys[type].publicKey] }] })
      await using _server = server
      const channel = await bench.connect(
        { ...fields, identity_file: file, ...(phrase !== '' && { identity_passphrase: { env: 'PHRASE' } }) },
        { environment: { PHRASE: phrase } },
      )
      expect(await firstAnswer(channel)).toBe(2)
    })

    test.each([
      ['ed25519', generateKeyPairSync('ed25519')],
      ['P-384', generateKeyPairSync('ec', { namedCurve: 'P-384' })],
      ['P-521', generateKeyPairSync('ec', { namedCurve: 'P-521' })],
    ])('PKCS#8 by OpenSSL, %s', async (_name, { privateKey, publicKey }) => {
      await using bench = await Bench.open()
      const file = await bench.write('key', privateKey.export({ type: 'pkcs8', format: 'pem' }).toString())
      const publicFile = await bench.write('public', publicKey.export({ type: 'spki', format: 'pem' }).toString())
      const publicLine =
        publicKey.asymmetricKeyType === 'ed25519' ? ed25519Line(publicKey) : await converted(publicFile)
      const { server, fields } = await serve({ users: [{ name: 'deploy', publicKeys: [publicLine] }] })
      await using _server = server
      const channel = await bench.connect({ ...fields, identity_file: file })
      expect(await firstAnswer(channel)).toBe(2)
    })

    async function converted(file: string): Promise<string> {
      return (await run('ssh-keygen', ['-i', '-m', 'PKCS8', '-f', file])).stdout.trim()
    }

    /** ssh-keygen does not convert these; the last 32 bytes are the key. */
    function ed25519Line(key: KeyObject): string {
      const bytes = key.export({ type: 'spki', format: 'der' }).subarray(-32)
      return `ssh-ed25519 ${Buffer.concat([Buffer.from('\0\0\0\x0bssh-ed25519\0\0\0\x20', 'latin1'), bytes]).toString('base64')}`
    }
  })
})

describeWithSshd('encrypted keys', () => {
  let sshd: Sshd
  beforeAll(async () => {
    sshd = await useSshd()
  })
  afterAll(() => sshd.stop())
  const fields = (): Partial<Connection> => ({
    port: sshd.port,
    username: sshd.username,
    identity_file: sshd.encryptedIdentityFile,
    known_hosts_file: sshd.knownHostsFile,
  })

  test('identity_passphrase opens it', async () => {
    await using bench = await Bench.open()
    const channel = await bench.connect(
      { ...fields(), identity_passphrase: { env: 'PHRASE' } },
      { environment: { PHRASE: sshd.passphrase } },
    )
    expect(await firstAnswer(channel)).toBe(2)
  })

  test('a wrong identity_passphrase is said', async () => {
    await using bench = await Bench.open()
    const connecting = bench.connect(
      { ...fields(), identity_passphrase: { env: 'PHRASE' } },
      { environment: { PHRASE: 'wrong' } },
    )
    await expect(connecting).rejects.toMatchObject({
      code: 'authentication_failed',
      message: `identity file ${sshd.encryptedIdentityFile}: identity_passphrase does not open it`,
    })
  })

  test('a person is asked for it, and may mistype', async () => {
    await using bench = await Bench.open()
    const typed = ['wrong', sshd.passphrase]
    const channel = await bench.connect(fields(), { answer: () => typed.shift() ?? '' })
    expect(await firstAnswer(channel)).toBe(2)
    expect(bench.prompts).toEqual(
      Array(2).fill({ text: `Passphrase for ${sshd.encryptedIdentityFile}: `, echo: false }),
    )
  })

  test('a passphrase that is never right leaves the key out, and the login goes on', async () => {
    await using bench = await Bench.open()
    const channel = await bench.connect(
      { ...fields(), identity_file: [sshd.encryptedIdentityFile, sshd.identityFile] },
      { answer: () => 'wrong' },
    )
    expect(await firstAnswer(channel)).toBe(2)
    expect(bench.prompts).toHaveLength(3)
    expect(bench.notes).toContainEqual({
      level: 0,
      text: `identity ${sshd.encryptedIdentityFile} is left out: the passphrase is wrong`,
    })
  })

  test('without anybody to ask it is authentication_failed', async () => {
    await using bench = await Bench.open()
    await expect(bench.connect(fields())).rejects.toMatchObject({
      code: 'authentication_failed',
      message: `identity file ${sshd.encryptedIdentityFile}: it is encrypted, and there is no passphrase`,
    })
  })

  test('a key of another user is refused, and the server says what it takes', async () => {
    await using bench = await Bench.open()
    const key = await makeKeyPair(`${bench.home}/other`)
    await expect(bench.connect({ ...fields(), identity_file: key.file })).rejects.toMatchObject({
      code: 'authentication_failed',
      message: expect.stringMatching(/: the server takes publickey and password, tried publickey$/),
    })
  })

  test('a server that has enough of it says so', async () => {
    await using strict = await useSshd({ extra: ['MaxAuthTries 1'] })
    await using bench = await Bench.open()
    const files = await Promise.all([1, 2, 3].map((number) => makeKeyPair(`${bench.home}/key${number}`)))
    const connecting = bench.connect({
      ...fields(),
      port: strict.port,
      known_hosts_file: strict.knownHostsFile,
      identity_file: files.map(({ file }) => file),
    })
    await expect(connecting).rejects.toMatchObject({
      code: 'authentication_failed',
      message: expect.stringMatching(
        /the server ended the connection: "Too many authentication failures".*, tried publickey/,
      ),
    })
  })
})
