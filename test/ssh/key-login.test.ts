import { chmod, copyFile, readFile } from 'node:fs/promises'
import { expect, test } from 'vitest'
import { describeWithSshd } from '../support/requirements.ts'
import { useKeyPairs } from '../support/ssh-keys.ts'
import { Bench, firstAnswer, passwordOf, serve } from './connecting.ts'

describeWithSshd('keys', () => {
  const keys = useKeyPairs()

  test.each(['ed25519', 'ecdsa', 'rsa'] as const)('a key of type %s', async (type) => {
    const { server, fields } = await serve({ users: [{ name: 'deploy', publicKeys: [keys[type].publicKey] }] })
    await using _server = server
    await using bench = await Bench.open()
    const channel = await bench.connect({ ...fields, identity_file: keys[type].file })
    expect(await firstAnswer(channel)).toBe(2)
  })

  test.each(['ed25519', 'ecdsa', 'rsa'] as const)('the only one, of type %s, signs at once', async (type) => {
    const { server, fields } = await serve({ users: [{ name: 'deploy', publicKeys: [keys[type].publicKey] }] })
    await using _server = server
    await using bench = await Bench.open()
    await copyFile(keys[type].file, await bench.write(`.ssh/id_${type}`, ''))
    expect(await firstAnswer(await bench.connect(fields))).toBe(2)
    expect(server.logins).toEqual([{ username: 'deploy', method: 'publickey', accepted: true }])
  })

  test('of several the server is asked first, unless one was named', async () => {
    const { server, fields } = await serve({ users: [{ name: 'deploy', publicKeys: [keys.ed25519.publicKey] }] })
    await using _server = server
    await using bench = await Bench.open()
    await copyFile(keys.ecdsa.file, await bench.write('.ssh/id_ecdsa', ''))
    const file = await bench.write('.ssh/id_ed25519', '')
    await copyFile(keys.ed25519.file, file)
    const accepted = { username: 'deploy', method: 'publickey', accepted: true }
    await bench.connect(fields)
    expect(server.logins).toEqual([{ ...accepted, accepted: false }, { ...accepted, probe: true }, accepted])
    await bench.connect({
      ...fields,
      identity_file: file,
      ssh_options: { IdentityFile: `${bench.home}/.ssh/id_ecdsa` },
    })
    expect(server.logins.slice(3)).toEqual([accepted])
  })

  test('-i comes first, then the connection, then the usual files', async () => {
    const { server, fields } = await serve({ users: [{ name: 'deploy', publicKeys: [] }] })
    await using _server = server
    await using bench = await Bench.open()
    await copyFile(keys.rsa.file, await bench.write('.ssh/id_rsa', ''))
    const connecting = bench.connect(
      { ...fields, identity_file: keys.ecdsa.file },
      { overrides: { identities: [keys.ed25519.file] } },
    )
    await expect(connecting).rejects.toMatchObject({
      code: 'authentication_failed',
      message: expect.stringMatching(/the server takes publickey, tried publickey$/),
    })
    const tried = bench.notes.flatMap(({ text }) => /^trying publickey (\S+)/.exec(text)?.[1] ?? [])
    expect(tried).toEqual([keys.ed25519.file, keys.ecdsa.file])
  })

  test('private_key is a key by its text', async () => {
    const { server, fields } = await serve({ users: [{ name: 'deploy', publicKeys: [keys.ed25519.publicKey] }] })
    await using _server = server
    await using bench = await Bench.open()
    const channel = await bench.connect(
      { ...fields, private_key: { env: 'KEY' } },
      { environment: { KEY: await readFile(keys.ed25519.file, 'utf8') } },
    )
    expect(await firstAnswer(channel)).toBe(2)
  })

  test('a private_key that is a path is refused, without being repeated', async () => {
    await using bench = await Bench.open()
    const connecting = bench.connect({ private_key: { env: 'KEY' } }, { environment: { KEY: '/home/x/.ssh/id_rsa' } })
    await expect(connecting).rejects.toMatchObject({
      code: 'authentication_failed',
      message: 'private_key: it is no key',
      details: { hint: 'a path belongs in identity_file', place: { file: 'deploy.yml' } },
    })
  })

  test('two factors, a key and then the password', async () => {
    const { server, fields } = await serve({
      users: [
        {
          name: 'deploy',
          password: 'right',
          publicKeys: [keys.ed25519.publicKey],
          factors: ['publickey', 'password'],
        },
      ],
    })
    await using _server = server
    await using bench = await Bench.open()
    const channel = await bench.connect(
      { ...fields, identity_file: keys.ed25519.file, password: passwordOf },
      { environment: { BANK_PASSWORD: 'right' } },
    )
    expect(await firstAnswer(channel)).toBe(2)
  })

  test('two factors, the password and then a key that was refused before', async () => {
    const { server, fields } = await serve({
      users: [
        {
          name: 'deploy',
          password: 'right',
          publicKeys: [keys.ed25519.publicKey],
          factors: ['password', 'publickey'],
        },
      ],
    })
    await using _server = server
    await using bench = await Bench.open()
    const channel = await bench.connect(
      { ...fields, identity_file: keys.ed25519.file, password: passwordOf },
      { environment: { BANK_PASSWORD: 'right' } },
    )
    expect(await firstAnswer(channel)).toBe(2)
  })

  test('PreferredAuthentications decides the order', async () => {
    const { server, fields } = await serve({
      users: [{ name: 'deploy', password: 'right', publicKeys: [keys.ed25519.publicKey] }],
    })
    await using _server = server
    await using bench = await Bench.open()
    await bench.connect(
      {
        ...fields,
        identity_file: keys.ed25519.file,
        password: passwordOf,
        ssh_options: { PreferredAuthentications: 'password,publickey' },
      },
      { environment: { BANK_PASSWORD: 'right' } },
    )
    expect(server.logins).toEqual([{ username: 'deploy', method: 'password', accepted: true }])
  })

  test.each([
    ['is missing', async (_file: string) => undefined, 'no such file or directory'],
    ['is no key', async (file: string) => copyFile('/etc/passwd', file).then(() => chmod(file, 0o600)), 'it is no key'],
    [
      'others may read',
      async (file: string) => copyFile(keys.ed25519.file, file).then(() => chmod(file, 0o644)),
      'others may read it (0644)',
    ],
    [
      'is a public key that no agent knows',
      async (file: string) => copyFile(`${keys.ed25519.file}.pub`, file),
      'it is a public key, and the agent does not hold the private one',
    ],
  ])('an identity file that %s is named', async (_what, prepare, reason) => {
    await using bench = await Bench.open()
    const file = `${bench.home}/key`
    await prepare(file)
    await expect(bench.connect({ identity_file: file })).rejects.toMatchObject({
      code: 'authentication_failed',
      message: `identity file ~/key: ${reason}`,
      details: { place: { file: 'deploy.yml', line: 'identity_file'.length } },
    })
  })

  test('a usual file that others may read is passed over with a warning', async () => {
    const { server, fields } = await serve({ users: [{ name: 'deploy', publicKeys: [keys.ed25519.publicKey] }] })
    await using _server = server
    await using bench = await Bench.open()
    const file = await bench.write('.ssh/id_ed25519', await readFile(keys.ed25519.file, 'utf8'))
    await chmod(file, 0o640)
    await expect(bench.connect(fields)).rejects.toMatchObject({ code: 'authentication_failed' })
    expect(bench.notes).toContainEqual({
      level: 0,
      text: 'identity file ~/.ssh/id_ed25519 is left out: others may read it (0640)',
    })
  })
})
