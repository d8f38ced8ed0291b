import { readFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { Readable } from 'node:stream'
import { beforeEach, describe, expect, test } from 'vitest'
import { connectionsCommand } from '../../src/commands/connections.ts'
import { fields } from '../../src/manifest/fields.ts'
import type { Connection } from '../../src/model/connection.ts'
import type { Origin } from '../../src/model/state.ts'
import { openSecret } from '../../src/secrets/open-secret.ts'
import { sealingKeys } from '../../src/secrets/sealing-keys.ts'
import { openStateStore } from '../../src/state/open-state-store.ts'
import { type Outcome, runInProcess } from '../cli/run-in-process.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'
import { type TestContext, testContext } from '../support/test-io.ts'

let home = ''
const signal = new AbortController().signal
beforeEach(async () => {
  const directory = await temporaryDirectory()
  home = directory.path
  return () => directory[Symbol.asyncDispose]()
})

const store = () => openStateStore(undefined, { environment: { HOME: home }, signal })
const ferry = (args: readonly string[], stdin = ''): Promise<Outcome> =>
  runInProcess(['connections', ...args], { environment: { HOME: home }, stdin: Readable.from([Buffer.from(stdin)]) })
/** A command line that must succeed, and its standard output. */
async function done(...args: string[]): Promise<string> {
  const { status, stdout, stderr } = await ferry(args)
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
  return stdout
}
const stored = async (name: string) => (await store().read()).connections.get(name)?.value
async function put(value: Connection, origin: Origin = {}): Promise<void> {
  await store().update((state) => ({
    ...state,
    connections: new Map(state.connections).set(value.name, { value, origin }),
  }))
}
const opened = (secret: Connection['password']): Promise<string> => {
  const environment = { HOME: home }
  return openSecret(secret ?? { env: 'NONE' }, 'x', {
    environment,
    keys: sealingKeys({ environment, mayCreate: false }),
    signal,
  })
}
/** The same at a terminal, where somebody types. */
async function atTerminal(typed: string, ...args: string[]): Promise<TestContext> {
  const test_ = await testContext({ terminal: true, typed, environment: { HOME: home }, store: store() })
  await connectionsCommand(test_.context).parseAsync(args, { from: 'user' })
  return test_
}

const owned: Origin = {
  owner: 'billing',
  place: { file: 'deploy.yml', line: 12, column: 5 },
  fields: new Map([
    ['host', { file: 'deploy.yml', line: 13, column: 5 }],
    ['timeout', { file: 'deploy.yml', line: 14, column: 5 }],
  ]),
}

describe('create', () => {
  test('stores what the flags say, says nothing, and a relative path becomes absolute', async () => {
    const out = await done(
      ...['create', 'bank', '--host', '192.0.2.10', '--port', '2222', '--no-active', '--fsync', '--timeout', '90'],
      ...['--identity-file', 'key', '--identity-file', '~/other', '--tags', 'eu', '--tags', 'prod'],
      ...['--ssh-options', 'ServerAliveInterval=15', '--ssh-options', 'Compression=yes', '--log-level', '2'],
      ...[
        '--bandwidth-limit',
        '0.5',
        '--password',
        'env:BANK',
        '--identity-passphrase',
        'file:pass',
        '--username',
        '-x',
      ],
    )
    expect(out).toBe('')
    expect(await stored('bank')).toEqual({
      name: 'bank',
      host: '192.0.2.10',
      port: 2222,
      active: false,
      fsync: true,
      timeout: '1m30s',
      identity_file: [resolve('key'), '~/other'],
      tags: ['eu', 'prod'],
      ssh_options: { ServerAliveInterval: '15', Compression: 'yes' },
      log_level: 2,
      bandwidth_limit: 0.5,
      password: { env: 'BANK' },
      identity_passphrase: { file: resolve('pass') },
      username: '-x',
    })
  })

  test('an option that ssh_config does not have is wrong usage, and nothing is stored', async () => {
    const { status, stderr } = await ferry(['create', 'bank', '--host', 'h', '--ssh-options', 'Prot=22'])
    expect(status).toBe(2)
    expect(stderr).toBe(
      'ferry: connection "bank": ssh_options: unknown ssh option "Prot"\n  hint: did you mean "Port"?\n',
    )
    expect((await store().read()).connections.size).toBe(0)
  })

  test('every field of the schema is a flag', async () => {
    const { stdout } = await ferry(['create', '--help'])
    for (const { flag } of fields) expect(stdout).toMatch(new RegExp(`^ +${flag}( |$)`, 'm'))
    expect(stdout).toContain('--password [reference]')
  })

  test('answers with --json', async () => {
    expect(JSON.parse(await done('create', 'bank', '--host', 'h', '--json'))).toEqual({
      ok: true,
      name: 'bank',
      serial: 1,
    })
  })

  test('a name that is taken is 1 with what to do, and changes nothing', async () => {
    await put({ name: 'bank', host: 'h' })
    const { status, stderr } = await ferry(['create', 'bank', '--host', 'i'])
    expect(status).toBe(1)
    expect(stderr).toBe(
      'ferry: create connection "bank": there is one of that name\n  hint: ferry connections edit changes it\n',
    )
    expect(await stored('bank')).toEqual({ name: 'bank', host: 'h' })
  })

  test.each([
    [['create', 'bank']],
    [['create', ' bank', '--host', 'h']],
    [['create', '--host', 'h', '--', '-bank']],
    [['create', '@bank', '--host', 'h']],
    [['create', 'bank', '--host', 'h', '--port', '0']],
    [['create', 'bank', '--host', 'h', '--port', 'x']],
    [['create', 'bank', '--host', 'h', '--timeout', 'soon']],
    [['create', 'bank', '--host', 'h', '--transport', 'telnet']],
    [['create', 'bank', '--host', 'h', '--transport', 'command']],
    [['create', 'bank', '--host', 'h', '--pasword', 'env:X']],
    [['create', 'bank', '--host', 'h', '--password', 'hunter2']],
    [['create', 'bank', '--host', 'h', '--password', '-', '--identity-passphrase', '-']],
  ])('%j is wrong usage, repeats no secret, and stores nothing', async (args) => {
    const { status, stdout, stderr } = await ferry(args, 'hunter2\n')
    expect(status).toBe(2)
    expect(stdout).toBe('')
    expect(stderr).toMatch(/^ferry: /)
    expect(stderr).not.toContain('hunter2')
    expect((await store().read()).serial).toBe(0)
  })
})

describe('secrets', () => {
  test('--password - takes one line of standard input and stores it sealed', async () => {
    expect((await ferry(['create', 'bank', '--host', 'h', '--password', '-'], 'hunter2\r\nmore\n')).status).toBe(0)
    const password = (await stored('bank'))?.password
    expect(await opened(password)).toBe('hunter2')
    expect(await readFile(store().location, 'utf8')).not.toContain('hunter2')
  })

  test('--password alone asks without showing what is typed', async () => {
    const { stdout, stderr } = await atTerminal('hunter2\r', 'create', 'bank', '--host', 'h', '--password')
    expect(await opened((await stored('bank'))?.password)).toBe('hunter2')
    expect(stderr()).toBe('Password of bank: \n')
    expect(stdout()).toBe('')
  })

  test('a text that looks like a reference is typed as it is', async () => {
    await atTerminal(`a$${'{X}'}\r`, 'create', 'bank', '--host', 'h', '--password')
    expect(await opened((await stored('bank'))?.password)).toBe(`a$${'{X}'}`)
  })

  test('without a terminal, --password alone is wrong usage with what else there is', async () => {
    const { status, stderr } = await ferry(['create', 'bank', '--host', 'h', '--password'])
    expect(status).toBe(2)
    expect(stderr).toContain('there is no terminal to ask on')
    expect(stderr).toContain('--password env:NAME')
  })

  test('what is wrong is said before a secret is asked for', async () => {
    const asked = atTerminal('hunter2\r', 'create', 'bank', '--password')
    await expect(asked).rejects.toMatchObject({ code: 'usage' })
    await expect(atTerminal('x\r', 'edit', 'bnak', '--password')).rejects.toMatchObject({ code: 'unknown_connection' })
  })

  test('an empty one is wrong usage', async () => {
    expect((await ferry(['create', 'bank', '--host', 'h', '--password', '-'], '\n')).status).toBe(2)
    expect((await ferry(['create', 'bank', '--host', 'h', '--password', '-'])).status).toBe(2)
  })

  test('--private-key - takes all of standard input, and no path', async () => {
    const key = '-----BEGIN OPENSSH PRIVATE KEY-----\nx\n-----END OPENSSH PRIVATE KEY-----\n'
    expect((await ferry(['create', 'bank', '--host', 'h', '--private-key', '-'], key)).status).toBe(0)
    expect(await opened((await stored('bank'))?.private_key)).toBe(key)
    expect((await ferry(['create', 'b', '--host', 'h', '--private-key', '-'], '/home/ann/key\n')).status).toBe(2)
  })

  test('the same secret again is no change', async () => {
    await ferry(['create', 'bank', '--host', 'h', '--password', '-'], 'hunter2\n')
    const { stdout } = await ferry(['edit', 'bank', '--password', '-', '--json'], 'hunter2\n')
    expect(JSON.parse(stdout)).toEqual({ ok: true, name: 'bank', changed: [], serial: 1 })
  })
})

describe('list and show', () => {
  test('a pipe gets records parted by tabs, in the order of names', async () => {
    await put({ name: 'b', host: '192.0.2.10', username: 'deploy', transport: 'openssh', active: false, port: 22 })
    await put({ name: 'a', host: '2001:db8::1', port: 2222 })
    expect(await done('list')).toBe('a\t[2001:db8::1]:2222\tssh\tactive\nb\tdeploy@192.0.2.10\topenssh\tinactive\n')
  })

  test('a terminal gets a heading and columns', async () => {
    await put({ name: 'acme-invoices', host: 'sftp.acme.example', username: 'deploy' })
    await put({ name: 'bank', host: '192.0.2.10', username: 'deploy', transport: 'openssh', active: false })
    expect((await atTerminal('', 'list')).stdout()).toBe(
      [
        'NAME           ADDRESS                   TRANSPORT  STATUS',
        'acme-invoices  deploy@sftp.acme.example  ssh        active',
        'bank           deploy@192.0.2.10         openssh    inactive',
        '',
      ].join('\n'),
    )
  })

  test('nothing to list is said on stderr, and is an empty list with --json', async () => {
    expect(await ferry(['list'])).toEqual({ status: 0, stdout: '', stderr: 'no connections\n' })
    expect(await ferry(['list', '--json'])).toEqual({ status: 0, stdout: '[]\n', stderr: '' })
  })

  test('--json has every field that is set, activity always, and never a secret', async () => {
    await put({ name: 'bank', host: 'h', password: { env: 'X' }, private_key: { sealed: 's', hash: 'h' } }, owned)
    const bank = {
      name: 'bank',
      active: true,
      host: 'h',
      password: '(sensitive)',
      private_key: '(sensitive)',
      owner: 'billing',
      place: { file: 'deploy.yml', line: 12, column: 5 },
    }
    expect(JSON.parse(await done('list', '--json'))).toEqual([bank])
    expect(JSON.parse(await done('show', 'bank', '--json'))).toEqual(bank)
  })

  test('show has a line for each field that is set, with its place', async () => {
    await put(
      {
        name: 'bank',
        timeout: '10s',
        host: 'h',
        password: { env: 'X' },
        private_key: { sealed: 's' },
        tags: ['eu', 'a\tb'],
        ssh_options: { SendEnv: ['A', 'B'], Compression: 'yes' },
      },
      owned,
    )
    expect((await done('show', 'bank')).split('\n').map((line) => line.split('\t'))).toEqual([
      ['name', 'bank', 'deploy.yml:12:5'],
      ['host', 'h', 'deploy.yml:13:5'],
      ['password', '(sensitive)', `$${'{env:X}'}`],
      ['private_key', '(sensitive)', 'sealed'],
      ['ssh_options', 'SendEnv=A, SendEnv=B, Compression=yes', ''],
      ['timeout', '10s', 'deploy.yml:14:5'],
      ['tags', 'eu, a\\tb', ''],
      ['owner', 'billing', ''],
      [''],
    ])
  })

  test.each([
    [['show', 'bnak']],
    [['edit', 'bnak', '--port', '1']],
    [['rename', 'bnak', 'x']],
    [['delete', 'bank', 'bnak']],
    [['enable', 'bnak']],
  ])('%j of an unknown name is 12 with the nearest one, and nothing is done', async (args) => {
    await put({ name: 'bank', host: 'h' })
    const { status, stderr } = await ferry(args)
    expect(status).toBe(12)
    expect(stderr).toBe('ferry: no connection is named "bnak"\n  hint: did you mean "bank"?\n')
    expect((await store().read()).serial).toBe(1)
  })
})

describe('edit', () => {
  test('sets and unsets fields, and leaves the others', async () => {
    await put({ name: 'bank', host: 'h', port: 2222, timeout: '10s', tags: ['eu'], identity_file: '/k' })
    const args = ['edit', 'bank', '--timeout', '1m', '--unset', 'port', '--unset', 'identity-file', '--compression']
    expect(await done(...args)).toBe('')
    expect(await stored('bank')).toEqual({ name: 'bank', host: 'h', timeout: '1m', tags: ['eu'], compression: true })
  })

  test('the global --timeout before the command is not the field', async () => {
    await put({ name: 'bank', host: 'h' })
    const { status } = await runInProcess(['--timeout', '5', 'connections', 'edit', 'bank', '--port', '1'], {
      environment: { HOME: home },
    })
    expect(status).toBe(0)
    expect(await stored('bank')).toEqual({ name: 'bank', host: 'h', port: 1 })
  })

  test.each([
    [[]],
    [['--unset', 'host']],
    [['--unset', 'name']],
    [['--unset', 'prot']],
    [['--unset', 'port', '--port', '1']],
    [['--transport', 'command']],
  ])('%j is wrong usage and changes nothing', async (args) => {
    await put({ name: 'bank', host: 'h', port: 2222 })
    expect((await ferry(['edit', 'bank', ...args])).status).toBe(2)
    expect(await stored('bank')).toEqual({ name: 'bank', host: 'h', port: 2222 })
  })

  test('of an owned connection warns and prints what to put into the manifest; the changed field has no place any more', async () => {
    await put({ name: 'bank', host: 'h', timeout: '10s', password: { env: 'X' } }, owned)
    const { status, stdout, stderr } = await ferry(['edit', 'bank', '--timeout', '30'])
    expect(status).toBe(0)
    expect(stderr).toBe(
      'ferry: warning: connection "bank" belongs to the manifest "billing" (deploy.yml:12:5), and its next import undoes this; to keep it, put this there\n',
    )
    expect(stdout.split('\n')).toEqual([
      'connections:',
      '  - name: bank',
      '    host: h',
      `    password: $${'{env:X}'}`,
      '    timeout: 30s',
      '',
    ])
    const origin = (await store().read()).connections.get('bank')?.origin
    expect(origin).toEqual({ ...owned, fields: new Map([['host', { file: 'deploy.yml', line: 13, column: 5 }]]) })
    const json = JSON.parse((await ferry(['edit', 'bank', '--port', '1', '--json'])).stdout)
    expect(json).toMatchObject({ ok: true, changed: ['port'], manifest: expect.stringContaining('port: 1\n') })
  })

  test('that changes nothing is not written, and warns of nothing', async () => {
    await put({ name: 'bank', host: 'h', port: 1 }, owned)
    expect(await ferry(['edit', 'bank', '--port', '1'])).toEqual({ status: 0, stdout: '', stderr: '' })
    expect((await store().read()).serial).toBe(1)
  })
})

describe('rename, delete, enable, disable', () => {
  test('rename keeps all but the name, and its position', async () => {
    for (const name of ['a', 'b', 'c']) await put({ name, host: name, port: 1 })
    expect(await done('rename', 'b', 'z')).toBe('')
    expect([...(await store().read()).connections.keys()]).toEqual(['a', 'z', 'c'])
    expect(await stored('z')).toEqual({ name: 'z', host: 'b', port: 1 })
  })

  test('rename refuses a name that is taken, and one that cannot be', async () => {
    for (const name of ['a', 'b']) await put({ name, host: name })
    expect((await ferry(['rename', 'a', 'b'])).status).toBe(1)
    expect((await ferry(['rename', 'a', ''])).status).toBe(2)
    expect((await ferry(['rename', 'a', 'a'])).status).toBe(0)
    expect([...(await store().read()).connections.keys()]).toEqual(['a', 'b'])
  })

  test('delete takes several, and warns of owned ones with their place', async () => {
    await put({ name: 'a', host: 'h' })
    await put({ name: 'b', host: 'h' }, owned)
    const { status, stdout, stderr } = await ferry(['delete', 'a', 'b', '--json'])
    expect({ status, document: JSON.parse(stdout) }).toEqual({
      status: 0,
      document: { ok: true, names: ['a', 'b'], serial: 3 },
    })
    expect(stderr).toContain('deploy.yml:12:5')
    expect((await store().read()).connections.size).toBe(0)
  })

  test('disable and enable; active is the default and is not stored', async () => {
    await put({ name: 'a', host: 'h' })
    await put({ name: 'b', host: 'h' })
    await done('disable', 'a', 'b')
    expect(await stored('a')).toEqual({ name: 'a', host: 'h', active: false })
    await done('disable', 'a')
    expect((await store().read()).serial).toBe(3)
    expect(JSON.parse(await done('enable', 'a', '--json'))).toMatchObject({ ok: true, active: true, changed: ['a'] })
    expect(await stored('a')).toEqual({ name: 'a', host: 'h' })
    expect(await stored('b')).toMatchObject({ active: false })
  })

  test('disabling an owned one prints what to put into the manifest', async () => {
    await put({ name: 'a', host: 'h' }, owned)
    const { stdout, stderr } = await ferry(['disable', 'a'])
    expect(stderr).toContain('belongs to the manifest "billing"')
    expect(stdout).toContain('active: false\n')
  })
})

test('a state that is somewhere else is used, and a broken one is 11', async () => {
  const file = join(home, 'other.json')
  await done('create', 'bank', '--host', 'h', '--state', file)
  expect(await done('list', '--state', file)).toBe('bank\th\tssh\tactive\n')
  expect(await ferry(['list'])).toMatchObject({ stdout: '' })
  expect((await ferry(['list', '--state', home])).status).toBe(11)
})
