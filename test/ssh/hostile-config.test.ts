import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { FerryError } from '../../src/errors/ferry-error.ts'
import { keywords } from '../../src/ssh/keywords.ts'
import { resolveAll } from '../../src/ssh/resolve-settings.ts'
import { aMegabyteOf, madeOf, readOrRefused } from '../support/hostile-text.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'

const { signal } = new AbortController()
const openSecret = (): Promise<string> => Promise.reject(new Error('there is no secret'))

/** The options that a file gives, or the error that stands in a line of it. */
async function survives(file: string, text: string): Promise<void> {
  await writeFile(file, text)
  const connection = { name: 'x', host: 'target', ssh_config_file: file }
  const environment = { HOME: '/nowhere', USER: 'somebody' }
  const outcome = await readOrRefused(() => resolveAll({ connection, overrides: {}, environment, openSecret }, signal))
  if (!(outcome instanceof FerryError)) return
  const { place } = outcome.details
  if (place === undefined) return
  expect(place.file).toBe(file)
  expect(place.line).toBeGreaterThan(0)
  expect(place.line).toBeLessThanOrEqual(text.split('\n').length)
}

/** Random text may not run programs or read files. */
const harmless = (text: string): string => text.replace(/exec|include/gi, 'x')

// promise: any-text
test('whatever a file holds, it gives options, or an error in one of its lines', async () => {
  await using directory = await temporaryDirectory()
  const text = madeOf(
    ...['Host', 'Match', 'Port', 'IdentityFile', 'user', 'host', 'final', 'all', 'ProxyJump', 'SetEnv', 'IPQoS', 'Tag'],
    ...[
      '"',
      "'",
      '\\',
      '=',
      '!',
      '*',
      '?',
      '#',
      '%',
      '%h',
      '${',
      '}',
      '@',
      ':',
      ',',
      ' ',
      '\t',
      '\r',
      '\n',
      '\n',
      '1h',
    ],
  )
  await fc.assert(fc.asyncProperty(text, (content) => survives(join(directory.path, 'config'), harmless(content))))
})

// promise: any-text
test('whatever each option is given, it gives options, or an error in its line', async () => {
  await using directory = await temporaryDirectory()
  const names = keywords.map(({ name }) => name).filter((name) => !/exec|include/i.test(name))
  const value = madeOf(
    'yes',
    'no',
    'none',
    '1',
    '22',
    '1h',
    '4G',
    '+',
    '-',
    '^',
    '*',
    ',',
    ':',
    '=',
    '%h',
    '"',
    ' ',
    '/',
    '~',
  )
  const line = fc
    .tuple(fc.constantFrom(...names), value)
    .map(([name, given]) => `${name} ${given.replaceAll('\n', '')}`)
  await fc.assert(
    fc.asyncProperty(fc.array(line, { maxLength: 8 }), (lines) =>
      survives(join(directory.path, 'config'), harmless(lines.join('\n'))),
    ),
  )
})

// promise: any-text
test.each([
  ['blanks before a word', `User ${aMegabyteOf(' ')}x`],
  ['blanks behind one', `User x${aMegabyteOf(' \t')}`],
  ['digits that are no time', `ConnectTimeout ${aMegabyteOf('1')}x`],
  ['times that are none', `ConnectTimeout ${aMegabyteOf('1h')}x`],
  ['stars', `Host ${aMegabyteOf('*t')}x`],
  ['quotes', `User ${aMegabyteOf('""')}x`],
  ['criteria', `Match ${aMegabyteOf('host target ')}`],
  ['patterns', `Match host ${aMegabyteOf('*,!')}`],
  ['variables', `IdentityFile ${aMegabyteOf('${')}`],
  ['tokens', `IdentityFile ${aMegabyteOf('%%')}`],
  ['jumps', `ProxyJump ${aMegabyteOf('a@b:1,')}c`],
  ['algorithms', `Ciphers ${aMegabyteOf('aes*,')}x`],
  ['lines', aMegabyteOf('User x\n')],
])('a megabyte of %s is read or refused', async (_what, text) => {
  await using directory = await temporaryDirectory()
  await survives(join(directory.path, 'config'), text)
})
