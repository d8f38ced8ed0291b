import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { aMegabyteOf, spoiled } from '../support/hostile-text.ts'
import { problemsOf, withFiles } from './written-manifest.ts'

/** Whatever is in the file, it loads or is refused with places; `problemsOf` rejects for any other failure. */
async function survives(content: Uint8Array | string): Promise<void> {
  await withFiles({ 'm.yml': content }, async (folder) => {
    for (const { file, line, column, message } of await problemsOf(join(folder, 'm.yml'))) {
      expect(file.startsWith(folder)).toBe(true)
      expect(line).toBeGreaterThan(0)
      expect(column).toBeGreaterThan(0)
      expect(message).not.toBe('')
    }
  })
}

// promise: hostile-manifest
test('any bytes load or are refused with places', async () => {
  await fc.assert(fc.asyncProperty(fc.uint8Array({ maxLength: 200 }), survives))
})

test('any text of what YAML is made of loads or is refused with places', async () => {
  const piece = fc.constantFrom(
    ...['connections:', 'scripts:', 'sftp:', 'defaults:', 'name: a', 'host: h', 'address: h:1', '\n', '\n  ', '\n  - '],
    ...[
      '- ',
      ': ',
      '? ',
      '{',
      '}',
      '[',
      ']',
      ',',
      '&a ',
      '*a',
      '<<: ',
      '!!str ',
      '|',
      '>',
      '"',
      "'",
      '#',
      '---',
      '...',
    ],
    ...[`port: \${P}`, 'password: ', '__proto__: ', 'null', '~', '\t', '%YAML 1.2', 'include: m.yml', 'timeout: 1e400'],
  )
  await fc.assert(
    fc.asyncProperty(
      fc.array(piece, { maxLength: 30 }).map((pieces) => pieces.join('')),
      survives,
    ),
  )
})

test('a manifest with any value anywhere loads or is refused with places', async () => {
  const key = fc.constantFrom(
    ...[
      'name',
      'host',
      'port',
      'password',
      'ssh_options',
      'host_key',
      'command',
      'transport',
      'timeout',
      'identity_file',
    ],
    ...['address', 'private_key', 'is_active', 'ignore_host_key_changes', 'type_', 'env', 'file', 'body', 'parameters'],
    ...['__proto__', 'constructor', 'toString', ''],
  )
  const { value } = fc.letrec((tie) => ({
    value: fc.oneof(
      { depthSize: 'small' },
      fc.string(),
      fc.constantFrom('a', 'h', 'outconn-sftp', `\${X}`, '/k', 'command', null, true, 0, 22, 1e308, -0),
      fc.array(tie('value'), { maxLength: 3 }),
      fc.dictionary(key, tie('value'), { maxKeys: 5 }),
    ),
  }))
  const section = fc.constantFrom(
    ...['name', 'include', 'defaults', 'connections', 'scripts', 'sftp', 'zato_generic_connection', 'other'],
  )
  await fc.assert(fc.asyncProperty(fc.dictionary(section, value), (document) => survives(JSON.stringify(document))))
})

test("a manifest of Zato's that was spoiled loads or is refused with places", async () => {
  const connection = { type_: 'outconn-sftp', is_active: true, address: 'h:22', port: '', log_level: '2', secret: 's' }
  const more = {
    ssh_options: 'Port=22\nCompression=no',
    strict_host_key_checking: true,
    sftp_command: 'sftp -C',
    id: 1,
  }
  const example = JSON.stringify({ zato_generic_connection: [{ name: 'a', ...connection, ...more, private_key: 'k' }] })
  await fc.assert(fc.asyncProperty(spoiled(example), survives))
})

test('an example with any piece cut out or doubled loads or is refused with places', async () => {
  const example = await readFile(join(import.meta.dirname, '../../examples/demo/deploy.yml'), 'utf8')
  await fc.assert(
    fc.asyncProperty(fc.nat(example.length), fc.nat(20), fc.boolean(), (at, length, twice) =>
      survives(example.slice(0, at + (twice ? length : 0)) + example.slice(at + (twice ? 0 : length))),
    ),
  )
})

// promise: hostile-manifest
test.each([
  'a: 1\n',
  '- ',
  '[',
  '{',
  '"',
  "'",
  '${',
  '${A:-',
  '&a ',
  '*a ',
  '<<: ',
  ' ',
  '\n',
  '#',
  '? ',
  'a',
  '| ',
  '\t',
  '---\n',
])('a megabyte of %j loads or is refused with places', async (piece) => {
  const long = aMegabyteOf(piece)
  for (const text of [long, `connections:\n  - name: a\n    host: h\n    description: ${long}`]) {
    const found = await withFiles({ 'm.yml': text }, (folder) => problemsOf(join(folder, 'm.yml')))
    expect(found.filter(({ line = 0, column = 0 }) => line < 1 || column < 1)).toEqual([])
  }
})
