import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Connection } from '../../src/model/connection.ts'
import { describeWithSshd } from '../support/requirements.ts'
import { useKeyPairs } from '../support/ssh-keys.ts'
import { type Sshd, useSshd } from '../support/sshd.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'
import { Bench, firstAnswer, serve } from './connecting.ts'

const run = promisify(execFile)
describeWithSshd('keys', () => {
  const keys = useKeyPairs()

  describe('the agent', () => {
    let sshd: Sshd
    let agent: Awaited<ReturnType<typeof startAgent>>
    beforeAll(async () => {
      sshd = await useSshd()
      agent = await startAgent([sshd.identityFile])
    })
    afterAll(async () => {
      await agent.stop()
      await sshd.stop()
    })
    const fields = (): Partial<Connection> => ({
      port: sshd.port,
      username: sshd.username,
      known_hosts_file: sshd.knownHostsFile,
    })

    test('its keys let in', async () => {
      await using bench = await Bench.open()
      const channel = await bench.connect(fields(), { environment: { SSH_AUTH_SOCK: agent.socket } })
      expect(await firstAnswer(channel)).toBe(2)
    })

    test('IdentityAgent names another socket, and none switches it off', async () => {
      await using bench = await Bench.open()
      const channel = await bench.connect(
        { ...fields(), ssh_options: { IdentityAgent: '$OTHER' } },
        { environment: { OTHER: agent.socket } },
      )
      expect(await firstAnswer(channel)).toBe(2)
      const without = bench.connect(
        { ...fields(), ssh_options: { IdentityAgent: 'none' } },
        { environment: { SSH_AUTH_SOCK: agent.socket } },
      )
      await expect(without).rejects.toMatchObject({ code: 'authentication_failed' })
    })

    test('a public key file picks one of its keys', async () => {
      await using bench = await Bench.open()
      const channel = await bench.connect(
        { ...fields(), identity_file: `${sshd.identityFile}.pub`, ssh_options: { IdentitiesOnly: 'yes' } },
        { environment: { SSH_AUTH_SOCK: agent.socket } },
      )
      expect(await firstAnswer(channel)).toBe(2)
    })

    test('IdentitiesOnly keeps its other keys out', async () => {
      await using bench = await Bench.open()
      const connecting = bench.connect(
        { ...fields(), ssh_options: { IdentitiesOnly: 'yes' } },
        { environment: { SSH_AUTH_SOCK: agent.socket } },
      )
      await expect(connecting).rejects.toMatchObject({ code: 'authentication_failed' })
    })

    // promise: strong-algorithms
    test('an RSA key signs with SHA-2', async () => {
      await using bench = await Bench.open()
      const other = await startAgent([keys.rsa.file])
      const { server, fields: server2 } = await serve({ users: [{ name: 'deploy', publicKeys: [keys.rsa.publicKey] }] })
      await using _server = server
      try {
        const channel = await bench.connect(server2, { environment: { SSH_AUTH_SOCK: other.socket } })
        expect(await firstAnswer(channel)).toBe(2)
        expect(bench.notes.map(({ text }) => text)).toContainEqual(
          expect.stringMatching(/^trying publickey .* with rsa-sha2-/),
        )
      } finally {
        await other.stop()
      }
    })

    test('one that cannot be reached is left out', async () => {
      await using bench = await Bench.open()
      const channel = await bench.connect(
        { ...fields(), identity_file: sshd.identityFile },
        { environment: { SSH_AUTH_SOCK: '/nowhere/agent' } },
      )
      expect(await firstAnswer(channel)).toBe(2)
    })

    async function startAgent(files: readonly string[]): Promise<{ socket: string; stop(): Promise<void> }> {
      const folder = await temporaryDirectory()
      const socket = `${folder.path}/agent`
      const child = spawn('ssh-agent', ['-D', '-a', socket], { stdio: ['ignore', 'pipe', 'ignore'] })
      // It says where it is once it listens.
      await once(child.stdout, 'data')
      for (const file of files) await run('ssh-add', ['-q', file], { env: { ...process.env, SSH_AUTH_SOCK: socket } })
      return {
        socket,
        stop: async () => {
          const exited = once(child, 'exit')
          child.kill()
          await exited
          await folder[Symbol.asyncDispose]()
        },
      }
    }
  })
})
