import { hostname, userInfo } from 'node:os'
import { describe, expect, test } from 'vitest'
import type { Connection } from '../../src/model/connection.ts'
import type { SshSettings } from '../../src/ssh/settings.ts'
import { Bench, type Trial } from './connecting.ts'

async function ssh(bench: Bench, fields: Partial<Connection>, trial: Trial = {}): Promise<SshSettings> {
  const settings = await bench.settings(fields, trial)
  if (settings.transport !== 'ssh') throw new Error('ssh is the usual transport')
  return settings
}

describe('what wins', () => {
  test('flag, then stored connection, then ssh_config, then default', async () => {
    await using bench = await Bench.open()
    await bench.write(
      '.ssh/config',
      'Host *\n  Port 3\n  User config\n  ServerAliveInterval 3\n  HostName real.example\n',
    )
    const fields = { host: 'alias', port: 2, username: 'stored' }
    const settings = await ssh(bench, fields, { withConfig: true, overrides: { port: 1 } })
    expect(settings).toMatchObject({
      host: 'real.example',
      port: 1,
      username: 'stored',
      serverAliveIntervalMs: 3000,
      serverAliveCountMax: 3,
      timeoutMs: 30_000,
    })
    const config = { file: `${bench.home}/.ssh/config` }
    expect(settings.origins.get('Port')).toEqual({ source: 'flag' })
    expect(settings.origins.get('User')).toEqual({ source: 'stored', place: { file: 'deploy.yml', line: 8 } })
    expect(settings.origins.get('ServerAliveInterval')).toEqual({ source: 'ssh_config', place: { ...config, line: 4 } })
    expect(settings.origins.get('timeout')).toEqual({ source: 'default' })
    expect(settings.origins.get('ServerAliveCountMax')).toBeUndefined()
  })

  test('-P and -4 before -o, a connection’s fields before its ssh_options', async () => {
    await using bench = await Bench.open()
    const overrides = {
      port: 1,
      addressFamily: 'ipv4',
      options: ['Port=9', 'AddressFamily inet6', 'User=flag'],
    } as const
    const fields = { username: 'field', compression: true, ssh_options: { User: 'option', Compression: 'no' } }
    expect(await ssh(bench, fields, { overrides })).toMatchObject({
      port: 1,
      addressFamily: 'ipv4',
      username: 'flag',
      compression: true,
    })
    expect(await ssh(bench, fields)).toMatchObject({ username: 'field' })
  })

  test('without anything: port 22, the local user, ssh’s files', async () => {
    await using bench = await Bench.open()
    const settings = await ssh(bench, { host: 'Host.Example' })
    expect(settings).toMatchObject({ port: 22, username: userInfo().username, logLevel: 0, jumpHosts: [] })
    expect(settings.hostKeys).toMatchObject({
      lookupName: 'host.example',
      pins: [],
      userFiles: [`${bench.home}/.ssh/known_hosts`, `${bench.home}/.ssh/known_hosts2`],
      globalFiles: ['/etc/ssh/ssh_known_hosts', '/etc/ssh/ssh_known_hosts2'],
    })
    expect(settings.hostKeys.checking).toBeUndefined()
    expect(settings.authentication.identities.map((one) => one.kind === 'file' && one.path)).toEqual(
      ['id_rsa', 'id_ecdsa', 'id_ed25519'].map((name) => `${bench.home}/.ssh/${name}`),
    )
    expect(settings.authentication.agentSocket).toBeUndefined()
  })

  test('identities gather: -i, connection, private_key, ssh_config', async () => {
    await using bench = await Bench.open()
    const ssh_config_file = await bench.write('config', 'IdentityFile ~/c\nIdentityFile ~/b\n')
    const fields = { ssh_config_file, identity_file: ['/s1', '~/b'], private_key: { env: 'KEY' } }
    const { authentication } = await ssh(bench, fields, { overrides: { identities: ['relative', '~/i'] } })
    expect(authentication.identities.map((one) => [one.kind === 'file' ? one.path : one.kind, one.explicit])).toEqual([
      ['relative', true],
      [`${bench.home}/i`, true],
      ['/s1', true],
      [`${bench.home}/b`, true],
      ['text', true],
      [`${bench.home}/c`, false],
    ])
  })

  test('IdentityFile none is no file at all', async () => {
    await using bench = await Bench.open()
    const settings = await ssh(bench, { ssh_options: { IdentityFile: 'none' } })
    expect(settings.authentication.identities).toEqual([])
  })

  test('timeouts: flag, connection, and ConnectTimeout over a default that nobody asked for', async () => {
    await using bench = await Bench.open()
    const ssh_options = { ConnectTimeout: '90' }
    expect(await ssh(bench, { ssh_options })).toMatchObject({ timeoutMs: 90_000, handshakeTimeoutMs: 90_000 })
    expect(await ssh(bench, { ssh_options, timeout: '10s' })).toMatchObject({ timeoutMs: 10_000 })
    expect(await ssh(bench, { timeout: '10s' }, { overrides: { timeoutMs: 0 } })).toMatchObject({ timeoutMs: 0 })
  })

  test('-F none reads no file, -F wins over the connection’s own', async () => {
    await using bench = await Bench.open()
    await bench.write('.ssh/config', 'Port 1\n')
    const flagged = await bench.write('flagged', 'Port 2\n')
    const ssh_config_file = await bench.write('stored', 'Port 3\n')
    expect(await ssh(bench, { ssh_config_file })).toMatchObject({ port: 3 })
    expect(await ssh(bench, { ssh_config_file }, { overrides: { sshConfigFile: flagged } })).toMatchObject({ port: 2 })
    expect(await ssh(bench, {}, { withConfig: true, overrides: { sshConfigFile: 'none' } })).toMatchObject({ port: 22 })
  })

  test('log levels: flag, connection, LogLevel', async () => {
    await using bench = await Bench.open()
    const ssh_options = { LogLevel: 'DEBUG2' }
    expect(await ssh(bench, { ssh_options })).toMatchObject({ logLevel: 2 })
    expect(await ssh(bench, { ssh_options, log_level: 1 }, { overrides: { logLevel: 4 } })).toMatchObject({
      logLevel: 4,
    })
  })
})

describe('tokens, variables and ~', () => {
  test('are replaced where ssh replaces them', async () => {
    await using bench = await Bench.open()
    const ssh_options = {
      HostName: '%h.example',
      HostKeyAlias: 'alias',
      IdentityFile: ['%d/%h-%n-%p-%r-%u-%i-%k-%l-%L-%%', '${DIR}/key', '~/x'],
      UserKnownHostsFile: '~/.ssh/known_%h "/a b/${DIR}"',
      IdentityAgent: '~/agent-%r',
    }
    const fields = { host: 'h', port: 2222, username: 'deploy', ssh_options }
    const settings = await ssh(bench, fields, { environment: { DIR: '/keys' } })
    const { username, uid } = userInfo()
    const [short = ''] = hostname().split('.')
    expect(settings.host).toBe('h.example')
    expect(settings.authentication.identities.map((one) => one.kind === 'file' && one.path)).toEqual([
      `${bench.home}/h.example-h-2222-deploy-${username}-${uid}-alias-${hostname()}-${short}-%`,
      '/keys/key',
      `${bench.home}/x`,
    ])
    expect(settings.hostKeys.userFiles).toEqual([`${bench.home}/.ssh/known_h.example`, '/a b//keys'])
    expect(settings.hostKeys.lookupName).toBe('alias')
    expect(settings.authentication.agentSocket).toBe(`${bench.home}/agent-deploy`)
  })

  test('stand for themselves in -i and in a connection’s fields', async () => {
    await using bench = await Bench.open()
    const fields = { identity_file: '/keys/%h', known_hosts_file: ['/known/${X}', '~/y'] }
    const settings = await ssh(bench, fields, { overrides: { identities: ['100%'] } })
    expect(settings.authentication.identities.map((one) => one.kind === 'file' && one.path)).toEqual([
      '100%',
      '/keys/%h',
    ])
    expect(settings.hostKeys.userFiles).toEqual(['/known/${X}', `${bench.home}/y`])
  })

  test.each([
    ['IdentityFile', '%z', 'IdentityFile: unknown token "%z"'],
    ['IdentityFile', '${NOPE}/x', 'IdentityFile: the variable NOPE is not set'],
    ['HostName', '%p', 'HostName: unknown token "%p"'],
    ['UserKnownHostsFile', 'a%', 'UserKnownHostsFile: unknown token "%"'],
  ])('%s %s is wrong usage', async (keyword, value, message) => {
    await using bench = await Bench.open()
    await expect(bench.settings({ ssh_options: { [keyword]: value } })).rejects.toMatchObject({
      code: 'usage',
      message,
    })
  })
})

describe('host keys', () => {
  test('known_hosts_file none is no file at all, of the system neither', async () => {
    await using bench = await Bench.open()
    const { hostKeys } = await ssh(bench, { known_hosts_file: 'none' })
    expect(hostKeys).toMatchObject({ userFiles: [], globalFiles: [] })
  })

  test('a host on another port goes by [host]:port', async () => {
    await using bench = await Bench.open()
    const { hostKeys } = await ssh(bench, { host: 'H', port: 2222 })
    expect(hostKeys.lookupName).toBe('[h]:2222')
  })

  test('a pin that is no fingerprint is wrong usage, with its place', async () => {
    await using bench = await Bench.open()
    await expect(bench.settings({ host_key: ['MD5:aa:bb'] })).rejects.toMatchObject({
      code: 'usage',
      message: 'host_key: "MD5:aa:bb" is no fingerprint',
      details: { place: { file: 'deploy.yml', line: 8 } },
    })
  })
})

describe('lists of algorithms', () => {
  const cipherList = async (value: string): Promise<readonly string[]> => {
    await using bench = await Bench.open()
    return (await ssh(bench, { ssh_options: { Ciphers: value } })).algorithms.cipher
  }

  test('replace, add, take away and prefer', async () => {
    expect(await cipherList('aes256-ctr,aes128-cbc')).toEqual(['aes256-ctr', 'aes128-cbc'])
    expect((await cipherList('+aes128-cbc')).at(-1)).toBe('aes128-cbc')
    expect(await cipherList('-chacha20*,aes*-ctr')).toEqual(['aes128-gcm@openssh.com', 'aes256-gcm@openssh.com'])
    expect((await cipherList('^aes256-ctr'))[0]).toBe('aes256-ctr')
  })

  test('names that this ssh does not have are left out, with a note', async () => {
    await using bench = await Bench.open()
    const settings = await ssh(bench, { ssh_options: { KexAlgorithms: 'mlkem768x25519-sha256,curve25519-sha256' } })
    expect(settings.algorithms.kex).toEqual(['curve25519-sha256'])
    expect(settings.notes).toEqual(['KexAlgorithms: mlkem768x25519-sha256 is left out'])
  })

  // promise: strong-algorithms
  test('nothing old is offered by itself', async () => {
    await using bench = await Bench.open()
    const { algorithms, authentication } = await ssh(bench, {})
    const all = [...Object.values(algorithms).flat(), ...authentication.keyAlgorithms]
    expect(all.filter((name) => /sha1|group1-|-cbc|md5|-96|arcfour|^ssh-rsa|ssh-dss/.test(name))).toEqual([])
    expect(algorithms.cipher[0]).toBe('aes128-gcm@openssh.com')
  })
})

describe('for the system’s ssh', () => {
  test('what was asked for goes along in order, a name or a path as it is, and nothing of it can harm the channel', async () => {
    await using bench = await Bench.open()
    const ssh_config_file = await bench.write('config', 'StdinNull yes\nForwardAgent yes\nServerAliveInterval 3\n')
    const fields: Partial<Connection> = {
      host: 'alias',
      transport: 'openssh',
      ssh_config_file,
      port: 2022,
      username: 'a b',
      identity_file: '~/100% "mine"',
      ssh_options: { IdentityFile: '%d/x', RemoteCommand: 'ls' },
    }
    const settings = await bench.settings(fields, { overrides: { options: ['Port=2'], jump: 'hop' } })
    if (settings.transport !== 'openssh') throw new Error('openssh was asked for')
    const words = settings.arguments.join(' ')
    expect(words).toContain(`-F ${ssh_config_file} -o `)
    expect(words).toContain(
      `-o ProxyJump=hop -o Port=2 -o Port=2022 -l a b -o IdentityFile="${bench.home}/100%% \\"mine\\"" -o IdentityFile=%d/x -o ForwardAgent=no -o ControlMaster=no`,
    )
    for (const option of ['StdinNull=no', 'RemoteCommand=none', 'RequestTTY=no', 'ClearAllForwardings=yes']) {
      expect(settings.arguments).toContain(option)
    }
    expect(words).not.toMatch(/ServerAlive|RemoteCommand=ls|SessionType/)
    expect(settings).toMatchObject({ destination: 'alias', neededBy: [], notes: [] })
  })

  test('a path that ssh would expand in any case is wrong usage', async () => {
    await using bench = await Bench.open()
    const fields: Partial<Connection> = { transport: 'openssh', identity_file: '/a${B}' }
    await expect(bench.settings(fields)).rejects.toMatchObject({ code: 'usage' })
  })
})

// promise: no-shell
test('a name that a shell would act on gets into no command', async () => {
  await using bench = await Bench.open()
  const fields: Partial<Connection> = { username: 'a b$(id)', ssh_options: { ProxyCommand: 'nc -l %r %h %p' } }
  await expect(bench.settings(fields)).rejects.toMatchObject({ code: 'usage' })
  const settings = await ssh(bench, { ...fields, username: 'deploy', port: 2022 })
  expect(settings.proxyCommand).toBe('nc -l deploy 127.0.0.1 2022')
})

test('secrets are opened once, and not before they are wanted', async () => {
  await using bench = await Bench.open()
  const settings = await ssh(bench, { password: { env: 'P' } }, { environment: { P: 'x' } })
  expect(JSON.stringify({ ...settings, environment: {} })).not.toContain('"x"')
  const { signal } = new AbortController()
  expect(await settings.authentication.password?.(signal)).toBe('x')
})
