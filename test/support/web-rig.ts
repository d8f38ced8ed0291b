import { spawn } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core'
import { listenOnLoopback } from './listen-on-loopback.ts'
import { chromiumFile } from './needs.ts'
import { collect, endOf, ferryPlace, runFerry } from './run-ferry.ts'
import { type Sshd, useSshd } from './sshd.ts'
import { temporaryDirectory } from './temporary-directory.ts'

/** A running `ferry web` and a browser, over a state with connections to a real sshd. */
export interface WebRig extends AsyncDisposable {
  readonly sshd: Sshd
  readonly browser: Browser
  /** As `ferry web` printed it, with its token. */
  readonly address: string
  /** Without the token. */
  readonly origin: string
  readonly home: string
  /** Where `ferry web` records changes. */
  readonly auditLog: string
  /** A page of a new browser that has exchanged the token; paths start at the admin's own. */
  open(options?: BrowserContextOptions): Promise<Page>
}

/** How long a page may take to show something. */
const waitMs = 20_000

/** What the state holds: a server that works, one that refuses, one that never says a word, and scripts. */
const manifest = (sshd: Sshd, deadPort: number): string => `
connections:
  - name: bank
    host: ${sshd.host}
    port: ${sshd.port}
    username: ${sshd.username}
    identity_file: ${sshd.identityFile}
    known_hosts_file: ${sshd.knownHostsFile}
    ssh_config_file: none
    directory: ${sshd.directory}
    description: Statements of the day
    tags: [eu, daily]
  - name: closed
    host: 127.0.0.1
    port: 1
    ssh_config_file: none
    tags: [eu]
  - name: dead
    host: 127.0.0.1
    port: ${deadPort}
    ssh_config_file: none
    timeout: 1s
scripts:
  - name: nightly
    parameters: { day: { required: true } }
    body: |
      mkdir \${day}
      ls
`

export async function startWebRig(): Promise<WebRig> {
  const [sshd, directory, browser] = await Promise.all([
    useSshd(),
    temporaryDirectory(),
    chromium.launch({ executablePath: chromiumFile, args: ['--no-sandbox'] }),
  ])
  const dead = createServer()
  const deadPort = await listenOnLoopback(dead)
  const home = directory.path
  const file = join(home, 'rig.yml')
  await writeFile(file, manifest(sshd, deadPort))
  const imported = await runFerry(['enmasse', 'import', file], { home })
  if (imported.exitCode !== 0) throw new Error(imported.stderr)
  const auditLog = join(home, 'audit.log')
  const { program, cwd, env } = await ferryPlace({ home, env: { FERRY_AUDIT_LOG: auditLog } })
  const child = spawn(process.execPath, [program, 'web', '--port', '0', '--no-open'], { cwd, env })
  const ended = endOf(child)
  const [stdout, stderr] = [collect(child.stdout), collect(child.stderr)]
  await stdout.until(/\n/, ended).catch((error: unknown) => {
    throw new Error(stderr.bytes().toString('utf8'), { cause: error })
  })
  const address = stdout.bytes().toString('utf8').trim()
  return {
    sshd,
    browser,
    address,
    origin: new URL(address).origin,
    home,
    auditLog,
    async open(options = {}) {
      const context = await browser.newContext({ baseURL: new URL(address).origin, ...options })
      context.setDefaultTimeout(waitMs)
      const page = await context.newPage()
      await page.goto(address)
      await page.getByRole('heading', { name: 'Connections', level: 1 }).waitFor()
      return page
    },
    async [Symbol.asyncDispose]() {
      child.kill('SIGTERM')
      await ended
      await browser.close()
      dead.close()
      await sshd.stop()
      await directory[Symbol.asyncDispose]()
    },
  }
}
