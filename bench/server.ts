import { execFileSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Sshd, useSshd } from '../test/support/sshd.ts'
import { isInstalled } from './install.ts'
import { closeNamespace, type Line, openNamespace, serverAddress, throughNamespace, throughRelay } from './line.ts'
import type { Target } from './peers.ts'

/** A private sshd, and the ways to it. */
export class BenchServer implements AsyncDisposable {
  readonly sshd: Sshd
  /** How the long lines are made, in words. */
  readonly lines: string
  readonly #hasNamespace: boolean
  #puttyKeyFile = ''
  #targets = 0

  private constructor(sshd: Sshd, whyNoNamespace: string | undefined) {
    this.sshd = sshd
    this.#hasNamespace = whyNoNamespace === undefined
    this.lines = this.#hasNamespace
      ? 'a network namespace with tc-netem, 1 Gbit/s'
      : `a delaying relay (no network namespace: ${whyNoNamespace})`
  }

  static async start(wantsLongLines: boolean): Promise<BenchServer> {
    const whyNoNamespace = wantsLongLines ? openNamespace() : 'not wanted'
    const sshd = await useSshd({
      // Started through the login shell, as Debian's own configuration has it.
      subsystem: 'sftp-server',
      extra: whyNoNamespace === undefined ? [`ListenAddress ${serverAddress}`] : [],
    })
    return new BenchServer(sshd, whyNoNamespace)
  }

  get folder(): string {
    return join(this.sshd.directory, '..')
  }

  /** The server, as seen over a line of that round trip; 0 is this machine's own. */
  async target(roundTripMs: number): Promise<Target & Disposable> {
    const line = await this.#line(roundTripMs)
    this.#targets += 1
    const folder = join(this.folder, `client-${this.#targets}`)
    mkdirSync(folder)
    const { sshd } = this
    const target = { ...sshd, ...line }
    return {
      host: line.host,
      port: line.port,
      username: sshd.username,
      identityFile: sshd.identityFile,
      puttyKeyFile: this.#puttyKey(),
      fingerprint: sshd.hostKeyFingerprint,
      sshConfig: written(join(folder, 'ssh_config'), sshConfig(target)),
      state: importConnections(join(folder, 'one'), target, ['bench']),
      manyState: importConnections(
        join(folder, 'many'),
        target,
        Array.from({ length: 50 }, (_, index) => `bench-${index}`),
      ),
      through: line.through,
      isFar: roundTripMs > 0,
      folder,
      [Symbol.dispose]: () => line[Symbol.dispose](),
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.sshd.stop()
    if (this.#hasNamespace) closeNamespace()
  }

  async #line(roundTripMs: number): Promise<Line> {
    const { host, port } = this.sshd
    if (roundTripMs === 0) return { host, port, through: [], [Symbol.dispose]: () => undefined }
    return this.#hasNamespace ? throughNamespace(port, roundTripMs) : throughRelay(port, roundTripMs)
  }

  #puttyKey(): string {
    const file = join(this.folder, 'bench.ppk')
    if (this.#puttyKeyFile === '' && isInstalled('puttygen')) {
      execFileSync('puttygen', [this.sshd.identityFile, '-o', file])
      this.#puttyKeyFile = file
    }
    return this.#puttyKeyFile
  }
}

type Place = Pick<Sshd, 'port' | 'username' | 'identityFile' | 'hostPublicKey' | 'hostKeyFingerprint'> & {
  readonly host: string
}

function sshConfig({ host, port, username, identityFile }: Place): string {
  return [
    `Host bench ${host}`,
    `HostName ${host}`,
    `Port ${port}`,
    `User ${username}`,
    `IdentityFile ${identityFile}`,
    'IdentitiesOnly yes',
    'StrictHostKeyChecking no',
    'UserKnownHostsFile /dev/null',
    'GlobalKnownHostsFile /dev/null',
    'LogLevel ERROR',
    '',
  ].join('\n')
}

/** A state of ferry's that holds these connections, all to one place. */
function importConnections(folder: string, place: Place, names: readonly string[]): string {
  mkdirSync(folder)
  const manifest = [
    'name: bench',
    'defaults:',
    `  host: ${place.host}`,
    `  port: ${place.port}`,
    `  username: ${place.username}`,
    `  identity_file: ${place.identityFile}`,
    `  host_key: ${place.hostKeyFingerprint}`,
    'connections:',
    ...names.map((name) => `  - name: ${name}`),
    '',
  ]
  const state = join(folder, 'state.json')
  const file = written(join(folder, 'bench.yml'), manifest.join('\n'))
  const program = join(import.meta.dirname, '../bin/ferry.js')
  execFileSync(process.execPath, [program, '--state', state, 'enmasse', 'import', file], {
    env: { PATH: process.env['PATH'], HOME: folder },
  })
  return state
}

function written(file: string, text: string): string {
  writeFileSync(file, text)
  return file
}
