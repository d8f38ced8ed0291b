import { cp, lutimes, mkdir, readdir, symlink, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { freePort } from '../support/free-port.ts'
import { runFerry } from '../support/run-ferry.ts'
import { runInTerminal } from '../support/run-in-terminal.ts'
import { type RunningSftpServer, startSftpServer } from '../support/sftp-server/start-sftp-server.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'
import { readCase, type Step } from './golden-case.ts'

const cases = join(import.meta.dirname, 'cases')

// promise: causes-differ
test.each(await readdir(cases))('%s', async (name) => {
  await using place = await temporaryDirectory()
  const home = join(place.path, 'home')
  const root = join(place.path, 'root')
  await cp(join(import.meta.dirname, 'files'), home, { recursive: true })
  await remoteTree(root)
  await using server = await bankServer(root)
  const env = { PORT: String(server.port), HOST_KEY: server.hostKeyFingerprint, CLOSED_PORT: String(await freePort()) }
  for (const step of await readCase(join(cases, name))) {
    const steady = (text: string): string => steadied(text, [env.PORT, env.CLOSED_PORT])
    const { onTerminal, stdout, stderr, exitCode } = step
    const result = await run(step, home, { ...env, BANK_PASSWORD: 'hunter2', ...step.environment })
    expect.soft({ at: step.place, ferry: step.line, ...mapped(result, steady) }).toEqual({
      at: step.place,
      ferry: step.line,
      stdout,
      ...(!onTerminal && { stderr }),
      exitCode,
    })
  }
})

interface Result {
  readonly stdout: string
  readonly stderr?: string
  readonly exitCode: number | null
}

async function run({ args, onTerminal }: Step, home: string, env: Record<string, string>): Promise<Result> {
  const options = { home, cwd: home, env }
  if (!onTerminal) {
    const { stdout, stderr, exitCode } = await runFerry(args, options)
    return { stdout, stderr, exitCode }
  }
  const { screen, exitCode } = await runInTerminal(args, { ...options, columns: 120 })
  return { stdout: screen === '' ? '' : `${screen}\n`, exitCode }
}

const mapped = ({ stdout, stderr, exitCode }: Result, steady: (text: string) => string): Result => ({
  stdout: steady(stdout),
  ...(stderr !== undefined && { stderr: steady(stderr) }),
  exitCode,
})

/** What differs from run to run, and only where it does: ports, keys, ids, measured times and rates, the order in which files are done. */
function steadied(text: string, ports: readonly string[]): string {
  return ports
    .reduce((known, port) => known.replaceAll(new RegExp(`\\b${port}\\b`, 'g'), 'PORT'), text)
    .replaceAll(/SHA256:[\w+/]{43}/g, 'SHA256:KEY')
    .replaceAll(/(ok,? +|ok\t|connected in | in )\d[\w.]*s\b/g, '$1TIME')
    .replaceAll(/"(response_time|connected_in|duration)_ms":[\d.]+/g, '"$1_ms":0')
    .replaceAll(/\([\d.]+ \w+\/s\)/g, '(RATE)')
    .replaceAll(/"([ug]id)":\d+|(?<=\bdeploy) \(\d+\)/g, (_, id) => (id === undefined ? ' (ID)' : `"${id}":0`))
    .replaceAll(/^(accessed\s+)[-\d]+ [:\d]+$/gm, '$1NOW')
    .replaceAll(
      /(?:^(?:failed|uploaded|downloaded) .*\n)+/gm,
      (lines) => `${lines.split('\n').slice(0, -1).sort().join('\n')}\n`,
    )
}

async function remoteTree(root: string): Promise<void> {
  const then = new Date('2020-11-23T20:49:00Z')
  await mkdir(join(root, 'outgoing/done'), { recursive: true })
  await mkdir(join(root, 'www'))
  await writeFile(join(root, 'outgoing/invoices.csv'), 'id;sum\n1;2\n', { mode: 0o644 })
  await writeFile(join(root, 'outgoing/.hidden'), '', { mode: 0o600 })
  await symlink('invoices.csv', join(root, 'outgoing/latest'))
  await lutimes(join(root, 'outgoing/latest'), then, then)
  for (const path of ['outgoing/invoices.csv', 'outgoing/done', 'outgoing']) await utimes(join(root, path), then, then)
}

/** The server that all connections of the manifest lead to; its one user is `deploy`. */
function bankServer(root: string): Promise<RunningSftpServer> {
  const { uid, gid } = { uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 }
  return startSftpServer({
    root,
    users: [{ name: 'deploy', password: 'hunter2' }],
    names: { users: new Map([[uid, 'deploy']]), groups: new Map([[gid, 'deploy']]) },
  })
}
