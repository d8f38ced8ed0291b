import { once } from 'node:events'
import { readdir, readFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import type { Connection } from '../../src/model/connection.ts'
import { mkfifoSync } from '../operations/mkfifo.ts'
import { describeWithSshd } from '../support/requirements.ts'
import type { LoginFault } from '../support/sftp-server/login-faults.ts'
import { type RunningSftpServer, startSftpServer } from '../support/sftp-server/start-sftp-server.ts'
import { type Sshd, useSshd } from '../support/sshd.ts'
import { Bench } from './connecting.ts'

const transports = ['ssh', 'openssh'] as const
const path = { PATH: process.env['PATH'] }
const phases = ['connect', 'key-exchange', 'authentication'] as const

async function silentServer(at: LoginFault['at']): Promise<RunningSftpServer> {
  const server = await startSftpServer({
    root: '/',
    users: [{ name: 'deploy', password: 'right' }],
    loginFaults: [{ at, act: 'hang' }],
  })
  onTestFinished(() => server.stop())
  return server
}

describeWithSshd('silence on the way', () => {
  let sshd: Sshd
  beforeAll(async () => {
    sshd = await useSshd()
  })
  afterAll(() => sshd.stop())

  const block = (name: string, port: number, knownHosts: string): string =>
    [
      `Host ${name}`,
      '  HostName 127.0.0.1',
      `  Port ${port}`,
      `  User ${sshd.username}`,
      `  IdentityFile ${sshd.identityFile}`,
      `  UserKnownHostsFile ${knownHosts}`,
      '',
    ].join('\n')
  const target = (port: number): Partial<Connection> => ({
    port,
    username: sshd.username,
    identity_file: sshd.identityFile,
  })

  // promise: silent-way
  test('a known_hosts that is a FIFO nobody writes to is timed_out, with its phase', async () => {
    await using bench = await Bench.open()
    const known_hosts_file = join(bench.home, 'known')
    mkfifoSync(known_hosts_file)
    await expect(
      bench.connect({ ...target(sshd.port), transport: 'ssh', known_hosts_file }, { overrides: { timeoutMs: 500 } }),
    ).rejects.toMatchObject({ code: 'timed_out', message: expect.stringContaining('known_hosts') })
  })

  describe.each(transports)('over %s', (transport) => {
    // promise: silent-way
    test.each(phases)('a jump host that says nothing at %s is timed_out', async (at) => {
      const server = await silentServer(at)
      await using bench = await Bench.open()
      const known = await bench.write('known', server.knownHostsLine)
      const ssh_config_file = await bench.write('config', block('jump', server.port, known))
      const fields = { ...target(sshd.port), transport, ssh_config_file, known_hosts_file: sshd.knownHostsFile }
      await expect(
        bench.connect(fields, { environment: path, overrides: { jump: 'jump', timeoutMs: 2000 } }),
      ).rejects.toMatchObject({ code: 'timed_out' })
      await server.idle()
    })

    // promise: silent-way
    test.each(phases)('a host behind a jump host that says nothing at %s is timed_out', async (at) => {
      const server = await silentServer(at)
      await using bench = await Bench.open()
      const ssh_config_file = await bench.write('config', block('jump', sshd.port, sshd.knownHostsFile))
      const fields = { ...target(server.port), transport, ssh_config_file, host_key: [server.hostKeyFingerprint] }
      await expect(
        bench.connect(fields, { environment: path, overrides: { jump: 'jump', timeoutMs: 3000 } }),
      ).rejects.toMatchObject({ code: 'timed_out' })
      await server.idle()
    })

    // promise: silent-way
    test('a ProxyCommand that says nothing is timed_out, and ended', async () => {
      await using bench = await Bench.open()
      const fields = { ...target(22), transport, ssh_options: { ProxyCommand: `sh -c 'sleep 3600; : ${bench.home}'` } }
      await expect(bench.connect(fields, { environment: path, overrides: { timeoutMs: 1000 } })).rejects.toMatchObject({
        code: 'timed_out',
      })
      expect(await commandLinesWith(bench.home)).toEqual([])
    })

    // promise: silent-way
    test('an agent that says nothing is timed_out', async () => {
      await using bench = await Bench.open()
      const agent = createServer((socket) => socket.on('error', () => undefined).resume())
      const socket = `${bench.home}/agent`
      await once(agent.listen(socket), 'listening')
      const fields = { ...target(sshd.port), transport, known_hosts_file: sshd.knownHostsFile }
      await expect(
        bench.connect(fields, { environment: { ...path, SSH_AUTH_SOCK: socket }, overrides: { timeoutMs: 1500 } }),
      ).rejects.toMatchObject({ code: 'timed_out' })
      agent.close()
    })
  })
})

/** The processes whose command line holds this. */
async function commandLinesWith(text: string): Promise<string[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name))
  const lines = await Promise.all(pids.map((pid) => readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')))
  return lines.filter((line) => line.includes(text))
}
