import { describe, expect, test } from 'vitest'
import schema from '../../schemas/manifest.schema.json' with { type: 'json' }
import { FerryError } from '../../src/errors/ferry-error.ts'
import { type Field, fieldNamed, fields } from '../../src/manifest/fields.ts'
import { connectionOf, parseField } from '../../src/manifest/parse-field.ts'
import { connectionDefaults, secretFields } from '../../src/model/connection.ts'

function named(name: string): Field {
  const field = fieldNamed(name)
  if (field === undefined) throw new Error(`no field ${name}`)
  return field
}

const parsed = (name: string, ...texts: string[]): unknown => parseField(named(name), texts)

function refused(work: () => unknown): string {
  try {
    work()
  } catch (error) {
    if (error instanceof FerryError && error.code === 'usage') return error.message
    throw error
  }
  throw new Error('it was taken')
}

describe('the fields', () => {
  test('are those of the schema but the name, in its order, each with a flag, a title and a description', () => {
    expect(['name', ...fields.map(({ name }) => name)]).toEqual(Object.keys(schema.$defs.connection.properties))
    for (const { name, flag, title, description } of fields) {
      expect(flag).toBe(`--${name.replaceAll('_', '-')}`)
      expect(title).not.toBe('')
      expect(description).toMatch(/\.$/)
    }
  })

  test('have the defaults that hold when a connection is used', () => {
    const declared = fields.filter((field) => field.default !== undefined).map((field) => [field.name, field.default])
    expect(Object.fromEntries(declared)).toEqual(connectionDefaults)
  })

  test('that are secrets are those of the model', () => {
    expect(fields.filter(({ kind }) => kind === 'secret').map(({ name }) => name)).toEqual([...secretFields])
  })

  test.each([
    ['active', 'boolean', undefined, false],
    ['host', 'text', '<text>', false],
    ['port', 'integer', '<n>', false],
    ['address_family', 'choice', '<any|ipv4|ipv6>', false],
    ['identity_file', 'paths', '<file>', true],
    ['ssh_config_file', 'path', '<file>', false],
    ['host_key', 'texts', '<text>', true],
    ['ssh_options', 'options', '<Key=Value>', true],
    ['command', 'words', '<words>', false],
    ['timeout', 'duration', '<duration>', false],
    ['bandwidth_limit', 'number', '<n>', false],
  ])('%s is of the kind %s', (name, kind, argument, repeatable) => {
    expect(named(name)).toMatchObject({ kind, repeatable, ...(argument !== undefined && { argument }) })
  })

  test('no other name is a field', () => {
    expect(['name', '__proto__', 'constructor', 'hots'].map(fieldNamed)).toEqual(Array(4).fill(undefined))
  })
})

describe('a flag', () => {
  test.each([
    ['active', ['false'], false],
    ['host', ['a', 'b'], 'b'],
    ['port', ['2022'], 2022],
    ['log_level', ['0'], 0],
    ['bandwidth_limit', ['2.5'], 2.5],
    ['transport', ['openssh'], 'openssh'],
    ['timeout', ['90'], '1m30s'],
    ['timeout', ['0'], '0'],
    ['identity_file', ['/a'], '/a'],
    ['identity_file', ['/a', '~/b'], ['/a', '~/b']],
    ['identity_file', ['k'], `${process.cwd()}/k`],
    ['ssh_config_file', ['none'], 'none'],
    ['tags', ['a', 'b'], ['a', 'b']],
    ['command', ["ssh 'a b' -s sftp"], ['ssh', 'a b', '-s', 'sftp']],
    ['ssh_options', ['SendEnv=A', 'sendenv B', 'Port=1'], { SendEnv: ['A', 'B'], Port: '1' }],
    ['password', ['env:BANK'], { env: 'BANK' }],
    ['password', ['file:/run/secret'], { file: '/run/secret' }],
    ['password', ['file:secret'], { file: `${process.cwd()}/secret` }],
    ['private_key', ['command:pass show key'], { command: 'pass show key' }],
    ['description', [`\${HOME} is text`], `\${HOME} is text`],
  ])('for %s with %j gives %j', (name, texts, value) => {
    expect(parsed(name, ...texts)).toEqual(value)
  })

  test.each([
    ['port', ['x'], '--port: must be a whole number from 1 to 65535, not "x"'],
    ['port', ['0'], '--port: must be a whole number from 1 to 65535, not 0'],
    ['port', [`\${PORT}`], '--port: must be a whole number from 1 to 65535'],
    ['timeout', [`\${T}`], '--timeout: must be a duration, as 30s, 1m30s or 250ms'],
    ['transport', [`\${T}`], '--transport: must be one of auto, ssh, openssh, command'],
    ['transport', ['x'], '--transport: must be one of auto, ssh, openssh, command, not "x"'],
    ['active', ['maybe'], '--active: must be true or false, not "maybe"'],
    ['host', [''], '--host: must be a host name or an address; the port has its own field, not ""'],
    ['host_key', ['x'], '--host-key: must be fingerprints as ssh-keygen -l prints them, SHA256:…, not "x"'],
    ['command', ["a 'b"], '--command: must be a list of words, not empty'],
    ['ssh_options', ['Port'], '--ssh-options: "Port" is no Key=Value'],
    ['password', ['hunter2'], '--password: the value must be a reference, as other users of this machine can see it'],
  ])('for %s with %j is refused: %s', (name, texts, message) => {
    expect(refused(() => parsed(name, ...texts))).toBe(message)
  })
})

describe('a connection of values', () => {
  test('is one where its fields fit together', () => {
    const values = { name: 'a', host: 'h', password: { literal: 'x' }, transport: 'command', command: ['p'] }
    expect(connectionOf(values)).toEqual(values)
  })

  test.each([
    [{ name: 'a' }, 'connection "a": missing "host"'],
    [{ name: '-a', host: 'h' }, 'connection "-a": name: a name may not begin with "-", "@" or "sftp://"'],
    [{ name: 'a', host: 'h', transport: 'command' }, 'connection "a": missing "command"'],
    [{ name: 'a', host: 'h', command: ['p'] }, 'connection "a": command: goes with transport command only'],
  ])('%j is refused: %s', (values, message) => {
    expect(refused(() => connectionOf(values))).toBe(message)
  })
})
