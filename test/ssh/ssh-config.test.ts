import { execFile } from 'node:child_process'
import { chmod, mkdir, writeFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { FerryError } from '../../src/errors/ferry-error.ts'
import type { Options } from '../../src/ssh/config-options.ts'
import { localAccount } from '../../src/ssh/local-account.ts'
import { evaluateConfig } from '../../src/ssh/ssh-config.ts'
import { describeWithSshd } from '../support/requirements.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'
import { cases } from './ssh-config-cases.ts'

const run = promisify(execFile)
const { signal } = new AbortController()
// ssh takes the home directory from the password database, whatever HOME says.
const environment = { ...process.env, HOME: homedir() }

async function evaluate(file: string, host: string): Promise<Options> {
  return evaluateConfig({
    host,
    preset: [],
    file: { path: file },
    account: localAccount(environment),
    environment,
    signal,
  })
}

/** `ssh -G` names each option in lower case; a repeated one has a line for each value. */
async function sshSays(file: string, host: string): Promise<Map<string, string[]>> {
  const { stdout } = await run('ssh', ['-G', '-F', file, host])
  const said = new Map<string, string[]>()
  for (const line of stdout.split('\n')) {
    const [name = '', ...words] = line.split(' ')
    said.set(name, [...(said.get(name) ?? []), words.join(' ')])
  }
  return said
}

const usualSayings = new Map<string, Promise<Map<string, string[]>>>()

/** What ssh says without any file; asked once for each host. */
function usually(host: string): Promise<Map<string, string[]>> {
  const said = usualSayings.get(host) ?? sshSays('none', host)
  usualSayings.set(host, said)
  return said
}

/** Spellings that ssh unifies when it prints. */
function unified(name: string, value: string): string {
  if (name === 'stricthostkeychecking') return { yes: 'true', no: 'false', off: 'false' }[value.toLowerCase()] ?? value
  if (/^(true|yes)$/i.test(value)) return 'yes'
  if (/^(false|no)$/i.test(value)) return 'no'
  return value
}

const compared = [
  'AddressFamily',
  'BatchMode',
  'BindAddress',
  'Compression',
  'ConnectTimeout',
  'GlobalKnownHostsFile',
  'HashKnownHosts',
  'HostKeyAlias',
  'HostName',
  'IdentitiesOnly',
  'IdentityAgent',
  'LogLevel',
  'NumberOfPasswordPrompts',
  'PasswordAuthentication',
  'Port',
  'PreferredAuthentications',
  'ProxyJump',
  'PubkeyAuthentication',
  'ServerAliveCountMax',
  'ServerAliveInterval',
  'StrictHostKeyChecking',
  'TCPKeepAlive',
  'User',
  'UserKnownHostsFile',
]

describeWithSshd('evaluates as ssh -G does', () => {
  test.each(cases)('$what', async ({ config, files = {}, host = 'target' }) => {
    await using directory = await temporaryDirectory()
    const place = (text: string): string => text.replaceAll('DIR', directory.path)
    const file = join(directory.path, 'config')
    await writeFile(file, place(config))
    for (const [name, text] of Object.entries(files)) await writeFile(join(directory.path, name), place(text))
    const [options, said, usual] = await Promise.all([evaluate(file, host), sshSays(file, host), usually(host)])
    for (const keyword of compared) {
      const name = keyword.toLowerCase()
      const ours = settingOf(options, keyword)
      expect([keyword, ours ?? usual.get(name)?.[0]]).toEqual([keyword, said.get(name)?.[0]])
    }
    const identities = options.identities.map(({ words }) => words[0])
    expect(identities.length > 0 ? identities : usual.get('identityfile')).toEqual(said.get('identityfile'))
  })
})

const seconds: Readonly<Record<string, string>> = { '1m30s': '90', '2h': '7200' }

function settingOf(options: Options, keyword: string): string | undefined {
  const directive = options.get(keyword)
  if (directive === undefined || (keyword === 'ProxyJump' && directive.text === 'none')) return undefined
  const value = directive.words.join(' ')
  // Of these, ssh -G expands two.
  if (keyword === 'HostName') return value.replace('%h', 'target')
  if (keyword === 'UserKnownHostsFile') return value.replace(/^~/, homedir())
  if (keyword === 'LogLevel') return value.toUpperCase()
  return seconds[value] ?? unified(keyword.toLowerCase(), value)
}

describeWithSshd('refuses what ssh refuses', () => {
  test.each([
    ['an unknown keyword', 'Port 1\nFoo bar\n', 2, 'unknown ssh option "Foo"'],
    ['an unknown keyword in a block that does not match', 'Host other\n  Foo bar\n', 2, 'unknown ssh option "Foo"'],
    ['a missing value', 'Port\n', 1, 'Port needs a value'],
    ['an open quote', 'User "x\n', 1, 'User: a quote is not closed'],
    ['too much', 'Port 22 23\n', 1, 'Port: too much after its value: "23"'],
    ['an unknown criterion', '\n\nMatch foo bar\n', 3, 'Match: unknown criterion "foo"'],
    ['a criterion without value', 'Match host\n', 1, 'Match: "host" needs a value'],
    ['all among others', 'Match all host x\n', 1, 'Match: "all" stands alone'],
  ])('%s', async (_what, config, line, message) => {
    await using directory = await temporaryDirectory()
    const file = join(directory.path, 'config')
    await writeFile(file, config)
    await expect(evaluate(file, 'target')).rejects.toMatchObject({
      code: 'usage',
      message,
      details: { place: { file, line } },
    })
    await expect(sshSays(file, 'target')).rejects.toThrow()
  })
})

test('a misspelt keyword gets a suggestion', async () => {
  await using directory = await temporaryDirectory()
  const file = join(directory.path, 'config')
  await writeFile(file, 'Hostnme x\n')
  await expect(evaluate(file, 'x')).rejects.toMatchObject({ details: { hint: 'did you mean "HostName"?' } })
})

test('a file that others may write is not included', async () => {
  await using directory = await temporaryDirectory()
  const file = join(directory.path, 'config')
  await writeFile(file, `Include ${directory.path}/open\n`)
  await writeFile(join(directory.path, 'open'), 'Port 2\n')
  await chmod(join(directory.path, 'open'), 0o666)
  await expect(evaluate(file, 'x')).rejects.toMatchObject({ code: 'usage' })
})

test('files that include each other are refused', async () => {
  await using directory = await temporaryDirectory()
  const file = join(directory.path, 'config')
  await writeFile(file, `Include ${file}\n`)
  await expect(evaluate(file, 'x')).rejects.toMatchObject({ code: 'usage', message: 'Include: too deep' })
})

test("the user's file wins over the system's, and its includes start in ~/.ssh", async () => {
  await using home = await temporaryDirectory()
  await mkdir(join(home.path, '.ssh'))
  await writeFile(join(home.path, '.ssh/config'), 'Include more\nHashKnownHosts no\n')
  await writeFile(join(home.path, '.ssh/more'), 'Port 2\n')
  const options = await evaluateConfig({
    host: 'x',
    preset: [],
    account: { ...localAccount(environment), home: home.path },
    environment,
    signal,
  })
  expect(options.word('Port')).toBe('2')
  expect(options.word('HashKnownHosts')).toBe('no')
})

test('a file that was named must be there', async () => {
  await expect(evaluate('/nowhere/config', 'x')).rejects.toMatchObject({ code: 'usage' })
})

test('a cancelled command of Match exec is ended', async () => {
  await using directory = await temporaryDirectory()
  const file = join(directory.path, 'config')
  await writeFile(file, 'Match exec "sleep 60"\n  Port 2\n')
  const controller = new AbortController()
  const evaluation = evaluateConfig({
    host: 'x',
    preset: [],
    file: { path: file },
    account: localAccount(environment),
    environment,
    signal: controller.signal,
  })
  controller.abort(new FerryError('cancelled', 'interrupted'))
  await expect(evaluation).rejects.toMatchObject({ code: 'cancelled' })
})

test('whatever a file holds, evaluating it gives options or a FerryError', async () => {
  await using directory = await temporaryDirectory()
  const file = join(directory.path, 'config')
  const piece = fc.oneof(
    fc.constantFrom(
      'Host',
      'Match',
      'Port',
      'IdentityFile',
      'user',
      'host',
      'final',
      'all',
      '"',
      "'",
      '\\',
      '=',
      '!',
      '*',
      '#',
      ' ',
      '\n',
      '\t',
    ),
    fc.string(),
  )
  await fc.assert(
    fc.asyncProperty(fc.array(piece, { maxLength: 30 }), async (pieces) => {
      // Random text may not run programs or read files.
      await writeFile(file, pieces.join('').replace(/exec|include/gi, 'x'))
      await evaluate(file, 'target').catch((error: unknown) => expect(error).toBeInstanceOf(FerryError))
    }),
    { numRuns: 300 },
  )
})
