import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Connection } from '../../src/model/connection.ts'
import { describeWithSshd } from '../support/requirements.ts'
import { type RunningSftpServer, startSftpServer } from '../support/sftp-server/start-sftp-server.ts'
import { type Sshd, useSshd } from '../support/sshd.ts'
import { Bench, firstAnswer } from './connecting.ts'

describeWithSshd('through real sshds', () => {
  let first: Sshd
  let second: Sshd
  let server: RunningSftpServer
  beforeAll(async () => {
    server = await startSftpServer({ root: '/', users: [{ name: 'deploy', password: 'right' }] })
    // Each leads only further on, so that the order counts.
    second = await useSshd({ extra: [`PermitOpen 127.0.0.1:${server.port}`] })
    first = await useSshd({ extra: [`PermitOpen 127.0.0.1:${server.port} 127.0.0.1:${second.port} 127.0.0.1:1`] })
  })
  afterAll(() => Promise.all([first.stop(), second.stop(), server.stop()]))

  const target = (): Partial<Connection> => ({
    port: server.port,
    username: 'deploy',
    password: { env: 'PASSWORD' },
    host_key: [server.hostKeyFingerprint],
  })
  const environment = { PASSWORD: 'right' }
  const block = (name: string, sshd: Sshd): string =>
    [
      `Host ${name}`,
      `  HostName 127.0.0.1`,
      `  Port ${sshd.port}`,
      `  User ${sshd.username}`,
      `  IdentityFile ${sshd.identityFile}`,
      `  UserKnownHostsFile ${sshd.knownHostsFile}`,
      '',
    ].join('\n')

  test('-J with one host', async () => {
    await using bench = await Bench.open()
    const ssh_config_file = await bench.write('config', block('one', first))
    const channel = await bench.connect({ ...target(), ssh_config_file }, { environment, overrides: { jump: 'one' } })
    expect(await firstAnswer(channel)).toBe(2)
    expect(first.log()).toContain('Accepted publickey')
    await channel.close()
    await server.idle()
  })

  test('ProxyJump with two hosts, in their order', async () => {
    await using bench = await Bench.open()
    const ssh_config_file = await bench.write('config', block('one', first) + block('two', second))
    const ssh_options = { ProxyJump: 'one,two' }
    const channel = await bench.connect({ ...target(), ssh_config_file, ssh_options }, { environment })
    expect(await firstAnswer(channel)).toBe(2)
    expect(second.log()).toContain('Accepted publickey')
    await channel.close()
    await server.idle()
  })

  test('a jump host of a jump host, by ssh_config alone', async () => {
    await using bench = await Bench.open()
    const config = `Host bank\n  HostName 127.0.0.1\n  ProxyJump two\n${block('two', second)}  ProxyJump one\n${block('one', first)}`
    const ssh_config_file = await bench.write('config', config)
    const channel = await bench.connect({ ...target(), host: 'bank', ssh_config_file }, { environment })
    expect(await firstAnswer(channel)).toBe(2)
  })

  test('all said in place, with the key and the known_hosts file of the connection', async () => {
    await using bench = await Bench.open()
    const channel = await bench.connect(
      { ...target(), known_hosts_file: first.knownHostsFile, identity_file: first.identityFile },
      { environment, overrides: { jump: `ssh://${first.username}@127.0.0.1:${first.port}` } },
    )
    expect(await firstAnswer(channel)).toBe(2)
  })

  // promise: host-keys
  test('each host key is checked, and nothing reaches the host behind', async () => {
    await using bench = await Bench.open()
    const before = server.accepted()
    const config = block('one', first).replace(/ {2}UserKnownHostsFile.*\n/, '')
    const ssh_config_file = await bench.write('config', config)
    const connecting = bench.connect({ ...target(), ssh_config_file }, { environment, overrides: { jump: 'one' } })
    await expect(connecting).rejects.toMatchObject({
      code: 'host_key_rejected',
      message: `jump host 127.0.0.1:${first.port}: host key rejected: [127.0.0.1]:${first.port} is not in ~/.ssh/known_hosts, and there is no terminal to ask on`,
    })
    expect(server.accepted()).toBe(before)
  })

  test('a pin of the connection is not the jump host’s', async () => {
    await using bench = await Bench.open()
    const connecting = bench.connect(
      {
        ...target(),
        host_key: [first.hostKeyFingerprint],
        identity_file: first.identityFile,
        known_hosts_file: first.knownHostsFile,
      },
      { environment, overrides: { jump: `${first.username}@127.0.0.1:${first.port}` } },
    )
    await expect(connecting).rejects.toMatchObject({
      code: 'host_key_rejected',
      message: expect.stringMatching(/^host key rejected: the server's key is not the pinned one/),
    })
  })

  test('a host behind that does not answer is connect_failed', async () => {
    await using bench = await Bench.open()
    const ssh_config_file = await bench.write('config', block('one', first))
    const connecting = bench.connect(
      { ...target(), port: 1, ssh_config_file },
      { environment, overrides: { jump: 'one' } },
    )
    await expect(connecting).rejects.toMatchObject({
      code: 'connect_failed',
      message: expect.stringMatching(/^could not connect to 127\.0\.0\.1:1: the jump host says ".*refused/i),
    })
  })

  test('a jump host that refuses us says so by its name', async () => {
    await using bench = await Bench.open()
    const config = block('one', first).replace(/ {2}IdentityFile.*/, '  IdentityFile none')
    const ssh_config_file = await bench.write('config', config)
    const connecting = bench.connect({ ...target(), ssh_config_file }, { environment, overrides: { jump: 'one' } })
    await expect(connecting).rejects.toMatchObject({
      code: 'authentication_failed',
      message: expect.stringMatching(/^jump host 127\.0\.0\.1:\d+: authentication failed for /),
      details: { hint: 'set IdentityFile for one in the ssh configuration' },
    })
  })

  test('a jump host that is lost ends the channel', async () => {
    await using jump = await useSshd()
    await using bench = await Bench.open()
    const ssh_config_file = await bench.write('config', block('one', jump))
    const channel = await bench.connect({ ...target(), ssh_config_file }, { environment, overrides: { jump: 'one' } })
    await jump.dropConnections()
    expect(await channel.ended).toMatchObject({ code: 'connection_lost' })
  })
})

describe('jump hosts are resolved', () => {
  test.each([
    ['target,other', 'ProxyJump: target would be reached through itself'],
    ['a@b@', 'ProxyJump: invalid host "a@b@"'],
    ['one,,two', 'ProxyJump: invalid host ""'],
    ['-oProxyCommand=x', 'ProxyJump: invalid host "-oProxyCommand=x"'],
    ['one:0', 'ProxyJump: invalid host "one:0"'],
  ])('-J %s is wrong usage', async (jump, message) => {
    await using bench = await Bench.open()
    await expect(bench.settings({ host: 'target' }, { overrides: { jump } })).rejects.toMatchObject({
      code: 'usage',
      message: `${message} (-J ${jump})`,
    })
  })

  test('a way that leads through itself is found, with its place', async () => {
    await using bench = await Bench.open()
    const ssh_config_file = await bench.write('config', 'Host *\n  ProxyJump bastion\n')
    await expect(bench.settings({ host: 'target', ssh_config_file })).rejects.toMatchObject({
      code: 'usage',
      message: 'ProxyJump: bastion would be reached through itself',
      details: { place: { file: ssh_config_file, line: 2 } },
    })
  })

  test('flags of the destination are not theirs', async () => {
    await using bench = await Bench.open()
    const settings = await bench.settings(
      { host: 'target', port: 2222, username: 'deploy', host_key: [`SHA256:${'A'.repeat(43)}`] },
      { overrides: { jump: 'me@one,[::1]:2200', options: ['StrictHostKeyChecking=no'] } },
    )
    if (settings.transport !== 'ssh') throw new Error('ssh is the usual transport')
    expect(
      settings.jumpHosts.map(({ host, port, hostKeys }) => [host, port, hostKeys.checking, hostKeys.pins]),
    ).toEqual([
      ['one', 22, undefined, []],
      ['::1', 2200, undefined, []],
    ])
    expect(settings.jumpHosts[0]?.username).toBe('me')
    expect(settings.jumpHosts[1]?.username).not.toBe('deploy')
  })

  test('none is no jump host', async () => {
    await using bench = await Bench.open()
    const ssh_config_file = await bench.write('config', 'ProxyJump bastion\n')
    const settings = await bench.settings({ host: 'x', ssh_config_file }, { overrides: { jump: 'none' } })
    expect(settings).toMatchObject({ jumpHosts: [] })
  })
})
