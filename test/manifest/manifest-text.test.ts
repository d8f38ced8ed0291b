import { resolve } from 'node:path'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type ManifestContent, manifestText } from '../../src/manifest/manifest-text.ts'
import { scriptOf } from '../../src/manifest/stored-script.ts'
import { type Connection, nameProblem } from '../../src/model/connection.ts'
import { durationText } from '../../src/model/duration.ts'
import type { Script } from '../../src/model/script.ts'
import type { StoredSecret } from '../../src/model/secret.ts'
import { load } from './written-manifest.ts'

/** Text with all that YAML, references and terminals act on. */
const anyText = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.string({
    unit: fc.constantFrom('\n', ' ', '\t', '\r', '$', '{', '}', '#', ':', '-', '\u0085', '\ufeff', '\udc80', 'x'),
  }),
  fc.constantFrom(
    `\${HOME}`,
    `$\${HOME}`,
    'null',
    'true',
    '0x1',
    '~',
    '---',
    '<<',
    '@x',
    '!tag',
    '*a',
    '&a',
    '|',
    '- a',
  ),
)
const text = anyText.map((value) => `${value.replaceAll('\0', '')}.`)
const name = fc
  .oneof(text, fc.constantFrom('__proto__', 'constructor', 'null', 'a b', '1', `\${x}`, 'ü'))
  .map((value) =>
    nameProblem(value) === undefined
      ? value
      : `n${value.replace(/[\p{Cc}\p{Cs}\u2028\u2029]/gu, '')}`.trim().slice(0, 100),
  )
const oneOrMore = <T>(item: fc.Arbitrary<T>): fc.Arbitrary<readonly T[]> =>
  fc.array(item, { minLength: 1, maxLength: 3 })
const collapsed = <T>(items: readonly T[]): T | readonly T[] => (items.length === 1 ? (items[0] ?? items) : items)
const path = fc.oneof(
  text.map((value) => resolve('/', value)),
  fc.constantFrom('none', '~', '~/k'),
)
const variable = fc.constantFrom('PASSWORD', '_x1')
const secret: fc.Arbitrary<StoredSecret> = fc.oneof(
  fc.record({ env: variable }),
  fc.record({ file: path.filter((value) => value !== 'none') }),
  fc.record({ command: fc.oneof(fc.constant('pass show x'), fc.tuple(text, text)) }),
  fc.record({ sealed: text, hash: fc.string(), template: fc.constant(true) }, { requiredKeys: ['sealed'] }),
)
const word = fc.stringMatching(/^[!-~]([ -~]*[!-~])?$/)

const connection: fc.Arbitrary<Connection> = fc
  .record(
    {
      name,
      host: fc.constantFrom('h', '2001:db8::1', `h\${x}`, 'ü.example'),
      active: fc.boolean(),
      port: fc.integer({ min: 1, max: 65535 }),
      username: fc.constantFrom('u', `\${USER}`, '1000', 'a b'),
      address_family: fc.constantFrom('any', 'ipv4', 'ipv6'),
      password: secret,
      identity_file: oneOrMore(path).map(collapsed),
      identity_passphrase: secret,
      private_key: secret,
      ssh_config_file: path,
      known_hosts_file: oneOrMore(path).map(collapsed),
      host_key: oneOrMore(fc.constant('SHA256:uNiVztksCsDhcc0u9e8BrrEgtvsIrh8g8jyZDOTBzxM')),
      ssh_options: fc.dictionary(fc.constantFrom('Port', 'SendEnv', 'constructor'), oneOrMore(word).map(collapsed)),
      local_commands: fc.boolean(),
      timeout: fc.nat().map(durationText),
      ping_command: text,
      log_level: fc.constantFrom(0, 1, 2, 3, 4),
      bandwidth_limit: fc.double({ min: 0, minExcluded: true, max: 1e300, noNaN: true }),
      buffer_size: fc.integer({ min: 1024, max: 1048576 }),
      requests: fc.integer({ min: 1, max: 4096 }),
      preserve_metadata: fc.boolean(),
      compression: fc.boolean(),
      fsync: fc.boolean(),
      directory: text,
      tags: fc.array(text),
      description: text,
    },
    { requiredKeys: ['name', 'host'] },
  )
  .chain((open) =>
    fc.oneof(
      fc.constant(open),
      fc.constantFrom('auto', 'ssh', 'openssh').map((transport) => ({ ...open, transport })),
      oneOrMore(text).map((command) => ({ ...open, transport: 'command' as const, command })),
    ),
  )

const parameterText = fc.record(
  { required: fc.constant(true), default: anyText, description: anyText },
  { requiredKeys: [] },
)
const script: fc.Arbitrary<Script> = fc
  .tuple(
    name,
    anyText,
    fc.record(
      {
        parameters: fc.dictionary(fc.constantFrom('day', '__proto__', 'constructor'), parameterText, { minKeys: 1 }),
        description: text,
      },
      { requiredKeys: [] },
    ),
  )
  .map(([called, body, more]) => ({ ...scriptOf(called, body), ...more }))

const content: fc.Arbitrary<ManifestContent & { connections: Connection[]; scripts: Script[] }> = fc.record(
  {
    name: name,
    connections: fc.uniqueArray(connection, { selector: (one) => one.name, maxLength: 4 }),
    scripts: fc.uniqueArray(script, { selector: (one) => one.name, maxLength: 3 }),
  },
  { requiredKeys: ['connections', 'scripts'] },
)

test('what is exported imports to the same objects, without warnings', async () => {
  await fc.assert(
    fc.asyncProperty(content, async (exported) => {
      const manifest = await load(manifestText(exported), { HOME: '/wrong', USER: 'wrong', x: 'wrong' })
      expect(manifest.name).toBe(exported.name)
      expect(manifest.connections.map(({ value }) => value)).toEqual(exported.connections)
      expect(manifest.scripts.map(({ value }) => value)).toEqual(exported.scripts)
      expect(manifest.warnings).toEqual([])
    }),
  )
})

describe('the text', () => {
  test('is what a person would write', () => {
    expect(
      manifestText({
        name: 'billing',
        connections: [
          {
            name: 'bank',
            host: '192.0.2.10',
            port: 22,
            password: { env: 'BANK_PASSWORD' },
            identity_passphrase: {
              sealed: '-----BEGIN AGE ENCRYPTED FILE-----\nYWdl\n-----END AGE ENCRYPTED FILE-----\n',
            },
            tags: ['eu'],
            directory: `a\${b}`,
          },
        ],
        scripts: [{ ...scriptOf('tidy', 'cd /outgoing\n-rm *.tmp\n'), parameters: { day: { required: true } } }],
      }),
    ).toBe(`name: billing
connections:
  - name: bank
    host: 192.0.2.10
    port: 22
    password: \${env:BANK_PASSWORD}
    identity_passphrase:
      sealed: |
        -----BEGIN AGE ENCRYPTED FILE-----
        YWdl
        -----END AGE ENCRYPTED FILE-----
    directory: a$\${b}
    tags:
      - eu
scripts:
  - name: tidy
    parameters:
      day:
        required: true
    body: |
      cd /outgoing
      -rm *.tmp
`)
  })

  test('of nothing is a manifest all the same', async () => {
    expect((await load(manifestText({ connections: [], scripts: [] }))).connections).toEqual([])
  })
})
