import { mkdir, readFile, stat } from 'node:fs/promises'
import { describe, expect, test } from 'vitest'
import type { Connection } from '../../src/model/connection.ts'
import { describeWithSshd } from '../support/requirements.ts'
import { generateHostKey } from '../support/sftp-server/host-key.ts'
import { type RunningSftpServer, startSftpServer } from '../support/sftp-server/start-sftp-server.ts'
import { useSshd } from '../support/sshd.ts'
import { Bench, firstAnswer } from './connecting.ts'

const otherKey = generateHostKey()

interface Stage extends AsyncDisposable {
  readonly server: RunningSftpServer
  readonly bench: Bench
  readonly name: string
  /** Connects with a known_hosts file of these lines. */
  connect(known: string | undefined, fields?: Partial<Connection>, answers?: string[]): ReturnType<Bench['connect']>
  known(): Promise<string>
}

async function stage(): Promise<Stage> {
  const server = await startSftpServer({ root: '/', users: [{ name: 'deploy', password: 'right' }] })
  const bench = await Bench.open()
  const file = `${bench.home}/.ssh/known_hosts`
  return {
    server,
    bench,
    name: `[127.0.0.1]:${server.port}`,
    connect: async (known, fields = {}, answers) => {
      if (known !== undefined) await bench.write('.ssh/known_hosts', known)
      return bench.connect(
        { port: server.port, username: 'deploy', password: { env: 'PASSWORD' }, ...fields },
        {
          environment: { PASSWORD: 'right' },
          ...(answers !== undefined && { answer: () => answers.shift() ?? 'no' }),
        },
      )
    },
    known: () => readFile(file, 'utf8'),
    [Symbol.asyncDispose]: async () => {
      await bench[Symbol.asyncDispose]()
      await server.stop()
    },
  }
}

const checking = (value: string): Partial<Connection> => ({ ssh_options: { StrictHostKeyChecking: value } })

describe('a known host', () => {
  test('with its key is let through', async () => {
    await using set = await stage()
    expect(await firstAnswer(await set.connect(set.server.knownHostsLine))).toBe(2)
  })

  test('with its key among others is let through', async () => {
    await using set = await stage()
    const known = `${set.name} ${otherKey.publicKey}\n${set.server.knownHostsLine}`
    expect(await firstAnswer(await set.connect(known))).toBe(2)
  })

  test('under its name without port is let through, as ssh does', async () => {
    await using set = await stage()
    expect(await firstAnswer(await set.connect(`127.0.0.1 ${set.server.hostPublicKey}\n`))).toBe(2)
  })

  // promise: host-keys
  test.each(['yes', 'ask', 'accept-new', 'no'])('whose key has changed is refused with %s', async (value) => {
    await using set = await stage()
    const known = `# first line\n${set.name} ${otherKey.publicKey}\n`
    await expect(set.connect(known, checking(value), ['yes'])).rejects.toMatchObject({
      code: 'host_key_rejected',
      message: `host key rejected: the key of ${set.name} has changed: the server has ED25519 ${set.server.hostKeyFingerprint}, ~/.ssh/known_hosts:2 has ED25519 ${otherKey.fingerprint}`,
      details: {
        place: { file: `${set.bench.home}/.ssh/known_hosts`, line: 2 },
        hint: `if the server has a new key: ssh-keygen -R '${set.name}' -f ${set.bench.home}/.ssh/known_hosts`,
      },
    })
    expect(await set.known()).toBe(known)
    expect(set.server.logins).toEqual([])
    await set.server.idle()
  })

  // promise: host-keys
  test.each(['yes', 'accept-new', 'no'])('whose key is revoked is refused with %s', async (value) => {
    await using set = await stage()
    const known = `${set.server.knownHostsLine}@revoked * ${set.server.hostPublicKey}\n`
    await expect(set.connect(known, checking(value))).rejects.toMatchObject({
      code: 'host_key_rejected',
      message: `host key rejected: the key of ${set.name} is revoked: ED25519 ${set.server.hostKeyFingerprint}`,
      details: { place: { line: 2 } },
    })
  })

  test('goes by HostKeyAlias', async () => {
    await using set = await stage()
    const known = `alias ${set.server.hostPublicKey}\n`
    expect(await firstAnswer(await set.connect(known, { ssh_options: { HostKeyAlias: 'Alias' } }))).toBe(2)
  })
})

describe('an unknown host', () => {
  // promise: never-asks, host-keys
  test('is refused where nobody can be asked, before anything is offered', async () => {
    await using set = await stage()
    await expect(set.connect(undefined)).rejects.toMatchObject({
      code: 'host_key_rejected',
      message: `host key rejected: ${set.name} is not in ~/.ssh/known_hosts, and there is no terminal to ask on`,
      details: { hint: `if this is its key: ferry connections edit bank --host-key ${set.server.hostKeyFingerprint}` },
    })
    expect(set.server.logins).toEqual([])
  })

  test('is refused with yes, whoever is there', async () => {
    await using set = await stage()
    await expect(set.connect('', checking('yes'), ['yes'])).rejects.toMatchObject({
      code: 'host_key_rejected',
      message: expect.stringContaining('and StrictHostKeyChecking is yes'),
    })
    expect(set.bench.prompts).toEqual([])
  })

  test('is asked about, until the answer is one', async () => {
    await using set = await stage()
    const channel = await set.connect(undefined, {}, ['maybe', 'yes'])
    expect(await firstAnswer(channel)).toBe(2)
    expect(set.bench.prompts.map(({ text }) => text)).toEqual([
      `${set.name} is not in ~/.ssh/known_hosts. Its key is ED25519 ${set.server.hostKeyFingerprint}. Go on connecting (yes/no/fingerprint)? `,
      'Please type yes, no or the fingerprint: ',
    ])
    expect(await set.known()).toBe(set.server.knownHostsLine)
  })

  test('may be accepted by its fingerprint', async () => {
    await using set = await stage()
    expect(await firstAnswer(await set.connect(undefined, {}, [set.server.hostKeyFingerprint]))).toBe(2)
  })

  test('is refused where the answer is no', async () => {
    await using set = await stage()
    await expect(set.connect(undefined, {}, ['no'])).rejects.toMatchObject({ code: 'host_key_rejected' })
    await expect(set.known()).rejects.toThrow()
  })

  test('is written down with accept-new, after what is there, and known from then on', async () => {
    await using set = await stage()
    await set.connect('# no newline at the end', checking('accept-new'))
    expect(await set.known()).toBe(`# no newline at the end\n${set.server.knownHostsLine}`)
    expect((await stat(`${set.bench.home}/.ssh/known_hosts`)).mode & 0o777).toBe(0o600)
    expect(await firstAnswer(await set.connect(undefined, checking('yes')))).toBe(2)
  })

  test('is written down under a hash with HashKnownHosts', async () => {
    await using set = await stage()
    await set.connect('', { ssh_options: { StrictHostKeyChecking: 'accept-new', HashKnownHosts: 'yes' } })
    expect(await set.known()).toMatch(/^\|1\|/)
    expect(await firstAnswer(await set.connect(undefined, checking('yes')))).toBe(2)
  })

  test('is accepted with no, and a warning', async () => {
    await using set = await stage()
    await set.connect('', checking('no'))
    expect(set.bench.notes).toContainEqual({
      level: 0,
      text: `accepted the key of ${set.name} unchecked: ED25519 ${set.server.hostKeyFingerprint}`,
    })
    expect(await set.known()).toBe(set.server.knownHostsLine)
  })

  test('without any known_hosts file is accepted with no each time, and nothing is written', async () => {
    await using set = await stage()
    const fields = { ...checking('no'), known_hosts_file: 'none' }
    await set.connect(undefined, fields)
    await set.connect(undefined, fields)
    expect(set.bench.notes.filter(({ level }) => level === 0)).toHaveLength(2)
    await expect(set.known()).rejects.toThrow()
    await expect(set.connect(undefined, { known_hosts_file: 'none' })).rejects.toMatchObject({
      message: `host key rejected: ${set.name} is unknown, as there is no known_hosts file, and there is no terminal to ask on`,
    })
  })

  test('is let in where its file cannot be written, with a warning', async () => {
    await using set = await stage()
    await mkdir(`${set.bench.home}/dir`)
    const channel = await set.connect(undefined, {
      ...checking('accept-new'),
      known_hosts_file: `${set.bench.home}/dir`,
    })
    expect(await firstAnswer(channel)).toBe(2)
    expect(set.bench.notes).toContainEqual({ level: 0, text: expect.stringContaining('cannot add the key of') })
  })

  test('under an address is told how to be accepted', async () => {
    await using set = await stage()
    const connecting = set.connect(undefined, { name: `sftp://127.0.0.1:${set.server.port}` })
    await expect(connecting).rejects.toMatchObject({
      details: { hint: expect.stringContaining('-o StrictHostKeyChecking=accept-new') },
    })
  })
})

describe('a pinned key', () => {
  test('is enough, whatever known_hosts says', async () => {
    await using set = await stage()
    const known = `${set.name} ${otherKey.publicKey}\n`
    const fields = { ...checking('yes'), host_key: [otherKey.fingerprint, set.server.hostKeyFingerprint] }
    expect(await firstAnswer(await set.connect(known, fields))).toBe(2)
  })

  // promise: host-keys
  test('that is another one is refused, whatever known_hosts says', async () => {
    await using set = await stage()
    const fields = { ...checking('no'), host_key: [otherKey.fingerprint] }
    await expect(set.connect(set.server.knownHostsLine, fields)).rejects.toMatchObject({
      code: 'host_key_rejected',
      message: `host key rejected: the server's key is not the pinned one: ED25519 ${set.server.hostKeyFingerprint}, pinned is ${otherKey.fingerprint}`,
    })
    expect(set.server.logins).toEqual([])
  })
})

describeWithSshd('a server with several keys', () => {
  test('is asked for the type that is known, or pinned', async () => {
    await using sshd = await useSshd({ hostKeyTypes: ['ed25519', 'ecdsa', 'rsa'] })
    await using bench = await Bench.open()
    const fields = { port: sshd.port, username: sshd.username, identity_file: sshd.identityFile }
    for (const { publicKey, fingerprint } of sshd.hostKeys) {
      const known_hosts_file = await bench.write('known', `[127.0.0.1]:${sshd.port} ${publicKey}\n`)
      expect(await firstAnswer(await bench.connect({ ...fields, known_hosts_file }))).toBe(2)
      const pinned = bench.connect({ ...fields, known_hosts_file: 'none', host_key: [fingerprint] })
      expect(await firstAnswer(await pinned)).toBe(2)
    }
  })

  test('is taken for changed where it has none of the types that are known', async () => {
    await using sshd = await useSshd({ hostKeyTypes: ['ecdsa'] })
    await using bench = await Bench.open()
    const known_hosts_file = await bench.write('known', `[127.0.0.1]:${sshd.port} ${otherKey.publicKey}\n`)
    const connecting = bench.connect({
      port: sshd.port,
      username: sshd.username,
      known_hosts_file,
      ...checking('accept-new'),
    })
    await expect(connecting).rejects.toMatchObject({
      code: 'host_key_rejected',
      message: expect.stringMatching(/has changed: the server has ECDSA .* has ED25519/),
    })
  })

  test('is refused where its RSA key is too short', async () => {
    await using sshd = await useSshd({ hostKeyTypes: ['rsa'] })
    await using bench = await Bench.open()
    const connecting = bench.connect({
      port: sshd.port,
      known_hosts_file: sshd.knownHostsFile,
      ssh_options: { RequiredRSASize: '4096' },
    })
    await expect(connecting).rejects.toMatchObject({
      code: 'host_key_rejected',
      message: expect.stringContaining('has 3072 bits, which is less than 4096'),
    })
  })
})

test('a known_hosts file that cannot be read is a warning', async () => {
  await using set = await stage()
  await mkdir(`${set.bench.home}/known`)
  const connecting = set.connect(undefined, { known_hosts_file: `${set.bench.home}/known` })
  await expect(connecting).rejects.toMatchObject({ code: 'host_key_rejected' })
  expect(set.bench.notes).toContainEqual({ level: 0, text: `cannot read ${set.bench.home}/known: is a directory` })
})
