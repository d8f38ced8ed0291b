import { spawn } from 'node:child_process'
import { cp, mkdir, mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startSftpServer } from '../../test/support/sftp-server/start-sftp-server.ts'

// The main job, start to end, with the real program against an SFTP server that lives in this process.

const ferry = join(import.meta.dirname, '../../bin/ferry.js')
const password = 'correct horse battery staple'

/** Each step is a command line, and what its standard output must hold. */
const steps: readonly { readonly line: readonly string[]; readonly shows?: RegExp }[] = [
  { line: ['enmasse', 'validate', 'deploy.yml'], shows: /valid \(2 connections, 1 script/ },
  { line: ['enmasse', 'plan', 'deploy.yml'], shows: /Plan: 3 to create/ },
  { line: ['enmasse', 'import', 'deploy.yml'], shows: /Imported: 3 created/ },
  { line: ['connections', 'list'], shows: /warehouse-incoming/ },
  { line: ['ping', 'warehouse'], shows: /warehouse: ok/ },
  { line: ['exec', 'warehouse', '@nightly', '--var', 'day=2026-11-24'], shows: /report\.html/ },
  { line: ['upload', 'warehouse', 'site', 'incoming'] },
  { line: ['ls', '-l', 'warehouse', 'incoming'], shows: /totals\.csv/ },
  { line: ['chmod', 'warehouse', 'u=rw,go=', 'incoming/totals.csv'] },
  { line: ['info', 'warehouse-incoming', 'totals.csv'], shows: /0600/ },
  { line: ['download', 'warehouse', 'incoming', 'copy'] },
  { line: ['enmasse', 'plan', 'deploy.yml', '--detailed-exitcode'], shows: /nothing to do/ },
]

function run(
  line: readonly string[],
  cwd: string,
  environment: NodeJS.ProcessEnv,
): Promise<{ exitCode: number; output: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [ferry, ...line], {
      cwd,
      env: environment,
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    let output = ''
    child.stdout.on('data', (chunk: Buffer) => {
      output += chunk.toString()
      process.stdout.write(chunk)
    })
    child.on('error', reject)
    child.on('close', (code) => resolve({ exitCode: code ?? 1, output }))
  })
}

const quoted = (word: string): string => (/^[\w./@=:,-]+$/.test(word) ? word : `'${word}'`)

async function demo(folder: string): Promise<void> {
  const home = join(folder, 'home')
  const work = join(folder, 'work')
  const remote = join(folder, 'remote')
  await Promise.all([home, work, remote].map((path) => mkdir(path)))
  for (const name of ['deploy.yml', 'scripts', 'site']) {
    await cp(join(import.meta.dirname, name), join(work, name), { recursive: true })
  }
  await using server = await startSftpServer({ root: remote, users: [{ name: 'demo', password }] })
  console.log(`An SFTP server listens on ${server.host}:${server.port}; its host key is ${server.hostKeyFingerprint}`)
  const environment = {
    PATH: process.env['PATH'],
    HOME: home,
    FERRY_STATE: join(folder, 'state.json'),
    DEMO_PORT: String(server.port),
    DEMO_PASSWORD: password,
    DEMO_HOST_KEY: server.hostKeyFingerprint,
  }
  for (const { line, shows } of steps) {
    console.log(`\n$ ferry ${line.map(quoted).join(' ')}`)
    const { exitCode, output } = await run(line, work, environment)
    if (exitCode !== 0) throw new Error(`ferry ${line.join(' ')} ended with exit code ${exitCode}`)
    if (shows !== undefined && !shows.test(output)) throw new Error(`ferry ${line.join(' ')} did not show ${shows}`)
  }
  for (const name of ['index.html', 'totals.csv']) {
    const [sent, back] = await Promise.all([readFile(join(work, 'site', name)), readFile(join(work, 'copy', name))])
    if (!sent.equals(back)) throw new Error(`${name} came back with other bytes`)
  }
}

const folder = await mkdtemp(join(tmpdir(), 'ferry-demo-'))
try {
  await demo(folder)
  console.log('\nEvery step succeeded, and every byte came back.')
} catch (error) {
  console.error(`\ndemo: ${error instanceof Error ? error.message : String(error)}`)
  process.exitCode = 1
} finally {
  await rm(folder, { recursive: true, force: true })
}
