import { afterAll, beforeAll, onTestFinished } from 'vitest'
import { openSession } from '../../src/sftp/open-session.ts'
import { sessionContract } from '../contract/session-contract.ts'
import { programPath } from '../support/openssh.ts'
import { describeWithSshd } from '../support/requirements.ts'
import { type Sshd, useSshd } from '../support/sshd.ts'
import { type TemporaryDirectory, temporaryDirectory } from '../support/temporary-directory.ts'
import { Bench } from './connecting.ts'

let sshd: Sshd
let folder: TemporaryDirectory

/** Each session starts in an empty folder of its own. */
const server = (): string => `exec ${programPath('sftp-server')} -d "$(mktemp -d ${folder.path}/XXXXXX)"`

describeWithSshd('the same session', () => {
  beforeAll(async () => {
    folder = await temporaryDirectory()
    sshd = await useSshd({ subsystem: 'none', extra: [`Subsystem sftp ${server()}`] })
  })

  afterAll(async () => {
    await sshd?.stop()
    await folder?.[Symbol.asyncDispose]()
  })

  for (const transport of ['ssh', 'openssh', 'command'] as const) {
    sessionContract(`over the transport ${transport}`, async () => {
      const bench = await Bench.open()
      onTestFinished(() => bench[Symbol.asyncDispose]())
      const channel = await bench.connect(
        transport === 'command'
          ? { transport, command: ['/bin/sh', '-c', server()] }
          : {
              transport,
              port: sshd.port,
              username: sshd.username,
              identity_file: sshd.identityFile,
              known_hosts_file: sshd.knownHostsFile,
            },
        { environment: { PATH: process.env['PATH'] } },
      )
      return openSession(channel, { timeoutMs: 30_000, signal: new AbortController().signal })
    })
  }
})
