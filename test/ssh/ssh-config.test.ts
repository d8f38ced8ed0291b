import { execFile } from 'node:child_process'
import { chmod, mkdir, writeFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { FerryError } from '../../src/errors/ferry-error.ts'
import type { EffectiveOption } from '../../src/ssh/effective-options.ts'
import { localAccount } from '../../src/ssh/local-account.ts'
import { resolveAll } from '../../src/ssh/resolve-settings.ts'
import { evaluateConfig } from '../../src/ssh/ssh-config.ts'
import { describeWithSshd } from '../support/requirements.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'
import { cases, settings } from './ssh-config-cases.ts'

const run = promisify(execFile)
const { signal } = new AbortController()
// ssh takes the home directory from the password database, whatever HOME says.
const environment = { ...process.env, HOME: homedir() }

async function evaluate(file: string, host: string): Promise<readonly EffectiveOption[]> {
  const connection = { name: 'x', host, ssh_config_file: file }
  const openSecret = (): Promise<string> => Promise.reject(new Error('there is no secret'))
  return (await resolveAll({ connection, overrides: {}, environment, openSecret }, signal)).options
}

type Said = ReadonlyMap<string, readonly string[]>

/** `ssh -G` names each option in lower case; a repeated one has a line for each value. */
async function sshSays(file: string, host: string): Promise<Said> {
  const { stdout } = await run('ssh', ['-G', '-F', file, host])
  const said = new Map<string, string[]>()
  for (const line of stdout.split('\n').filter((one) => one !== '')) {
    const [name = '', ...words] = line.split(' ')
    const key = name.toLowerCase()
    said.set(key, [...(said.get(key) ?? []), words.join(' ')])
  }
  return said
}

const usualSayings = new Map<string, Promise<Said>>()

/** What ssh says without any file; asked once for each host. */
function usually(host: string): Promise<Said> {
  const said = usualSayings.get(host) ?? sshSays('none', host)
  usualSayings.set(host, said)
  return said
}

/** Each program has algorithms of its own; `host` is no keyword here. */
const own = new Set(['ciphers', 'hostkeyalgorithms', 'kexalgorithms', 'macs', 'pubkeyacceptedalgorithms', 'host'])
/** Defaults that a distribution or a version of ssh has changed, or of which ferry has fewer. */
const ownDefaults = ['casignaturealgorithms', 'forwardx11trusted', 'gssapikexalgorithms', 'hostbasedacceptedalgorithms']
ownDefaults.push('identityfile', 'ipqos', 'xauthlocation')

async function compare(config: string, host: string, files: Readonly<Record<string, string>> = {}): Promise<void> {
  await using directory = await temporaryDirectory()
  const place = (text: string): string => text.replaceAll('DIR', directory.path)
  const file = join(directory.path, 'config')
  await writeFile(file, place(config))
  for (const [name, text] of Object.entries(files)) await writeFile(join(directory.path, name), place(text))
  const [options, said, usual] = await Promise.all([evaluate(file, host), sshSays(file, host), usually(host)])
  const ours = new Map(options.map(({ name, value }) => [name.toLowerCase(), [value].flat()]))
  const compared = [...new Set([...said.keys(), ...usual.keys()])].filter((name) => {
    const isUsual = ownDefaults.includes(name) && said.get(name)?.join() === usual.get(name)?.join()
    return !own.has(name) && !isUsual
  })
  const shown = (all: Said): unknown => Object.fromEntries(compared.map((name) => [name, all.get(name)]))
  expect(shown(ours)).toEqual(shown(said))
}

describeWithSshd('evaluates as ssh -G does', () => {
  test.each(cases)('$what', ({ config, files, host = 'target' }) => compare(config, host, files))

  test('whatever is set, in whatever block', async () => {
    // A jump host that goes through itself is an error of ours, before anything is connected.
    const start = 'Host one two\n  ProxyJump none\nHost *\n'
    const setting = fc
      .constantFrom(...settings)
      .chain(([keyword, ...values]) => fc.constantFrom(...values).map((value) => `${keyword} ${value}`))
    const block = fc.constantFrom(
      'Host *',
      'Host target',
      'Host other',
      'Host !target *',
      'Match user deploy',
      'Match all',
      'Match host real*',
    )
    const line = fc.oneof({ weight: 4, arbitrary: setting }, block)
    await fc.assert(
      fc.asyncProperty(fc.array(line, { maxLength: 25 }), (lines) =>
        compare(`${start}${lines.join('\n')}\n`, 'target'),
      ),
      { numRuns: 25 },
    )
  }, 60_000)
})

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
  const { options } = await evaluateConfig({
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
