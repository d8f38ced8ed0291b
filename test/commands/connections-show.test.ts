import { execFile } from 'node:child_process'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { beforeEach, expect, test } from 'vitest'
import type { Connection } from '../../src/model/connection.ts'
import { openStateStore } from '../../src/state/open-state-store.ts'
import { runInProcess } from '../cli/run-in-process.ts'
import { describeWithSshd } from '../support/requirements.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'

const run = promisify(execFile)
let home = ''
beforeEach(async () => {
  const directory = await temporaryDirectory()
  home = directory.path
  return () => directory[Symbol.asyncDispose]()
})

interface Setting {
  readonly name: string
  readonly value: string | readonly string[]
  readonly source: string
  readonly place?: unknown
  readonly reference?: string
}

async function put(fields: Partial<Connection>): Promise<void> {
  const store = await openStateStore(undefined, { environment: { HOME: home }, signal: new AbortController().signal })
  const value = { name: 'bank', host: 'alias', ...fields }
  const place = { file: 'deploy.yml', line: 3 }
  const origin = { fields: new Map([['username', { ...place, line: 14 }]]), place }
  await store.update((state) => ({ ...state, connections: new Map(state.connections).set('bank', { value, origin }) }))
}

async function resolved(...args: string[]): Promise<Map<string, Setting>> {
  const shown = await runInProcess(['connections', 'show', '--resolved', '--json', ...args], {
    environment: { HOME: home },
  })
  expect(shown.stderr).toBe('')
  const { settings }: { settings: Setting[] } = JSON.parse(shown.stdout)
  return new Map(settings.map((setting) => [setting.name, setting]))
}

async function writeConfig(text: string): Promise<string> {
  const file = join(home, '.ssh/config')
  await mkdir(join(home, '.ssh'), { mode: 0o700 })
  await writeFile(file, text, { mode: 0o600 })
  return file
}

test('every setting has its source: flag, stored, ssh_config with its line, default', async () => {
  const file = await writeConfig(
    'Host alias\n  Port 2222\n  User other\n  IdentityFile ~/.ssh/a\n  IdentityFile ~/.ssh/b\n',
  )
  await put({ username: 'deploy', active: false })
  const settings = await resolved('bank', '-o', 'ServerAliveInterval=1m', '--timeout', '10')
  expect(settings.get('Port')).toEqual({ name: 'Port', value: '2222', source: 'ssh_config', place: { file, line: 2 } })
  expect(settings.get('port')).toMatchObject({ value: '2222', source: 'ssh_config' })
  expect(settings.get('User')).toMatchObject({ value: 'deploy', source: 'stored', place: { line: 14 } })
  expect(settings.get('ServerAliveInterval')).toEqual({ name: 'ServerAliveInterval', value: '60', source: 'flag' })
  expect(settings.get('timeout')).toEqual({ name: 'timeout', value: '10s', source: 'flag' })
  expect(settings.get('IdentityFile')).toMatchObject({ value: ['~/.ssh/a', '~/.ssh/b'], place: { file, line: 4 } })
  expect(settings.get('StrictHostKeyChecking')).toEqual({
    name: 'StrictHostKeyChecking',
    value: 'ask',
    source: 'default',
  })
  expect(settings.get('transport')).toMatchObject({ value: 'ssh', source: 'default' })
})

test('a secret is (sensitive), with where it is to be had', async () => {
  await put({ password: { env: 'BANK_PASSWORD' } })
  expect((await resolved('bank')).get('password')).toEqual({
    name: 'password',
    value: '(sensitive)',
    source: 'stored',
    place: { file: 'deploy.yml', line: 3 },
    reference: '${env:BANK_PASSWORD}',
  })
  const { stdout } = await runInProcess(['connections', 'show', 'bank', '--resolved'], { environment: { HOME: home } })
  expect(stdout).toContain('password\t(sensitive)\tstored, deploy.yml:3, ${env:BANK_PASSWORD}\n')
})

test('for people a place below the home directory is told with ~', async () => {
  await writeConfig('Host alias\n  Port 2222\n')
  await put({})
  const { stdout } = await runInProcess(['connections', 'show', 'bank', '--resolved'], { environment: { HOME: home } })
  expect(stdout).toContain('Port\t2222\tssh_config, ~/.ssh/config:2\n')
})

test('the transport is what auto becomes', async () => {
  await put({ ssh_options: { ForwardAgent: 'yes' } })
  expect((await resolved('bank')).get('transport')).toMatchObject({ value: 'openssh' })
})

test('of an address, what it says was typed', async () => {
  const settings = await resolved('sftp://me@[::1]:2022/in')
  expect(settings.get('host')).toMatchObject({ value: '::1', source: 'flag' })
  expect(settings.get('directory')).toMatchObject({ value: 'in', source: 'flag' })
})

test('connection flags without --resolved are wrong usage', async () => {
  await put({})
  const { status } = await runInProcess(['connections', 'show', 'bank', '-P', '22'], { environment: { HOME: home } })
  expect(status).toBe(2)
})

describeWithSshd('beside ssh -G', () => {
  test('the options are the same, under the same names and in the same spelling', async () => {
    const file = join(home, 'config')
    const lines = [
      'Compression yes',
      'SendEnv LANG LC_*',
      'SetEnv A=b',
      'RekeyLimit 1G 1h',
      'ConnectTimeout 1m',
      'Port 2022',
    ]
    await writeFile(file, `Host alias\n${lines.join('\n')}\n`)
    const { stdout } = await run('ssh', ['-G', '-F', file, '-o', 'BatchMode=no', 'alias'])
    const settings = await resolved('sftp://alias', '-F', file, '-o', 'BatchMode=no')
    const ours = [...settings.values()].flatMap(({ name, value }) =>
      [value].flat().map((one) => `${name.toLowerCase()} ${one}`),
    )
    const names =
      /^(?:compression|sendenv|setenv|rekeylimit|connecttimeout|port|batchmode|hostname|user|serveralive\w+|tunnel) /
    const theirs = stdout.split('\n').filter((line) => names.test(line))
    expect(new Set(ours.filter((line) => names.test(line)))).toEqual(new Set(theirs))
  })
})
