import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { load, problems, problemsOf, withFiles } from './written-manifest.ts'

/** A connection whose only fault is one line, which stands in line 4. */
const withField = (line: string): Promise<string[]> => problems(`connections:\n  - name: c\n    host: h\n    ${line}\n`)

describe('a field', () => {
  test.each([
    ['port: 0', '4:11: connection "c": port: must be a whole number from 1 to 65535, not 0'],
    ['port: 22.5', '4:11: connection "c": port: must be a whole number from 1 to 65535, not 22.5'],
    ['port: "22"', '4:11: connection "c": port: must be a whole number from 1 to 65535, not "22"'],
    ['port:', '4:5: connection "c": port: must be a whole number from 1 to 65535, not empty'],
    ['active: maybe', '4:13: connection "c": active: must be true or false, not "maybe"'],
    [
      'username: 1000',
      '4:15: connection "c": username: must be text without control characters, not 1000 | put quotes around it',
    ],
    ['directory: true', '4:16: connection "c": directory: must be text, not true | put quotes around it'],
    ['directory: ""', '4:16: connection "c": directory: must be text, not ""'],
    ['directory: "a\\0b"', '4:16: connection "c": directory: must be text, not "a\0b"'],
    [
      'transport: opensh',
      '4:16: connection "c": transport: must be one of auto, ssh, openssh, command, not "opensh" | did you mean "openssh"?',
    ],
    ['address_family: 4', '4:21: connection "c": address_family: must be one of any, ipv4, ipv6, not 4'],
    ['timeout: soon', '4:14: connection "c": timeout: must be a duration, as 30s, 1m30s or 250ms, not "soon"'],
    ['timeout: -1', '4:14: connection "c": timeout: must be a duration, as 30s, 1m30s or 250ms, not -1'],
    ['bandwidth_limit: 0', '4:22: connection "c": bandwidth_limit: must be a number above 0, not 0'],
    ['log_level: 5', '4:16: connection "c": log_level: must be a whole number from 0 to 4, not 5'],
    ['identity_file: []', '4:20: connection "c": identity_file: must be a path or a list of paths, not this list'],
    [
      'identity_file: [a, 5]',
      '4:24: connection "c": identity_file: must be a path or a list of paths, not 5 | put quotes around it',
    ],
    [
      'host_key: [MD5:aa]',
      '4:16: connection "c": host_key: must be fingerprints as ssh-keygen -l prints them, SHA256:…, not "MD5:aa"',
    ],
    ['command: [a]', '4:14: connection "c": command: goes with transport command only | transport: command'],
    ['transport: command', '2:5: connection "c": missing "command"'],
    [
      'password: 12345',
      '4:15: connection "c": password: must be text, or one of { env: NAME }, { file: PATH }, { command: WORDS }',
    ],
    [
      'password: { env: A B }',
      '4:22: connection "c": password: must be text, or one of { env: NAME }, { file: PATH }, { command: WORDS }',
    ],
    [
      'password: { env: A, file: b }',
      '4:15: connection "c": password: must be text, or one of { env: NAME }, { file: PATH }, { command: WORDS }',
    ],
    ['password: { en: A }', '4:17: connection "c": password: unknown key "en" | did you mean "env"?'],
    [
      'private_key: ~/.ssh/id_ed25519',
      '4:18: connection "c": private_key: looks like a path, and it is the text of the key | a key file belongs in identity_file',
    ],
    [
      `private_key: \${env:HOME}/.ssh/id`,
      '4:18: connection "c": private_key: looks like a path, and it is the text of the key | a key file belongs in identity_file',
    ],
    ['ssh_options: { "a b": 1 }', '4:20: connection "c": ssh_options: "a b" is no keyword of ssh_config(5)'],
    [
      'ssh_options: { Port: }',
      '4:20: connection "c": ssh_options: must be a map of ssh_config(5) keywords, or lines of Key=Value, not empty',
    ],
    ['ssh_options: Port', '4:18: connection "c": ssh_options: "Port" is no Key=Value | as ServerAliveInterval=15'],
    [
      'ssh_options: { ProxyCommand: "a\\nb" }',
      '4:18: connection "c": ssh_options: ProxyCommand has a line break or a NUL byte in its value | as ServerAliveInterval=15',
    ],
    ['hots: x', '4:5: connection "c": unknown key "hots" | did you mean "host"?'],
    ['__proto__: x', '4:5: connection "c": unknown key "__proto__"'],
    ['constructor: x', '4:5: connection "c": unknown key "constructor"'],
    ['zzzzzzzz: x', '4:5: connection "c": unknown key "zzzzzzzz"'],
  ])('%s is told at its place', async (line, problem) => {
    expect(await withField(line)).toEqual([`m.yml:${problem}`])
  })

  test.each(['h:22', 'a b', '[::1]', '""'])('host: %s is no host', async (host) => {
    expect(
      await problems(`connections:\n  - name: c\n    host: ${JSON.stringify(host).replaceAll('\\"', '')}\n`),
    ).toEqual([expect.stringContaining('host: must be a host name or an address; the port has its own field')])
  })

  // promise: secrets-stay
  test('a secret is never repeated in what is said of it', async () => {
    const told = await withField('private_key: hunter2')
    expect(told).toHaveLength(1)
    expect(told.join()).not.toContain('hunter2')
  })
})

describe('a document', () => {
  test.each([
    ['[1, 2]', '1:1: a manifest is a map of keys | connections: and scripts: are lists below it'],
    ['text', '1:1: a manifest is a map of keys | connections: and scripts: are lists below it'],
    ['', '1:1: the file is empty'],
    ['conections: []', '1:1: unknown key "conections" | did you mean "connections"?'],
    ['connections: {}', '1:14: connections: must be a list'],
    ['connections: [5]', '1:15: connection 1: must be a map'],
    ['scripts:', '1:1: scripts: must be a list'],
    ['include: 5', '1:10: include: must be a path or a list of paths'],
    ['include: [a, 5]', '1:14: include: must be a path or a list of paths'],
    ['name: " x"', '1:7: name: a name may not begin or end with a blank'],
    ['name: 5', '1:7: name: must be text | put quotes around it'],
    ['defaults: []', '1:11: defaults: must be a map of fields'],
    ['defaults: { name: x }', '1:13: defaults: a name belongs to one connection'],
    ['defaults: { prot: 5 }', '1:13: defaults: unknown key "prot" | did you mean "port"?'],
    ['scripts: [{ name: s }]', '1:11: script "s": missing "file" or "body"'],
    ['scripts: [{ name: s, file: a, body: b }]', '1:11: script "s": has both "file" and "body"'],
    [
      'scripts: [{ name: s, run: ls }]',
      '1:22: script "s": unknown key "run" | it may be one of name, file, body, parameters, description',
    ],
    ['scripts: [{ body: b }]', '1:11: script 1: missing "name"'],
    ['scripts: [{ name: s, body: 5 }]', '1:28: script "s": body: must be text | put quotes around it'],
    [
      'scripts: [{ name: s, body: b, parameters: { "a-b": {} } }]',
      '1:45: script "s": parameters: "a-b" is no name for a parameter | letters, digits and "_", not beginning with a digit',
    ],
    [
      'scripts: [{ name: s, body: b, parameters: { constructor: 5 } }]',
      '1:58: script "s": parameters: constructor: must be a map of required, default and description',
    ],
    [
      'scripts: [{ name: s, body: b, parameters: { a: { requird: true } } }]',
      '1:50: script "s": parameters: a: unknown key "requird" | did you mean "required"?',
    ],
    [
      'scripts: [{ name: s, body: b, parameters: { a: { required: 1 } } }]',
      '1:60: script "s": parameters: a: required: must be true or false',
    ],
    ['scripts: [{ name: s, body: b }, { name: s, body: c }]', '1:41: script "s": declared already, at m.yml:1:11'],
  ])('%s is told at its place', async (text, problem) => {
    const told = await problems(text)
    expect(told).toContain(`m.yml:${problem}`)
  })

  test('what is wrong with a default is told once, however many take it', async () => {
    expect(
      await problems(
        'defaults: { port: x, private_key: ~/k }\nconnections: [{ name: a, host: h }, { name: b, host: h }]',
      ),
    ).toEqual([
      'm.yml:1:19: defaults: port: must be a whole number from 1 to 65535, not "x"',
      'm.yml:1:35: defaults: private_key: looks like a path, and it is the text of the key | a key file belongs in identity_file',
    ])
  })

  test('a problem has the JSON pointer of what it is about', async () => {
    const text = 'connections:\n  - name: a\n    host: h\n    "x/~": 1\n    identity_file: [k, 5]\nscripts: [{}]\n'
    await withFiles({ 'm.yml': text }, async (folder) => {
      const found = await problemsOf(join(folder, 'm.yml'))
      expect(found.map(({ path }) => path)).toEqual([
        '/connections/0/x~1~0',
        '/connections/0/identity_file/1',
        '/scripts/0',
        '/scripts/0',
      ])
    })
  })

  // promise: hostile-manifest
  test('bytes that are not UTF-8 are told at their place', async () => {
    expect(await problems({ 'm.yml': Buffer.from('name: gr\u00fc\u00dfe \u{1f6a2}\nx: \xff\n', 'latin1') })).toEqual([
      'm.yml:1:9: not UTF-8 text',
    ])
    expect(await problems({ 'm.yml': Buffer.from('name: ok \u{1f6a2}\n') })).toEqual([])
  })

  // promise: hostile-manifest
  test('a file that is longer than anything sensible is refused', async () => {
    expect(await problems({ 'm.yml': Buffer.alloc(16 * 1024 * 1024 + 1, '#') })).toEqual([
      'm.yml:1:1: cannot read m.yml: longer than 16 MiB',
    ])
  })

  test('a manifest that is not there is told as that', async () => {
    expect(await problems({})).toEqual(['m.yml:1:1: no such file: m.yml'])
  })

  test("a script's bytes are kept, also those that are not UTF-8", async () => {
    const { scripts } = await load({
      'm.yml': 'scripts: [{ name: s, file: s.sftp }]',
      's.sftp': Buffer.from('get caf\xe9\n', 'latin1'),
    })
    expect(scripts[0]?.value.body).toBe('get caf\udce9\n')
  })
})
