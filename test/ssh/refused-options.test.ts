import { describe, expect, test } from 'vitest'
import type { Connection } from '../../src/model/connection.ts'
import type { SshSettings } from '../../src/ssh/settings.ts'
import { Bench, type Trial } from './connecting.ts'

async function ssh(bench: Bench, fields: Partial<Connection>, trial: Trial = {}): Promise<SshSettings> {
  const settings = await bench.settings(fields, trial)
  if (settings.transport !== 'ssh') throw new Error('ssh is the usual transport')
  return settings
}

/** What the transport `auto` becomes with an option, and why. */
async function chosen(bench: Bench, fields: Partial<Connection>, trial: Trial = {}): Promise<string> {
  const settings = await bench.settings(fields, trial)
  const needs = settings.transport === 'openssh' ? settings.neededBy.map(({ what }) => what) : []
  return [settings.transport, ...needs].join(' ')
}

describe('options that the built-in transport does not honour', () => {
  test.each([
    ['ForwardAgent yes', 'ForwardAgent'],
    ['ControlMaster=auto', 'ControlMaster'],
    ['CertificateFile=x', 'CertificateFile'],
    ['GSSAPIAuthentication=yes', 'GSSAPIAuthentication'],
    ['CanonicalizeHostname=always', 'CanonicalizeHostname'],
    ['Ciphers=nothing', 'Ciphers nothing'],
    ['KexAlgorithms=sntrup761x25519-sha512', 'KexAlgorithms sntrup761x25519-sha512'],
    ['PreferredAuthentications=gssapi-with-mic', 'PreferredAuthentications gssapi-with-mic'],
  ])('-o %s is for the system’s ssh, and wrong usage where the built-in one was asked for', async (option, what) => {
    await using bench = await Bench.open()
    const trial = { overrides: { options: [option] } }
    expect(await chosen(bench, {}, trial)).toBe(`openssh ${what}`)
    await expect(bench.settings({ transport: 'ssh' }, trial)).rejects.toMatchObject({
      code: 'usage',
      message: `${what} needs the system's ssh (-o ${option})`,
      details: { hint: expect.stringContaining('transport: openssh') },
    })
  })

  test('one of a connection is named with its place', async () => {
    await using bench = await Bench.open()
    const fields: Partial<Connection> = { transport: 'ssh', ssh_options: { IPQoS: 'cs1' } }
    await expect(bench.settings(fields)).rejects.toMatchObject({
      code: 'usage',
      message: "IPQoS needs the system's ssh",
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
    'WarnWeakCrypto=no-pq-kex',
    'VisualHostKey=yes',
  ])('-o %s changes nothing', async (option) => {
    await using bench = await Bench.open()
    const settings = await bench.settings({}, { overrides: { options: [option] } })
    expect(settings).toMatchObject({ transport: 'ssh', warnings: [], notes: [] })
  })

  test.each(['RequestTTY=force', 'RemoteCommand=ls', 'LocalForward=8080 localhost:80', 'StdinNull=yes'])(
    '-o %s has no effect, and a warning says so',
    async (option) => {
      await using bench = await Bench.open()
      const settings = await bench.settings({}, { overrides: { options: [option] } })
      const [keyword = ''] = option.split('=')
      expect(settings.warnings).toEqual([expect.stringContaining(`${keyword} has no effect (-o ${option}): `)])
      const openssh = await bench.settings({ transport: 'openssh' }, { overrides: { options: [option] } })
      expect(openssh).not.toMatchObject({ arguments: expect.arrayContaining([option]) })
    },
  )

  test('of ssh_config, those that only add are notes', async () => {
    await using bench = await Bench.open()
    const ssh_config_file = await bench.write(
      'config',
      'Host *\n  SendEnv LANG LC_*\n  HashKnownHosts yes\n  GSSAPIAuthentication yes\n  ForwardAgent no\n',
    )
    const settings = await ssh(bench, { ssh_config_file }, { environment: { LC_ALL: 'C', OTHER: 'x' } })
    expect(settings.notes).toEqual([`GSSAPIAuthentication is left out (${ssh_config_file}:4)`])
    expect(settings.hostKeys.hashNames).toBe(true)
    expect([...settings.variables]).toEqual([['LC_ALL', 'C']])
  })

  test.each([
    ['CertificateFile x', 'CertificateFile'],
    ['CanonicalizeHostname yes', 'CanonicalizeHostname'],
    ['RevokedHostKeys x', 'RevokedHostKeys'],
    ['KnownHostsCommand /bin/true', 'KnownHostsCommand'],
  ])('of ssh_config, %s decides: it needs the system’s ssh', async (line, what) => {
    await using bench = await Bench.open()
    const ssh_config_file = await bench.write('config', `Host other\n  ${line}\nHost *\n${line}\n`)
    expect(await chosen(bench, { ssh_config_file })).toBe(`openssh ${what}`)
    await expect(bench.settings({ ssh_config_file, transport: 'ssh' })).rejects.toMatchObject({
      code: 'usage',
      details: { place: { file: ssh_config_file, line: 4 } },
    })
  })

  test.each([
    ['Match localnetwork 10.0.0.0/8', 'openssh Match localnetwork'],
    ['Match !version OpenSSH_9*', 'openssh Match version'],
    ['Match host other localnetwork 10.0.0.0/8', 'ssh'],
  ])('%s: %s', async (line, expected) => {
    await using bench = await Bench.open()
    const ssh_config_file = await bench.write('config', `${line}\n  Port 2222\n${line}\n`)
    expect(await chosen(bench, { ssh_config_file })).toBe(expected)
  })

  test('one that a jump host needs counts as well', async () => {
    await using bench = await Bench.open()
    const ssh_config_file = await bench.write('config', 'Host hop\n  CertificateFile x\n')
    expect(await chosen(bench, { ssh_config_file }, { overrides: { jump: 'hop' } })).toBe('openssh CertificateFile')
  })

  test('a certificate beside an identity file needs the system’s ssh', async () => {
    await using bench = await Bench.open()
    await bench.write('key-cert.pub', 'ssh-ed25519-cert-v01@openssh.com AAAA\n')
    const fields = { identity_file: `${bench.home}/key` }
    expect(await chosen(bench, fields)).toBe('openssh the certificate ~/key-cert.pub')
    expect(await chosen(bench, { ...fields, ssh_options: { PubkeyAuthentication: 'no' } })).toBe('ssh')
  })

  test('a host of which known_hosts has only an authority needs the system’s ssh', async () => {
    await using bench = await Bench.open()
    const key = Buffer.from('\0\0\0\x0bssh-ed25519\0\0\0\x20', 'latin1').toString('base64')
    await bench.write('.ssh/known_hosts', `@cert-authority *.example ssh-ed25519 ${key}\n`)
    expect(await chosen(bench, { host: 'a.example' })).toBe('openssh @cert-authority in ~/.ssh/known_hosts')
    expect(await chosen(bench, { host: 'elsewhere' })).toBe('ssh')
    expect(await chosen(bench, { host: 'a.example', host_key: [`SHA256:${'a'.repeat(43)}`] })).toBe('ssh')
  })

  test('a ProxyCommand after a ProxyJump does not count, unless that is none', async () => {
    await using bench = await Bench.open()
    const route = async (jump: string) => {
      const ssh_config_file = await bench.write('config', `Host x\n  ProxyJump ${jump}\nHost *\n  ProxyCommand nc\n`)
      const { jumpHosts, proxyCommand } = await ssh(bench, { host: 'x', ssh_config_file })
      return { jumps: jumpHosts.map(({ host }) => host), proxyCommand }
    }
    expect(await route('none')).toEqual({ jumps: [], proxyCommand: 'nc' })
    expect(await route('y')).toEqual({ jumps: ['y'], proxyCommand: undefined })
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
    ['SendEnv=A=b', 'SendEnv: invalid value "A=b" (-o SendEnv=A=b)', 'it takes names of variables, without values'],
    ['SetEnv=A', 'SetEnv: invalid value "A" (-o SetEnv=A)', 'it takes NAME=value'],
    ['RekeyLimit=1Q', 'RekeyLimit: invalid value "1Q" (-o RekeyLimit=1Q)', undefined],
    ['AddKeysToAgent=yes 5m', 'AddKeysToAgent: invalid value "yes 5m" (-o AddKeysToAgent=yes 5m)', undefined],
    ['ForwardX11=perhaps', 'ForwardX11: invalid value "perhaps" (-o ForwardX11=perhaps)', 'it takes yes or no'],
    ['LogLevel=loud', 'LogLevel: invalid value "loud" (-o LogLevel=loud)', undefined],
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
