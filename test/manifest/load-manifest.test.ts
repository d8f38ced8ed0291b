import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { FerryError } from '../../src/errors/ferry-error.ts'
import { loadManifest } from '../../src/manifest/load-manifest.ts'
import { load, problems, warnings, withFiles } from './written-manifest.ts'

const fingerprint = 'SHA256:uNiVztksCsDhcc0u9e8BrrEgtvsIrh8g8jyZDOTBzxM'

const deploy = `name: billing
include: [shared/partners.yml]
defaults:
  username: deploy
  identity_file: ~/.ssh/id_ed25519
connections:
  - name: acme-invoices
    host: sftp.acme.example
    port: 22
    directory: /outgoing
    host_key: ["${fingerprint}"]
    bandwidth_limit: 10
    ssh_options:
      ServerAliveInterval: 15
  - name: bank
    host: 192.0.2.10
    username: teller
    password: \${env:BANK_PASSWORD}
    transport: openssh
scripts:
  - name: nightly
    file: scripts/nightly.sftp
    parameters: { day: { required: true } }
  - name: tidy
    body: |
      cd /outgoing
      -rm *.tmp
`
const files = {
  'm.yml': deploy,
  'shared/partners.yml': 'connections:\n  - name: partner\n    host: p.example\n    identity_file: keys/p\n',
  'scripts/nightly.sftp': `cd \${day}\nput $x\n`,
}

describe('a whole manifest', () => {
  test('gives its objects in order, with defaults, owner and absolute paths', async () => {
    const { folder, file, name, includedFiles, connections, scripts, warnings: told } = await load(files)
    expect({ file, name, includedFiles, told }).toEqual({
      file: join(folder, 'm.yml'),
      name: 'billing',
      includedFiles: [join(folder, 'shared/partners.yml')],
      told: [],
    })
    expect(connections.map(({ value }) => value)).toEqual([
      { name: 'partner', host: 'p.example', identity_file: join(folder, 'shared/keys/p') },
      {
        name: 'acme-invoices',
        host: 'sftp.acme.example',
        port: 22,
        username: 'deploy',
        identity_file: '~/.ssh/id_ed25519',
        directory: '/outgoing',
        host_key: [fingerprint],
        bandwidth_limit: 10,
        ssh_options: { ServerAliveInterval: '15' },
      },
      {
        name: 'bank',
        host: '192.0.2.10',
        username: 'teller',
        identity_file: '~/.ssh/id_ed25519',
        password: { env: 'BANK_PASSWORD' },
        transport: 'openssh',
      },
    ])
    expect(scripts.map(({ value }) => value)).toEqual([
      {
        name: 'nightly',
        body: `cd \${day}\nput $x\n`,
        sha256: createHash('sha256').update(`cd \${day}\nput $x\n`).digest('hex'),
        parameters: { day: { required: true } },
      },
      {
        name: 'tidy',
        body: 'cd /outgoing\n-rm *.tmp\n',
        sha256: createHash('sha256').update('cd /outgoing\n-rm *.tmp\n').digest('hex'),
      },
    ])
    expect([...connections, ...scripts].map(({ origin }) => origin.owner)).toEqual(Array(5).fill('billing'))
  })

  test('tells where each object and each of its fields is written, those of the defaults too', async () => {
    const { folder, connections } = await load(files)
    const bank = connections.find(({ value }) => value.name === 'bank')?.origin
    const file = join(folder, 'm.yml')
    expect(bank?.place).toEqual({ file, line: 15, column: 5 })
    expect(bank?.fields?.get('password')).toEqual({ file, line: 18, column: 5 })
    expect(bank?.fields?.get('identity_file')).toEqual({ file, line: 5, column: 3 })
    expect(bank?.fields?.has('name')).toBe(false)
  })

  test('stores every field in one form, however it is written', async () => {
    const { connections } = await load(`
connections:
  - name: lists
    host: h
    host_key: ${fingerprint}=
    identity_file: [/a]
    known_hosts_file: [/b, none]
    ssh_config_file: none
    tags: eu
    timeout: 90
    ssh_options: "ServerAliveInterval 15\\n# note\\nSendEnv=LANG\\nsendenv = LC_*\\n\\nCompression=yes"
    transport: command
    command: [ssh, h, -s, sftp]
  - name: maps
    host: 2001:db8::1
    timeout: 0.25
    ssh_options: { StreamLocalBindMask: 0177, Compression: true, SendEnv: [LANG, LC_*], Port: 1.0 }
`)
    expect(connections.map(({ value }) => value)).toEqual([
      {
        name: 'lists',
        host: 'h',
        host_key: [fingerprint],
        identity_file: '/a',
        known_hosts_file: ['/b', 'none'],
        ssh_config_file: 'none',
        tags: ['eu'],
        timeout: '1m30s',
        ssh_options: { ServerAliveInterval: '15', SendEnv: ['LANG', 'LC_*'], Compression: 'yes' },
        transport: 'command',
        command: ['ssh', 'h', '-s', 'sftp'],
      },
      {
        name: 'maps',
        host: '2001:db8::1',
        timeout: '250ms',
        ssh_options: { StreamLocalBindMask: '0177', Compression: 'yes', SendEnv: ['LANG', 'LC_*'], Port: '1.0' },
      },
    ])
  })

  test('may be JSON, may begin with a byte order mark, and may hold nothing', async () => {
    expect((await load('{"connections": [{"name": "a", "host": "h"}]}')).connections).toHaveLength(1)
    expect((await load('\ufeffname: empty\n')).name).toBe('empty')
  })

  test('a transport other than the default one leaves the default command out', async () => {
    const { connections } = await load(`
defaults: { transport: command, command: [proxy] }
connections:
  - { name: a, host: h }
  - { name: b, host: h, transport: ssh }
`)
    expect(connections.map(({ value }) => value)).toEqual([
      { name: 'a', host: 'h', transport: 'command', command: ['proxy'] },
      { name: 'b', host: 'h', transport: 'ssh' },
    ])
  })
})

describe('references', () => {
  const one = (fields: string, environment = {}) =>
    load(`connections:\n  - name: c\n    host: h\n${fields}`, environment).then(
      ({ connections }) => connections[0]?.value,
    )

  test('stand for variables in every field, and take the type of the field', async () => {
    const environment = { N: 'x', P: '2022', YES: 'yes', LEVEL: '3', FP: fingerprint, T: '10s', DIR: '/d', L: '2.5' }
    const { connections } = await load(
      `defaults: { port: "\${env:P}" }
connections:
  - name: a-\${N}
    host: \${env:N}.example
    active: \${YES}
    log_level: \${LEVEL}
    timeout: \${T}
    bandwidth_limit: \${L}
    host_key: ["\${FP}"]
    directory: \${env:DIR}/in
    address_family: \${env:FAMILY:-ipv6}
    description: \${env:NOTHING:-}none
    ssh_options: { ServerAliveInterval: "\${P}" }
`,
      environment,
    )
    expect(connections[0]?.value).toEqual({
      name: 'a-x',
      host: 'x.example',
      port: 2022,
      active: true,
      log_level: 3,
      timeout: '10s',
      bandwidth_limit: 2.5,
      host_key: [fingerprint],
      directory: '/d/in',
      address_family: 'ipv6',
      description: 'none',
      ssh_options: { ServerAliveInterval: '2022' },
    })
  })

  test(`$\${ is a literal \${, and the default stands in for an empty variable`, async () => {
    expect(await one(`    directory: a$\${HOME}b\n    description: \${E:-d}`, { E: '' })).toMatchObject({
      directory: `a\${HOME}b`,
      description: 'd',
    })
  })

  test('a secret keeps its references, set or not', async () => {
    expect(
      await one(
        `    password: \${env:NOPE}\n    identity_passphrase: { file: secret.txt }\n    private_key: { command: pass show k }`,
      ),
    ).toMatchObject({
      password: { env: 'NOPE' },
      identity_passphrase: { file: expect.stringMatching(/^\/.*\/secret\.txt$/) },
      private_key: { command: 'pass show k' },
    })
  })

  test('a secret that holds references among text is a template, and one that looks like a number is text', async () => {
    const manifest = await load(
      `connections:\n  - { name: a, host: h, password: "x\${env:P}" }\n  - { name: b, host: h, password: "12345" }\n`,
    )
    expect(manifest.connections.map(({ value }) => value.password)).toEqual([
      { literal: `x\${env:P}`, template: true },
      { literal: '12345' },
    ])
    expect(warnings(manifest)).toEqual([
      '2:35: connection "a": password: the secret is written out; it is sealed before it is stored',
      '3:35: connection "b": password: the secret is written out; it is sealed before it is stored',
    ])
  })

  test('an unset or misspelt one is an error at its value, and nothing more is said of the field', async () => {
    expect(
      await problems(`defaults:
  username: \${env:USER_NAME}
connections:
  - name: c
    host: \${HOST}
    port: \${env:PORT}
    directory: \${env:A B}/\${X
    identity_file: [ok, "\${KEY}"]
  - { name: d, host: h }
`),
    ).toEqual([
      'm.yml:2:13: defaults: username: the environment variable USER_NAME is not set',
      'm.yml:5:11: connection "c": host: the environment variable HOST is not set',
      'm.yml:6:11: connection "c": port: the environment variable PORT is not set',
      `m.yml:7:16: connection "c": directory: invalid reference \${env:A B} | as \${env:NAME}; a literal "\${" is written "$\${"`,
      `m.yml:7:16: connection "c": directory: invalid reference \${X | as \${env:NAME}; a literal "\${" is written "$\${"`,
      'm.yml:8:25: connection "c": identity_file: the environment variable KEY is not set',
    ])
  })

  test('what a variable holds is checked like what is written, and not repeated', async () => {
    expect(await problems(`connections: [{ name: c, host: h, port: "\${P}" }]`, { P: 'hunter2' })).toEqual([
      `m.yml:1:41: connection "c": port: must be a whole number from 1 to 65535, not what \${P} stands for`,
    ])
    expect(await problems(`connections: [{ name: c, host: h, port: "$\${P}" }]`)).toEqual([
      'm.yml:1:41: connection "c": port: must be a whole number from 1 to 65535',
    ])
  })

  test("a script's text and its other fields are never expanded", async () => {
    const { scripts } = await load(`scripts: [{ name: s, body: "ls \${HOME}", description: "\${HOME}" }]`, {
      HOME: '/h',
    })
    expect(scripts[0]?.value).toMatchObject({ body: `ls \${HOME}`, description: `\${HOME}` })
  })
})

describe('includes', () => {
  test('two files may share one, which is read once', async () => {
    const { connections, includedFiles } = await load({
      'm.yml': 'include: [a.yml, sub/b.yml]\n',
      'a.yml': 'include: [sub/common.yml]\nconnections: [{ name: a, host: h }]\n',
      'sub/b.yml': 'include: common.yml\nconnections: [{ name: b, host: h }]\n',
      'sub/common.yml': 'defaults: { port: 7 }\nconnections: [{ name: common, host: h }]\n',
    })
    expect(connections.map(({ value }) => [value.name, value.port])).toEqual([
      ['common', 7],
      ['a', undefined],
      ['b', undefined],
    ])
    expect(includedFiles).toHaveLength(3)
  })

  test('a cycle is an error that shows the way', async () => {
    expect(await problems({ 'm.yml': 'include: [sub/a.yml]\n', 'sub/a.yml': 'include:\n  - ../m.yml\n' })).toEqual([
      'sub/a.yml:2:5: include cycle: m.yml -> sub/a.yml -> m.yml',
    ])
    expect(await problems('include: [m.yml]')).toEqual(['m.yml:1:11: include cycle: m.yml -> m.yml'])
  })

  test('a chain without end is refused', async () => {
    const chain = Array.from({ length: 60 }, (_, index) => [`${index}.yml`, `include: [${index + 1}.yml]\n`])
    expect(await problems({ 'm.yml': 'include: [0.yml]\n', ...Object.fromEntries(chain) })).toEqual([
      '49.yml:1:11: included more than 50 deep',
    ])
  })

  test('everything that is wrong in any file is told at once, file by file, in the order of the text', async () => {
    expect(
      await problems({
        'm.yml': `include: [one.yml, gone.yml, two.yml, folder]
connections:
  - name: x
    host: h
    pasword: y
scripts:
  - name: nightly
    file: scripts/nighly.sftp
`,
        'one.yml': 'connections:\n  - name: x\n    host: h\n  - host: h\n  - name: -z\n',
        'two.yml': 'connections: [{ name: q\n',
        'folder/x': '',
      }),
    ).toEqual([
      'm.yml:1:20: no such file: gone.yml',
      'm.yml:1:39: cannot read folder: is a directory',
      'm.yml:3:11: connection "x": declared already, at one.yml:2:5',
      'm.yml:5:5: connection "x": unknown key "pasword" | did you mean "password"?',
      'm.yml:8:11: script "nightly": no such file: scripts/nighly.sftp',
      'one.yml:4:5: connection 2: missing "name"',
      'one.yml:5:5: connection "-z": missing "host"',
      'one.yml:5:11: connection "-z": name: a name may not begin with "-", "@" or "sftp://"',
      expect.stringMatching(/^two\.yml:2:1: invalid YAML: /),
    ])
  })

  test('a home is that of the environment', async () => {
    await withFiles(
      { 'home/p.yml': 'connections: [{ name: p, host: h }]', 'm.yml': 'include: ~/p.yml' },
      async (folder) => {
        const signal = new AbortController().signal
        const { connections } = await loadManifest(join(folder, 'm.yml'), {
          environment: { HOME: join(folder, 'home') },
          signal,
        })
        expect(connections).toHaveLength(1)
        await expect(loadManifest(join(folder, 'm.yml'), { environment: {}, signal })).rejects.toMatchObject({
          code: 'manifest_invalid',
        })
      },
    )
  })
})

test('an aborted load rejects with the reason', async () => {
  const reason = new FerryError('cancelled', 'interrupted')
  await expect(loadManifest('m.yml', { environment: {}, signal: AbortSignal.abort(reason) })).rejects.toBe(reason)
})

test('a file is the same file under any name, and a pipe is read like a file', async () => {
  await withFiles(
    { 'm.yml': 'connections: [{ name: a, host: h }]', 'two.yml': 'include: [link.yml, m.yml]' },
    async (folder) => {
      await symlink('m.yml', join(folder, 'link.yml'))
      const options = { environment: {}, signal: new AbortController().signal }
      expect((await loadManifest(join(folder, 'two.yml'), options)).includedFiles).toEqual([join(folder, 'link.yml')])
      execFileSync('mkfifo', [join(folder, 'pipe')])
      const [manifest] = await Promise.all([
        loadManifest(join(folder, 'pipe'), options),
        writeFile(join(folder, 'pipe'), 'connections: [{ name: b, host: h }]'),
      ])
      expect(manifest.connections).toHaveLength(1)
    },
  )
})
