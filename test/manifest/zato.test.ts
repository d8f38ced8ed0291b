import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { parseZatoAddress } from '../../src/manifest/zato-address.ts'
import { load, problems, warnings } from './written-manifest.ts'

const values = async (text: string, environment = {}): Promise<unknown[]> =>
  (await load(text, environment)).connections.map(({ value }) => value)

test('every option of 3.1 to 3.3 has its counterpart', async () => {
  const manifest = await load(`zato_generic_connection:
  - name: Partner A
    type_: outconn-sftp
    is_active: false
    is_outconn: true
    log_level: '2'
    host: sftp.partner-a.example
    port: '2022'
    username: zato
    password: \${PARTNER_A}
    identity_file: /etc/zato/keys/partner-a
    ssh_config_file: /etc/zato/ssh_config
    sftp_command: sftp
    ping_command: ls .
    buffer_size: 32768
    is_compression_enabled: true
    bandwidth_limit: '2.5'
    force_ip_type: ipv6
    should_flush: true
    should_preserve_meta: false
    ssh_options: |
      ServerAliveInterval=15
      Compression=no
    default_directory: /in
  - name: Empty
    type_: outconn-sftp
    host: h
    port:
    username: ''
    force_ip_type: ''
    ssh_options: ''
  - name: Other
    type_: outconn-ldap
`)
  expect(manifest.connections.map(({ value }) => value)).toEqual([
    {
      name: 'Partner A',
      active: false,
      log_level: 2,
      host: 'sftp.partner-a.example',
      port: 2022,
      username: 'zato',
      password: { env: 'PARTNER_A' },
      identity_file: '/etc/zato/keys/partner-a',
      ssh_config_file: '/etc/zato/ssh_config',
      ping_command: 'ls .',
      buffer_size: 32768,
      compression: true,
      bandwidth_limit: 2.5,
      address_family: 'ipv6',
      fsync: true,
      preserve_metadata: false,
      ssh_options: { ServerAliveInterval: '15', Compression: 'no' },
      directory: '/in',
    },
    { name: 'Empty', host: 'h' },
  ])
  expect(warnings(manifest)).toEqual([
    '5:5: connection "Partner A": "is_outconn" has no counterpart here and is left out',
    '32:5: a connection of type "outconn-ldap" has no counterpart here and is left out',
  ])
})

test('every option of R26a and HEAD has its counterpart', async () => {
  const manifest = await load(
    `sftp:
  - name: Partner B
    address: sftp.partner-b.example:2022
    username: zato
    password: \${PARTNER_B_PASSWORD}
    private_key: keys/partner-b
    strict_host_key_checking: false
    pool_size: 3
    should_store_content: true
    schedules:
      - name: invoices.hourly
outgoing_sftp:
  - name: Partner C
    address: '[2001:db8::1]:22'
    secret: Zato_Enmasse_Env.C_SECRET
    strict_host_key_checking: true
  - name: Partner D
    address: 2001:db8::1
    ignore_host_key_changes: true
    strict_host_key_checking: true
security:
  - name: basic
channel_rest: []
`,
  )
  const { folder } = manifest
  expect(manifest.connections.map(({ value }) => value)).toEqual([
    {
      name: 'Partner B',
      host: 'sftp.partner-b.example',
      port: 2022,
      username: 'zato',
      password: { env: 'PARTNER_B_PASSWORD' },
      identity_passphrase: { env: 'PARTNER_B_PASSWORD' },
      identity_file: join(folder, 'keys/partner-b'),
      ssh_options: { IdentitiesOnly: 'yes', StrictHostKeyChecking: 'accept-new' },
    },
    {
      name: 'Partner C',
      host: '2001:db8::1',
      port: 22,
      password: { env: 'C_SECRET' },
      ssh_options: { StrictHostKeyChecking: 'yes' },
    },
    { name: 'Partner D', host: '2001:db8::1', ssh_options: { StrictHostKeyChecking: 'no' } },
  ])
  expect(warnings(manifest)).toEqual([
    '8:5: connection "Partner B": "pool_size" has no counterpart here and is left out',
    '9:5: connection "Partner B": "should_store_content" has no counterpart here and is left out',
    '10:5: connection "Partner B": "schedules" has no counterpart here and is left out',
    '19:5: connection "Partner D": ignore_host_key_changes: an unknown host key is accepted, but a changed one is refused all the same',
    '21:1: section "security" has no counterpart here and is left out',
  ])
})

test('sections of other files of a Zato manifest are left out with a warning, and a mistake in a native one stays a mistake', async () => {
  const manifest = await load({
    'm.yml': 'include: [file://rest.yml, sftp.yml]\ncache: [1]\n',
    'rest.yml': 'channel_rest: [1]\n',
    'sftp.yml': 'sftp: [{ name: a, address: h }]\n',
  })
  expect(manifest.connections).toHaveLength(1)
  expect(warnings(manifest)).toEqual([
    '2:1: section "cache" has no counterpart here and is left out',
    '1:1: section "channel_rest" has no counterpart here and is left out',
  ])
  expect(await problems({ 'm.yml': 'include: [sftp.yml]\nname: x\nscript: []\n', 'sftp.yml': 'sftp: []\n' })).toEqual([
    'm.yml:3:1: unknown key "script" | did you mean "scripts"?',
  ])
})

test('an item may be a file that holds the connection', async () => {
  const { connections, folder } = await load({
    'm.yml': 'zato_generic_connection:\n  - file://one.yml\n  - many.json\n',
    'one.yml': 'name: one\ntype_: outconn-sftp\nhost: h\nidentity_file: k\n',
    'many.json': '[{"name": "two", "host": "h"}, {"name": "three", "host": "h"}]',
  })
  expect(connections.map(({ value }) => value)).toEqual([
    { name: 'one', host: 'h', identity_file: join(folder, 'k') },
    { name: 'two', host: 'h' },
    { name: 'three', host: 'h' },
  ])
})

describe("Zato's references", () => {
  test('are those of all its versions', async () => {
    const environment = { H: 'h', P: '2022', D: '/d', ON: 'yes', OFF: '0', PORT_TEXT: '7' }
    const found = await values(
      `sftp:
  - name: a
    address: Zato_Enmasse_Env.H
    is_active: ZatoEnmasseEnv.ON
    default_directory: '{Zato_Enmasse_Env.D}/{ZatoEnmasseEnv.D}'
    strict_host_key_checking: \${OFF}
    log_level: Zato_Enmasse_Env.PORT_TEXT
  - name: b
    address: '{Zato_Enmasse_Env.H}:\${P}'
`,
      { ...environment, PORT_TEXT: '3' },
    )
    expect(found).toEqual([
      {
        name: 'a',
        host: 'h',
        active: true,
        directory: '/d//d',
        log_level: 3,
        ssh_options: { StrictHostKeyChecking: 'accept-new' },
      },
      { name: 'b', host: 'h', port: 2022 },
    ])
  })

  test('an unset one is an error, never text', async () => {
    expect(
      await problems(`sftp:
  - name: a
    address: Zato_Enmasse_Env.H
    username: ZatoEnmasseEnv.U
    is_active: \${A}
    ignore_host_key_changes: \${I}
`),
    ).toEqual([
      'm.yml:3:14: connection "a": address: the environment variable H is not set',
      'm.yml:4:15: connection "a": username: the environment variable U is not set',
      'm.yml:5:16: connection "a": active: the environment variable A is not set',
      'm.yml:6:30: connection "a": ignore_host_key_changes: the environment variable I is not set',
    ])
  })

  test('a secret is text, whatever it looks like, and only a whole one is a reference', async () => {
    const text = ['yes', '12345', `a\${b}c`, `$\${x}`, 'x{Zato_Enmasse_Env.P}']
    const manifest = await load(
      JSON.stringify({ sftp: text.map((password, index) => ({ name: `c${index}`, address: 'h', password })) }),
    )
    expect(manifest.connections.map(({ value }) => value.password)).toEqual([
      { literal: 'yes' },
      { literal: '12345' },
      { literal: `a\${b}c` },
      { literal: `$\${x}` },
      { literal: `x\${env:P}`, template: true },
    ])
    expect(await values('sftp: [{ name: a, address: h, secret: 12345 }]')).toMatchObject([
      { password: { literal: '12345' } },
    ])
  })
})

test('what cannot be is an error with its place', async () => {
  expect(
    await problems(`sftp:
  - name: a
    address: a:b
    log_level: 7
    usernme: x
  - name: b
    address: h:22
    port: 23
  - name: c
    host: h
    password: x
    secret: y
  - address: h:99999
  - 5
zato_generic_connection: {}
`),
  ).toEqual([
    'm.yml:3:14: connection "a": address: "a:b" is neither a host nor host:port | an IPv6 address with a port is [address]:port',
    'm.yml:4:16: connection "a": log_level: must be a whole number from 0 to 4, not 7',
    'm.yml:8:5: connection "b": "port" is in "address" already',
    'm.yml:12:5: connection "c": "secret" and "password" are the same',
    'm.yml:13:5: connection 4: missing "name"',
    'm.yml:13:14: connection 4: port: must be a whole number from 1 to 65535, not h:99999',
    'm.yml:14:5: connection 5: must be a map',
    'm.yml:15:26: zato_generic_connection: must be a list',
  ])
})

test('a misspelt option is left out with a suggestion, and one of ours is taken', async () => {
  const manifest = await load('sftp: [{ name: a, address: h, usernme: x, timeout: 5s, sftp_command: /opt/sftp }]')
  expect(manifest.connections[0]?.value).toEqual({ name: 'a', host: 'h', timeout: '5s' })
  expect(manifest.warnings.map(({ message, hint }) => [message, hint])).toEqual([
    ['connection "a": "usernme" has no counterpart here and is left out', 'did you mean "username"?'],
    [
      'connection "a": sftp_command: "/opt/sftp" is not run, ferry speaks SFTP itself',
      'transport: command runs a program that speaks SFTP on its standard input and output',
    ],
  ])
})

test("the connection's own ssh_options win over what an option of Zato's stands for", async () => {
  expect(
    await values(`sftp:
  - name: a
    address: h
    private_key: /k
    ignore_host_key_changes: false
    strict_host_key_checking: true
    ssh_options: "stricthostkeychecking=ask"
  - name: b
    address: h
    private_key: /k
    ssh_options: { SendEnv: [A, B] }
`),
  ).toMatchObject([
    { ssh_options: { stricthostkeychecking: 'ask', IdentitiesOnly: 'yes' } },
    { ssh_options: { SendEnv: ['A', 'B'], IdentitiesOnly: 'yes' } },
  ])
})

test.each([
  ['host', { host: 'host' }],
  ['host:2022', { host: 'host', port: '2022' }],
  ['192.0.2.1:22', { host: '192.0.2.1', port: '22' }],
  ['[2001:db8::1]:2022', { host: '2001:db8::1', port: '2022' }],
  ['[::1]', { host: '::1' }],
  ['::1', { host: '::1' }],
  ['2001:db8::1', { host: '2001:db8::1' }],
  ['2001:db8:0:0:0:0:0:1', { host: '2001:db8:0:0:0:0:0:1' }],
  ['fe80::1%eth0', { host: 'fe80::1%eth0' }],
])('the address %s is understood', (text, address) => {
  expect(parseZatoAddress(text)).toEqual(address)
})

test.each(['host:', ':22', 'host:port', 'a:b:c', '[host]:22', '[::1]x', '2001:db8::1:2022', ''])(
  'the address "%s" is refused, or left to the check of hosts',
  (text) => {
    const address = parseZatoAddress(text)
    expect('fault' in address || address.host === '').toBe(true)
  },
)
