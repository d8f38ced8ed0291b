import { once } from 'node:events'
import { mkdir, open, readdir, writeFile } from 'node:fs/promises'
import { createServer, type Socket } from 'node:net'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import type { Connection } from '../../src/model/connection.ts'
import { openStateStore } from '../../src/state/open-state-store.ts'
import { mkfifoSync } from '../operations/mkfifo.ts'
import { listenOnLoopback } from '../support/listen-on-loopback.ts'
import { pipeTo, startPlainSftp } from '../support/plain-sftp.ts'
import { describeWithSshd } from '../support/requirements.ts'
import { type FerryProcess, startFerry } from '../support/run-ferry.ts'
import { runInTerminal } from '../support/run-in-terminal.ts'
import { drop, gate, stopReading } from '../support/sftp-server/acts.ts'
import type { Act, Fault } from '../support/sftp-server/faults.ts'
import type { LoginFault } from '../support/sftp-server/login-faults.ts'
import type { SftpServerOptions } from '../support/sftp-server/sftp-server.ts'
import { startSftpServer } from '../support/sftp-server/start-sftp-server.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'

type Transport = 'ssh' | 'openssh' | 'command'

interface Phase {
  readonly name: string
  /** What the server does, and `onReached` is called when it comes to it. */
  readonly faults: (onReached: () => void) => { readonly loginFaults?: LoginFault[]; readonly faults?: Fault[] }
  readonly args: readonly string[]
  /** Of the command, once it has waited long enough. */
  readonly exit: 23 | 24
}

const during = (at: LoginFault['at']): Phase => ({
  name: at,
  faults: (onReached) => ({ loginFaults: [{ at, act: 'hang', onReached }] }),
  args: ['ls', 'bank'],
  exit: 23,
})

const asking = (on: Fault['on'] & string, args: readonly string[], act: Act = drop): Phase => ({
  name: on,
  faults: (onReached) => ({
    faults: [
      {
        on,
        act: (exchange) => {
          onReached()
          return act(exchange)
        },
      },
    ],
  }),
  args,
  exit: 23,
})

const login = (['connect', 'key-exchange', 'authentication', 'session', 'subsystem'] as const).map(during)
const upload = ['upload', 'bank', 'file', '/new']
const sftp = [
  asking('init', ['ls', 'bank']),
  asking('opendir', ['ls', 'bank']),
  asking('readdir', ['ls', 'bank', '-R']),
  asking('read', ['download', 'bank', '/file', 'copy']),
  asking('write', upload),
  asking('close', upload),
  { ...asking('posix-rename@openssh.com', upload), exit: 24 as const },
]
const stuck = { ...asking('write', ['upload', 'bank', 'large', '/new'], stopReading), name: 'window for a write' }

const signalsOf = (phase: Phase) => [
  { phase, signal: 'SIGINT' as const, exit: 130 },
  ...(['connect', 'readdir', 'write'].includes(phase.name) ? [{ phase, signal: 'SIGTERM' as const, exit: 143 }] : []),
]

/** Commands that do several things, one of which is not answered. */
const severalThings = [
  { ...asking('write', ['exec', 'bank', '-c', 'put file /new']), name: 'write in a script' },
  { ...asking('readdir', ['sync', 'bank', '.', '/']), name: 'readdir in a sync' },
  { ...asking('lstat', ['delete', '-r', 'bank', '/file']), name: 'lstat in a deletion' },
]

const phasesOf: Readonly<Record<Transport, readonly Phase[]>> = {
  ssh: [...login, ...sftp, stuck, ...severalThings],
  openssh: [...login, ...sftp, stuck],
  command: [...sftp, stuck],
}

interface Stage extends AsyncDisposable {
  readonly ferry: FerryProcess
  /** Settles when the server has fallen silent. */
  readonly reached: Promise<void>
  /** Where the command runs. */
  readonly home: string
}

/** Starts a command on a server that falls silent. */
async function start(transport: Transport, phase: Phase, flags: readonly string[]): Promise<Stage> {
  const folder = await temporaryDirectory()
  const [home, root] = [join(folder.path, 'home'), join(folder.path, 'there')]
  await Promise.all([mkdir(home), mkdir(root)])
  await Promise.all([root, home].map((place) => writeFile(join(place, 'file'), 'x'.repeat(5000))))
  await writeFile(join(home, 'large'), Buffer.alloc(30_000_000))
  let reach = (): void => undefined
  const reached = new Promise<void>((resolve) => {
    reach = resolve
  })
  const { server, fields } = await serve(transport, { root, ...phase.faults(() => reach()) })
  const env = { PASSWORD: 'right', FERRY_STATE: await storeBank(home, { password: { env: 'PASSWORD' }, ...fields }) }
  const ferry = await startFerry([...phase.args, ...flags], { home, env })
  return {
    ...{ ferry, reached, home },
    async [Symbol.asyncDispose]() {
      await server[Symbol.asyncDispose]()
      await folder[Symbol.asyncDispose]()
    },
  }
}

/** A state with these connections as `bank` and `other`, and its location. */
async function storeBank(home: string, fields: Partial<Connection>, other: Partial<Connection> = {}): Promise<string> {
  const named = (name: string, more: Partial<Connection>) =>
    [name, { value: { name, host: '127.0.0.1', ...more }, origin: {} }] as const
  const location = join(home, 'state.json')
  const { signal } = new AbortController()
  await openStateStore(location, { environment: { HOME: home }, signal }).update((state) => ({
    ...state,
    connections: new Map([named('bank', fields), named('other', other)]),
  }))
  return location
}

async function serve(
  transport: Transport,
  options: SftpServerOptions & { readonly loginFaults?: readonly LoginFault[] },
): Promise<{ server: AsyncDisposable; fields: Partial<Connection> }> {
  if (transport === 'command') {
    const server = await startPlainSftp(options)
    return { server, fields: { transport, command: pipeTo(server.port) } }
  }
  const server = await startSftpServer({ ...options, users: [{ name: 'deploy', password: 'right' }] })
  const { port, hostKeyFingerprint } = server
  return { server, fields: { transport, port, host_key: [hostKeyFingerprint], username: 'deploy' } }
}

function suite(transport: Transport): void {
  const phases = phasesOf[transport]

  // promise: silent-phases
  test.concurrent.each(phases)('at $name ends the command with $exit', async (phase) => {
    await using stage = await start(transport, phase, ['--timeout', '3'])
    const { exitCode, stderr } = await stage.ferry.result
    expect({ exitCode, stderr }).toEqual({ exitCode: phase.exit, stderr: expect.stringMatching(/^ferry: /) })
    expect((await readdir(stage.home)).filter((name) => name.includes('copy'))).toEqual([])
  })

  // promise: interrupt
  test.concurrent.each(phases.flatMap(signalsOf))(
    'at $phase.name does not keep $signal from $exit',
    async ({ phase, signal, exit }) => {
      await using stage = await start(transport, phase, [])
      await stage.reached
      stage.ferry.kill(signal)
      const { exitCode, stderr } = await stage.ferry.result
      const told = expect.stringMatching(/^ferry: .*: (interrupted|terminated)\n/)
      expect({ exitCode, stderr }).toEqual({ exitCode: exit, stderr: told })
      expect((await readdir(stage.home)).filter((name) => name.includes('copy'))).toEqual([])
    },
  )
}

describe('over ssh a server that falls silent', () => suite('ssh'))
describeWithSshd("over the system's ssh a server that falls silent", () => suite('openssh'))
describe('over a command a server that falls silent', () => suite('command'))

/** Tells by a connection to a port that it runs, and by a byte there that its input has ended; it does not want to end. */
const stubborn = `process.on("SIGTERM", () => undefined)
const told = require("node:net").connect(Number(process.argv[1]), "127.0.0.1")
process.stdin.on("end", () => told.write(".")).resume()`

interface Stubborn extends FerryProcess {
  readonly inputEnded: Promise<unknown>
  readonly gone: Promise<unknown>
}

/** Starts ferry with such a program for `bank`, which runs by then. */
async function withStubborn(
  fieldsOf: (port: string) => Partial<Connection>,
  args: readonly string[] = ['ls', 'bank'],
  other: Partial<Connection> = {},
): Promise<Stubborn> {
  const listener = createServer()
  const port = String(await listenOnLoopback(listener))
  const folder = await temporaryDirectory()
  onTestFinished(async () => {
    listener.close()
    await folder[Symbol.asyncDispose]()
  })
  const home = folder.path
  const location = await storeBank(home, fieldsOf(port), other)
  const connected = once(listener, 'connection')
  const ferry = await startFerry(args, { home, env: { FERRY_STATE: location } })
  const [socket]: Socket[] = await connected
  const told = socket ?? listener
  const [inputEnded, gone] = [once(told, 'data'), once(told, 'close')]
  return { ...ferry, inputEnded, gone }
}

const stubbornCommand = (port: string): Partial<Connection> => ({
  transport: 'command',
  command: ['node', '-e', stubborn, port],
})

// promise: interrupt
test.each<[string, (port: string) => Partial<Connection>]>([
  ['a command', stubbornCommand],
  ['a ProxyCommand', (port) => ({ ssh_options: { ProxyCommand: `node -e '${stubborn}' ${port}` } })],
])('the second Ctrl-C ends %s that does not want to end', async (_what, fieldsOf) => {
  const ferry = await withStubborn(fieldsOf)
  ferry.kill('SIGINT')
  // Two signals at once may be one.
  await ferry.inputEnded
  ferry.kill('SIGINT')
  expect(await ferry.result).toMatchObject({ exitCode: 130 })
  await ferry.gone
})

// promise: interrupt
test('and that of another connection, which waits for a FIFO', async () => {
  await using folder = await temporaryDirectory()
  const silent = join(folder.path, 'silent')
  mkfifoSync(silent)
  const ferry = await withStubborn(stubbornCommand, ['ping', 'bank', 'other'], { ssh_config_file: silent })
  // Opens when ferry has opened the other end.
  await using _writer = await open(silent, 'w')
  ferry.kill('SIGINT')
  // Two signals at once may be one.
  await ferry.inputEnded
  ferry.kill('SIGINT')
  expect(await ferry.result).toMatchObject({ exitCode: 130 })
  await ferry.gone
})

/** Joins its standard streams with a port; unlike Node, bash and cat leave a signal ignored that was ignored before. */
const joined = (port: number): string => `exec 3<>/dev/tcp/127.0.0.1/${port}; cat <&3 & cat >&3; kill $!`

// promise: interrupt
test.each<[string, (plain: number, ssh: number) => Partial<Connection>]>([
  ['a command', (plain) => ({ transport: 'command', command: ['bash', '-c', joined(plain)] })],
  ['a ProxyCommand', (_plain, ssh) => ({ ssh_options: { ProxyCommand: `bash -c '${joined(ssh)}'` } })],
])('Ctrl-C at the terminal leaves %s to ferry, which removes its partial file', async (_what, fieldsOf) => {
  await using folder = await temporaryDirectory()
  const home = folder.path
  const [root, file] = [join(home, 'there'), join(home, 'file')]
  await mkdir(root)
  await writeFile(file, 'x')
  const writing = gate()
  const faults: Fault[] = [{ on: 'write', act: writing.act }]
  await using plain = await startPlainSftp({ root, faults })
  await using server = await startSftpServer({ root, faults, users: [{ name: 'deploy', password: 'right' }] })
  const login = { username: 'deploy', password: { env: 'PASSWORD' }, host_key: [server.hostKeyFingerprint] }
  const fields = fieldsOf(plain.port, server.port)
  const env = { PASSWORD: 'right', FERRY_STATE: await storeBank(home, { ...login, ...fields }) }
  const { screen, exitCode } = await runInTerminal(['upload', 'bank', file, '/new'], {
    ...{ home, env },
    typing: [
      { at: /./, before: () => writing.reached, text: '\x03' },
      { at: /\^C/, before: async () => writing.open(), text: '' },
    ],
  })
  expect({ screen, exitCode }).toEqual({
    screen: expect.stringMatching(/ferry: upload bank: interrupted$/),
    exitCode: 130,
  })
  expect(await readdir(root)).toEqual([])
})
