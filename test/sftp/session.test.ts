import { join } from 'node:path'
import { describe, onTestFinished } from 'vitest'
import { Audit } from '../../src/audit/audit.ts'
import { AuditLog } from '../../src/audit/audit-log.ts'
import { AuditedSession } from '../../src/sftp/audited-session.ts'
import { openSession } from '../../src/sftp/open-session.ts'
import { sessionContract } from '../contract/session-contract.ts'
import { findProgram } from '../support/openssh.ts'
import { servePair } from '../support/sftp-server/serve-pair.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'
import { programChannel } from './program-channel.ts'

const options = { timeoutMs: 30_000, signal: new AbortController().signal }
const program = findProgram('sftp-server')

async function freshDirectory(): Promise<string> {
  const directory = await temporaryDirectory()
  onTestFinished(() => directory[Symbol.asyncDispose]())
  return directory.path
}

describe.skipIf(program === undefined)("over OpenSSH's sftp-server (skipped where it is not installed)", () => {
  sessionContract("OpenSSH's sftp-server", async () =>
    openSession(programChannel(program ?? '', [], await freshDirectory()), options),
  )
})

sessionContract('the scriptable server', async () =>
  openSession(servePair({ root: await freshDirectory() }).channel, options),
)

sessionContract('the scriptable server, where changes are recorded', async () => {
  const session = await openSession(servePair({ root: await freshDirectory() }).channel, options)
  const log = new AuditLog(join(await freshDirectory(), 'audit.log'))
  return new AuditedSession(session, new Audit(log, { user: 'u', command: 'test' }))
})

sessionContract('a server without extensions that sends a few bytes at a time', async () =>
  openSession(servePair({ root: await freshDirectory(), extensions: {}, pieceBytes: 1000, batch: 7 }).channel, options),
)
