import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { chromium } from 'playwright-core'

// npm run screenshots: the pictures of docs/web.md, out of a web admin over a state of its own.

const root = fileURLToPath(new URL('..', import.meta.url))
const images = join(root, 'docs/images')
const servers = ['/usr/lib/openssh/sftp-server', '/usr/libexec/openssh/sftp-server', '/usr/libexec/sftp-server']
const server = servers.find((file) => existsSync(file))
if (server === undefined) throw new Error("OpenSSH's sftp-server is not installed")

const folder = await mkdtemp(join(tmpdir(), 'ferry-'))
const remote = join(folder, 'outgoing')
const manifest = `
connections:
  - name: acme-invoices
    host: acme.example
    transport: command
    command: [${server}]
    directory: ${remote}
    description: Invoices, every night
    tags: [eu, nightly]
  - name: bank
    host: 192.0.2.10
    port: 2222
    username: deploy
    password: \${env:BANK_PASSWORD}
    ssh_config_file: none
    timeout: 1m
    tags: [eu]
  - name: legacy
    host: 127.0.0.1
    port: 1
    ssh_config_file: none
scripts:
  - name: nightly
    parameters: { day: { required: true, description: 'as 2026-11-24' } }
    body: |
      -mkdir done
      ls -l *.csv
      rename invoices-\${day}.csv done/invoices-\${day}.csv
`
const planned = `name: billing
connections:
  - name: shop
    host: sftp.shop.example
    directory: /orders
  - name: bank
    host: 192.0.2.10
    port: 2022
    username: deploy
`

const environment = {
  PATH: process.env.PATH,
  HOME: folder,
  XDG_STATE_HOME: folder,
  FERRY_AUDIT_LOG: join(folder, 'audit.log'),
  LANG: 'C.UTF-8',
}
const ferry = (...args) =>
  spawn(process.execPath, [join(root, 'bin/ferry.js'), ...args], {
    cwd: folder,
    env: environment,
    stdio: ['ignore', 'pipe', 'inherit'],
  })

let admin
let browser
try {
  await mkdir(join(remote, 'archive'), { recursive: true })
  await writeFile(join(remote, 'invoices-2026-11-24.csv'), 'number;customer;sum\n1041;Acme;120.00\n1042;Globex;78.50\n')
  await writeFile(join(remote, 'totals.csv'), 'day;sum\n2026-11-24;198.50\n')
  await writeFile(join(folder, 'state.yml'), manifest)
  const imported = ferry('enmasse', 'import', 'state.yml')
  imported.stdout.resume()
  await once(imported, 'close')
  admin = ferry('web', '--port', '0', '--no-open')
  const [printed] = await once(admin.stdout, 'data')
  const address = String(printed).trim()
  const { origin } = new URL(address)
  browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--no-sandbox'] })
  const page = await browser.newPage({ viewport: { width: 1000, height: 640 }, locale: 'en-GB', timezoneId: 'UTC' })
  const picture = (name) => page.screenshot({ path: join(images, `${name}.png`) })
  const show = async (path, name) => {
    await page.goto(`${origin}${path}`)
    await picture(name)
  }
  await mkdir(images, { recursive: true })
  await page.goto(address)
  await page.getByRole('button', { name: 'Ping acme-invoices' }).click()
  await page.getByText(/ok, \d/).waitFor()
  await page.getByRole('button', { name: 'Ping legacy' }).click()
  await page.getByText('connection refused').waitFor()
  await picture('connections')
  await show('/connection?name=acme-invoices', 'connection')
  await show('/connection/edit?name=bank', 'connection-form')
  await show('/connection/settings?name=bank', 'settings')
  await page.goto(`${origin}/shell?name=acme-invoices`)
  await page.getByLabel('Commands, one a line').fill('pwd\nls -l')
  await page.getByRole('button', { name: 'Run', exact: true }).click()
  await page.locator('#run-status').getByText('done').waitFor()
  await page.getByRole('heading', { name: 'History' }).scrollIntoViewIfNeeded()
  await picture('shell')
  await show(`/files?name=acme-invoices&path=${remote}`, 'files')
  await show(`/file?name=acme-invoices&path=${remote}/invoices-2026-11-24.csv`, 'file')
  await page.goto(`${origin}/script?name=nightly`)
  await page.getByText('No mistakes.').waitFor()
  await picture('script')
  await page.goto(`${origin}/script/run?name=nightly`)
  await page.getByLabel('day').fill('2026-11-24')
  await page.getByLabel('acme-invoices').check()
  await page.getByLabel('legacy').check()
  await page.getByRole('button', { name: 'Run' }).click()
  await page.locator('#run-status').getByText('failed').waitFor()
  await picture('script-run')
  await page.goto(`${origin}/manifest`)
  await page.getByLabel('Or paste it').fill(planned)
  await page.getByLabel('Called').fill('billing.yml')
  await page.getByRole('checkbox', { name: /Take over/ }).check()
  await page.getByRole('button', { name: 'Plan' }).click()
  await page.getByRole('heading', { name: 'Plan:' }).waitFor()
  await picture('manifest')
  await show('/audit?connection=acme', 'audit')
} finally {
  await browser?.close()
  admin?.kill('SIGTERM')
  await rm(folder, { recursive: true, force: true })
}
