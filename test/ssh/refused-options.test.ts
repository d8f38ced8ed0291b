import { describe, expect, test } from 'vitest'
import type { Connection } from '../../src/model/connection.ts'
import type { SshSettings } from '../../src/ssh/settings.ts'
import { Bench, type Trial } from './connecting.ts'

async function ssh(bench: Bench, fields: Partial<Connection>, trial: Trial = {}): Promise<SshSettings> {
  const settings = await bench.settings(fields, trial)
  if (settings.transport !== 'ssh') throw new Error('ssh is the usual transport')
  return settings
}

describe('options that are not supported yet', () => {
  test.each([
    ['ProxyCommand=nc %h %p', 'ProxyCommand is not supported yet (-o ProxyCommand=nc %h %p)'],
    ['SendEnv=LANG', 'SendEnv is not supported yet (-o SendEnv=LANG)'],
    ['ForwardAgent yes', 'ForwardAgent is not supported yet (-o ForwardAgent yes)'],
    ['CertificateFile=x', 'CertificateFile is not supported yet (-o CertificateFile=x)'],
    ['ControlMaster=auto', 'ControlMaster is not supported yet (-o ControlMaster=auto)'],
  ])('-o %s is wrong usage, with what to do', async (option, message) => {
    await using bench = await Bench.open()
    await expect(bench.settings({}, { overrides: { options: [option] } })).rejects.toMatchObject({
      code: 'usage',
      message,
      details: { hint: expect.stringContaining('transport "command"') },
    })
  })

  test('one of a connection is named with its place', async () => {
    await using bench = await Bench.open()
    await expect(bench.settings({ ssh_options: { SetEnv: 'A=b' } })).rejects.toMatchObject({
      code: 'usage',
      message: 'SetEnv is not supported yet',
      details: { place: { file: 'deploy.yml', line: 'ssh_options'.length } },
    })
  })

  test.each([
    'ForwardAgent=no',
    'ProxyCommand=none',
    'ControlPath none',
    'RequestTTY=no',
    'CheckHostIP=no',
    'Protocol=2',
  ])('-o %s says what is so anyway', async (option) => {
    await using bench = await Bench.open()
    await expect(bench.settings({}, { overrides: { options: [option] } })).resolves.toMatchObject({ transport: 'ssh' })
  })

  test('of ssh_config, those that only add are notes', async () => {
    await using bench = await Bench.open()
    const ssh_config_file = await bench.write(
      'config',
      'Host *\n  SendEnv LANG LC_*\n  HashKnownHosts yes\n  GSSAPIAuthentication yes\n  ForwardAgent no\n',
    )
    const settings = await ssh(bench, { ssh_config_file })
    expect(settings.notes).toEqual([
      `SendEnv is left out (${ssh_config_file}:2)`,
      `GSSAPIAuthentication is left out (${ssh_config_file}:4)`,
    ])
    expect(settings.hostKeys.hashNames).toBe(true)
  })

  test.each([
    'ProxyCommand nc',
    'CertificateFile x',
    'CanonicalizeHostname yes',
    'RevokedHostKeys x',
    'BindInterface eth0',
  ])('of ssh_config, %s is wrong usage', async (line) => {
    await using bench = await Bench.open()
    const ssh_config_file = await bench.write('config', `Host other\n  ${line}\nHost *\n  ${line}\n`)
    await expect(bench.settings({ ssh_config_file })).rejects.toMatchObject({
      code: 'usage',
      message: `${line.split(' ')[0]} is not supported yet`,
      details: { place: { file: ssh_config_file, line: 4 } },
    })
  })

  test('a ProxyCommand after a ProxyJump does not count', async () => {
    await using bench = await Bench.open()
    const ssh_config_file = await bench.write('config', 'Host x\n  ProxyJump none\nHost *\n  ProxyCommand nc\n')
    await expect(bench.settings({ host: 'x', ssh_config_file })).resolves.toMatchObject({ jumpHosts: [] })
  })

  test('RefuseConnection is obeyed', async () => {
    await using bench = await Bench.open()
    const ssh_config_file = await bench.write('config', 'RefuseConnection "not from here"\n')
    await expect(bench.settings({ ssh_config_file })).rejects.toMatchObject({
      message: 'the ssh configuration refuses this connection: not from here',
    })
  })

  test('this machine’s own configuration is no error', async () => {
    await using bench = await Bench.open()
    await expect(bench.settings({}, { withConfig: true })).resolves.toMatchObject({ transport: 'ssh' })
  })

  test('the transport openssh is wrong usage', async () => {
    await using bench = await Bench.open()
    await expect(bench.settings({ transport: 'openssh' })).rejects.toMatchObject({
      code: 'usage',
      message: 'the transport "openssh" is not supported yet',
      details: { place: { file: 'deploy.yml', line: 9 } },
    })
  })
})

describe('options that are wrong', () => {
  test.each([
    ['Foo=bar', 'unknown ssh option "Foo" (-o Foo=bar)', undefined],
    [
      'ServerAliveIntervall=3',
      'unknown ssh option "ServerAliveIntervall" (-o ServerAliveIntervall=3)',
      'did you mean "ServerAliveInterval"?',
    ],
    ['Port', 'Port needs a value (-o Port)', undefined],
    ['Port=x', 'Port: invalid value "x" (-o Port=x)', undefined],
    ['Port=0', 'Port: invalid value "0" (-o Port=0)', undefined],
    ['Port=70000', 'Port: invalid value "70000" (-o Port=70000)', undefined],
    ['', 'an ssh option is written as Key=Value (-o )', undefined],
    ['=x', 'an ssh option is written as Key=Value (-o =x)', undefined],
    ['Host=x', 'Host has no meaning outside of a file (-o Host=x)', undefined],
    ['Include x', 'Include has no meaning outside of a file (-o Include x)', undefined],
    ['BatchMode=maybe', 'BatchMode: invalid value "maybe" (-o BatchMode=maybe)', 'it takes yes or no'],
    [
      'ConnectTimeout=-1',
      'ConnectTimeout: invalid value "-1" (-o ConnectTimeout=-1)',
      'it takes a time as 90 or 1m30s',
    ],
    [
      'StrictHostKeyChecking=never',
      'StrictHostKeyChecking: invalid value "never" (-o StrictHostKeyChecking=never)',
      undefined,
    ],
    ['AddressFamily=ipv4', 'AddressFamily: invalid value "ipv4" (-o AddressFamily=ipv4)', 'it takes any, inet, inet6'],
    ['Ciphers=nothing', 'Ciphers: nothing that can be used (-o Ciphers=nothing)', undefined],
    [
      'PreferredAuthentications=gssapi-with-mic',
      'PreferredAuthentications: nothing that is supported (-o PreferredAuthentications=gssapi-with-mic)',
      undefined,
    ],
  ])('-o %j', async (option, message, hint) => {
    await using bench = await Bench.open()
    await expect(bench.settings({}, { overrides: { options: [option] } })).rejects.toMatchObject({
      code: 'usage',
      message,
      ...(hint !== undefined && { details: { hint } }),
    })
  })

  test.each(['Constructor', '__proto__', 'hasOwnProperty'])('%s is only a name that is unknown', async (name) => {
    await using bench = await Bench.open()
    const ssh_options = Object.fromEntries([[name, 'x']])
    await expect(bench.settings({ ssh_options })).rejects.toMatchObject({ code: 'usage' })
    const options = ['AddressFamily=constructor', `StrictHostKeyChecking=${name}`]
    await expect(bench.settings({}, { overrides: { options } })).rejects.toMatchObject({ code: 'usage' })
  })

  test('IgnoreUnknown is honoured among flags', async () => {
    await using bench = await Bench.open()
    const overrides = { options: ['IgnoreUnknown=Foo', 'Foo=1', 'Port=3'] }
    expect(await ssh(bench, {}, { overrides })).toMatchObject({ port: 3 })
  })
})
