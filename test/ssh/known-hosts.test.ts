import { execFile } from 'node:child_process'
import { lstat, readdir, readFile, stat, symlink, utimes, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { build } from 'esbuild'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { fingerprintOf, rsaBitsOf } from '../../src/ssh/fingerprint.ts'
import { isAbout, type KnownHost, knownHostsLine, parseKnownHosts } from '../../src/ssh/known-hosts.ts'
import { rememberKey } from '../../src/ssh/known-hosts-files.ts'
import { describeWithSshd } from '../support/requirements.ts'
import { makeKeyPair } from '../support/ssh-keys.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'

const key = Buffer.concat([Buffer.from('\0\0\0\x0bssh-ed25519\0\0\0\x20', 'latin1'), Buffer.alloc(32, 7)])
const keyText = `ssh-ed25519 ${key.toString('base64')}`

describe('parseKnownHosts', () => {
  test('reads markers, comments after the key, and the numbers of lines', () => {
    const text = `# a comment\n\n h1,h2 ${keyText} somebody@somewhere\n@revoked * ${keyText}\n@cert-authority *.x ${keyText}\r\n`
    expect(parseKnownHosts(text)).toEqual([
      { hosts: 'h1,h2', keyType: 'ssh-ed25519', key, line: 3 },
      { marker: 'revoked', hosts: '*', keyType: 'ssh-ed25519', key, line: 4 },
      { marker: 'cert-authority', hosts: '*.x', keyType: 'ssh-ed25519', key, line: 5 },
    ])
  })

  test.each([
    ['a marker that is not known', `@other h ${keyText}`],
    ['a key that says it is of another type', `h ssh-rsa ${key.toString('base64')}`],
    ['a key of SSH 1', 'h 1024 35 1234567'],
    ['a line that is cut off', 'h ssh-ed25519'],
    ['a key that is no base64', 'h ssh-ed25519 !!!!'],
  ])('passes over %s', (_what, line) => {
    expect(parseKnownHosts(`${line}\nh ${keyText}\n`).map((entry) => entry.line)).toEqual([2])
  })

  test('takes any text', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary' }), (text) => Array.isArray(parseKnownHosts(text))))
  })
})

describe('isAbout', () => {
  const entry = (hosts: string): KnownHost => ({ hosts, keyType: 'ssh-ed25519', key, line: 1 })

  test.each([
    ['host', 'host', true],
    ['host', 'other', false],
    ['HOST', 'host', true],
    ['a,host,b', 'host', true],
    ['*.example', 'a.example', true],
    ['?ost', 'host', true],
    ['*,!host', 'host', false],
    ['!other,*', 'host', true],
    ['[host]:2222', '[host]:2222', true],
    ['[host]:2222', 'host', false],
    ['host', '[host]:2222', false],
    ['[*]:22??', '[host]:2222', true],
    ['::1', '::1', true],
    ['|1|broken', 'host', false],
    ['|2|a|b', 'host', false],
  ])('%s about %s: %s', (hosts, name, expected) => {
    expect(isAbout(entry(hosts), name)).toBe(expected)
  })

  test('a line that was written is about its host and no other, hashed or not', () => {
    const names = fc.oneof(
      fc.domain(),
      fc.ipV4(),
      fc.tuple(fc.domain(), fc.nat(65535)).map(([h, p]) => `[${h}]:${p}`),
    )
    fc.assert(
      fc.property(names, names, fc.boolean(), (name, other, hashed) => {
        const [entry] = parseKnownHosts(knownHostsLine(name.toLowerCase(), key, hashed))
        if (entry === undefined) throw new Error('the line was not read')
        expect(entry.key).toEqual(key)
        expect(isAbout(entry, name.toLowerCase())).toBe(true)
        expect(isAbout(entry, other.toLowerCase())).toBe(name.toLowerCase() === other.toLowerCase())
      }),
    )
  })
})

describe('rememberKey', () => {
  const warned: string[] = []
  const remember = (file: string, name: string, hashed = false): Promise<void> =>
    rememberKey(file, name, key, hashed, { note: (_level, text) => warned.push(text) })

  test('makes a file that is missing, and its directory, for their owner alone', async () => {
    await using directory = await temporaryDirectory()
    const file = `${directory.path}/.ssh/known_hosts`
    await remember(file, 'host')
    expect((await stat(file)).mode & 0o777).toBe(0o600)
    expect((await stat(dirname(file))).mode & 0o777).toBe(0o700)
    expect(await readFile(file, 'utf8')).toBe(`host ${keyText}\n`)
  })

  test('ends a line that is open, and goes through a link', async () => {
    await using directory = await temporaryDirectory()
    const file = `${directory.path}/known_hosts`
    await writeFile(`${directory.path}/real`, `first ${keyText}`)
    await symlink('real', file)
    await remember(file, 'second')
    expect(await readFile(`${directory.path}/real`, 'utf8')).toBe(`first ${keyText}\nsecond ${keyText}\n`)
    expect((await lstat(file)).isSymbolicLink()).toBe(true)
  })

  test('adds nothing that is there, hashed or not', async () => {
    await using directory = await temporaryDirectory()
    const file = `${directory.path}/known_hosts`
    await remember(file, 'host', true)
    await remember(file, 'host')
    expect(parseKnownHosts(await readFile(file, 'utf8'))).toHaveLength(1)
  })

  test('of many at once none is lost', async () => {
    await using directory = await temporaryDirectory()
    const file = `${directory.path}/known_hosts`
    await writeFile(file, `first ${keyText}`)
    const names = Array.from({ length: 40 }, (_, index) => `host${index}`)
    await Promise.all(names.map((name) => remember(file, name)))
    const entries = parseKnownHosts(await readFile(file, 'utf8'))
    expect(entries.map(({ hosts }) => hosts).sort()).toEqual(['first', ...names].sort())
  })

  test('two processes that learn keys at once lose none, add none twice, and leave no lock', async () => {
    await using directory = await temporaryDirectory()
    const program = `${directory.path}/writer.mjs`
    await build({
      entryPoints: [fileURLToPath(new URL('./known-hosts-writer.ts', import.meta.url))],
      ...{ bundle: true, format: 'esm', platform: 'node', target: 'node20.19', outfile: program },
    })
    const file = `${directory.path}/known_hosts`
    await writeFile(file, `first ${keyText}`)
    const numbered = (name: string): string[] => Array.from({ length: 50 }, (_, index) => `${name}${index}`)
    const both = numbered('both')
    const writers = ['one', 'two'].map((name) =>
      promisify(execFile)(process.execPath, [program, file, key.toString('base64'), ...both, ...numbered(name)]),
    )
    for (const { stderr } of await Promise.all(writers)) expect(stderr).toBe('')
    const lines = (await readFile(file, 'utf8')).split('\n')
    const names = ['first', ...both, ...numbered('one'), ...numbered('two')]
    expect(lines.sort()).toEqual(['', ...names.map((name) => `${name} ${keyText}`)].sort())
    expect(await readdir(directory.path)).not.toContain('known_hosts.ferry-lock')
  })

  test('the lock of a process that was killed holds nobody up', async () => {
    await using directory = await temporaryDirectory()
    const file = `${directory.path}/known_hosts`
    await writeFile(`${file}.ferry-lock`, '')
    await utimes(`${file}.ferry-lock`, 1, 1)
    await remember(file, 'host')
    expect(await readFile(file, 'utf8')).toBe(`host ${keyText}\n`)
    expect(await readdir(directory.path)).toEqual(['known_hosts'])
  })

  test('warns where it cannot be written', async () => {
    await using directory = await temporaryDirectory()
    await remember(directory.path, 'host')
    expect(warned).toEqual([`cannot add the key of host to ${directory.path}: is a directory`])
  })
})

describeWithSshd('as ssh-keygen has it', () => {
  const run = promisify(execFile)

  test('it finds our lines, and we find what it hashed', async () => {
    await using directory = await temporaryDirectory()
    const file = `${directory.path}/known_hosts`
    await writeFile(
      file,
      knownHostsLine('[ours.example]:2222', key, true) + knownHostsLine('theirs.example', key, false),
    )
    expect((await run('ssh-keygen', ['-F', '[ours.example]:2222', '-f', file])).stdout).toContain('ssh-ed25519')
    await run('ssh-keygen', ['-H', '-f', file])
    const entries = parseKnownHosts(await readFile(file, 'utf8'))
    expect(entries.map((entry) => isAbout(entry, 'theirs.example'))).toEqual([false, true])
  })

  test('fingerprints and sizes are the same', async () => {
    await using directory = await temporaryDirectory()
    const pair = await makeKeyPair(`${directory.path}/key`, 'rsa')
    const blob = Buffer.from(pair.publicKey.split(' ')[1] ?? '', 'base64')
    const { stdout } = await run('ssh-keygen', ['-l', '-f', `${pair.file}.pub`])
    expect(stdout).toContain(`${rsaBitsOf(blob)} ${fingerprintOf(blob)} `)
  })
})
