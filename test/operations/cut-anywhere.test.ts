import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { codes as errorCodes, FerryError } from '../../src/errors/ferry-error.ts'
import type { Connection } from '../../src/model/connection.ts'
import { remotePath } from '../../src/model/remote-path.ts'
import { download } from '../../src/operations/download.ts'
import { listEntries } from '../../src/operations/list-entries.ts'
import { upload } from '../../src/operations/upload.ts'
import { openSession } from '../../src/sftp/open-session.ts'
import { Bench } from '../ssh/connecting.ts'
import { pipeTo, startPlainSftp } from '../support/plain-sftp.ts'
import { type Relay, type RelayOptions, startRelay } from '../support/relay.ts'
import { describeWithSshd } from '../support/requirements.ts'
import { startSftpServer } from '../support/sftp-server/start-sftp-server.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'
import { signal } from './rig.ts'

const bytes = 'x'.repeat(500)
const environment = { PASSWORD: 'right', PATH: process.env['PATH'] }

/** A server of each transport, with a folder on each side, and the way to it through a port of ours. */
async function stage(transport: Transport) {
  const folder = await temporaryDirectory()
  const [there, here] = [join(folder.path, 'there'), join(folder.path, 'here')]
  await mkdir(there)
  await mkdir(here)
  await writeFile(join(there, 'file'), bytes)
  await writeFile(join(here, 'file'), bytes)
  const plain = transport === 'command' ? await startPlainSftp({ root: there }) : undefined
  const server = await startSftpServer({ root: there, users: [{ name: 'deploy', password: 'right' }] })
  const login = { username: 'deploy', password: { env: 'PASSWORD' }, host_key: [server.hostKeyFingerprint] }
  const fields = (port: number): Partial<Connection> =>
    plain === undefined ? { transport, port, ...login } : { transport: 'command', command: pipeTo(port) }
  return {
    here,
    there,
    relay: (options: Omit<RelayOptions, 'to'> = {}) => startRelay({ to: plain?.port ?? server.port, ...options }),
    /** Lists, downloads and uploads; `last` is called before the last answer is waited for. */
    act: async (relay: Relay, name: string, timeoutMs: number, last = () => {}): Promise<void> => {
      await using bench = await Bench.open()
      const channel = await bench.connect(fields(relay.port), { environment, overrides: { timeoutMs } })
      await using session = await openSession(channel, { timeoutMs, signal })
      await listEntries(session, remotePath('/'), { signal })
      await download(session, [remotePath('/file')], join(here, name), { signal })
      await upload(session, [join(here, 'file')], remotePath(`/${name}`), { signal })
      last()
      await session.realpath('/')
    },
    async [Symbol.asyncDispose]() {
      await plain?.[Symbol.asyncDispose]()
      await server.stop()
      await folder[Symbol.asyncDispose]()
    },
  }
}

type Transport = 'ssh' | 'openssh' | 'command'

const positions = { ssh: 36, openssh: 4, command: 16 } as const

const beside = (codes: readonly string[], expected: readonly string[]): string[] =>
  codes.filter((code) => !expected.includes(code))

const codeOf = (error: unknown): string => (error instanceof FerryError ? error.code : String(error))

/** What came of each position, and what is left on this side. */
async function outcomes(transport: Transport, act: NonNullable<RelayOptions['act']>) {
  await using set = await stage(transport)
  let needed = 0
  {
    await using honest = await set.relay()
    await set.act(honest, 'honest', 60_000, () => {
      needed = honest.passed()
    })
  }
  const left = Array.from({ length: positions[transport] }, (_, index) =>
    Math.floor((index * needed) / positions[transport]),
  )
  const codes: string[] = []
  const workInTurn = async (): Promise<void> => {
    for (let at = left.shift(); at !== undefined; at = left.shift()) {
      await using relay = await set.relay({ act, afterBytes: at })
      codes.push(await set.act(relay, `at-${at}`, 1000).then(() => 'done', codeOf))
      await relay.idle()
    }
  }
  await Promise.all(Array.from({ length: 8 }, workInTurn))
  return { codes, whole: await allWhole(set.here, set.there) }
}

/** Under a final name there is the whole file or none; a temporary file here is always removed. */
async function allWhole(here: string, there: string): Promise<boolean> {
  const names = (await readdir(here)).map((name) => join(here, name))
  const theirs = (await readdir(there)).filter((name) => !name.startsWith('.')).map((name) => join(there, name))
  const contents = await Promise.all([...names, ...theirs].map((file) => readFile(file, 'utf8')))
  return contents.every((content) => content === bytes)
}

function suite(transport: Transport): void {
  // promise: any-byte
  test.each(['freeze', 'drip'] as const)('that falls silent at any byte (%s) is timed out', async (act) => {
    const { codes, whole } = await outcomes(transport, act)
    expect(beside(codes, ['timed_out', 'outcome_unknown'])).toEqual([])
    expect(whole).toBe(true)
  })

  // promise: any-byte
  test('whose line breaks at any byte is an error that says so', async () => {
    const { codes, whole } = await outcomes(transport, 'reset')
    expect(beside(codes, ['connect_failed', 'authentication_failed', 'connection_lost', 'outcome_unknown'])).toEqual([])
    expect(whole).toBe(true)
  })

  // promise: any-byte
  test('whose bytes are changed from any of them on is an error, and no bug', async () => {
    const { codes } = await outcomes(transport, 'garble')
    expect(codes.filter((code) => !(code in errorCodes) || code === 'bug')).toEqual([])
  })
}

describe('a server over ssh', () => suite('ssh'))
describeWithSshd("a server over the system's ssh", () => suite('openssh'))
describe('a server over a command', () => suite('command'))
