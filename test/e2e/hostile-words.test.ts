import { mkdir, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import type { Connection } from '../../src/model/connection.ts'
import { openStateStore } from '../../src/state/open-state-store.ts'
import { findProgram } from '../support/openssh.ts'
import { describeWithSshd } from '../support/requirements.ts'
import { runFerry } from '../support/run-ferry.ts'
import { listing, status } from '../support/sftp-server/acts.ts'
import { type StartOptions, startSftpServer } from '../support/sftp-server/start-sftp-server.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'

/** Clears the screen, sets the title, forges a line, turns the direction of writing, and is no UTF-8 at its end. */
const evil = '\x1b[2J\x1b]0;owned\x07\r\nferry: all is well\x9b31m\u202e'
const evilBytes = Buffer.concat([Buffer.from(evil), Buffer.of(0xff, 0xc2)])

/** What a terminal would act on, but for the ends of our lines and the tabs between our columns. */
const active = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\ufffd]/

/** Runs a command against a server, as the stored connection `bank`. */
async function told(
  options: Partial<StartOptions>,
  args: readonly string[],
  more: { fields?: Partial<Connection>; password?: string } = {},
): Promise<string> {
  await using folder = await temporaryDirectory()
  const root = join(folder.path, 'there')
  await mkdir(root)
  await writeFile(join(root, 'file'), 'x')
  await symlink('\x1b[2Jtarget\n', join(root, 'link'))
  await using server = await startSftpServer({ root, users: [{ name: 'deploy', password: 'right' }], ...options })
  const value = {
    ...{ name: 'bank', host: '127.0.0.1', port: server.port, username: 'deploy' },
    ...{ host_key: [server.hostKeyFingerprint], password: { env: 'PASSWORD' } },
    ...more.fields,
  }
  const location = join(folder.path, 'state.json')
  const { signal } = new AbortController()
  await openStateStore(location, { environment: { HOME: folder.path }, signal }).update((state) => ({
    ...state,
    connections: new Map([['bank', { value, origin: {} }]]),
  }))
  const env = { PASSWORD: more.password ?? 'right', FERRY_STATE: location }
  const { stdout, stderr } = await runFerry(args, { home: folder.path, env })
  return stdout + stderr
}

const evilName = { name: evilBytes, attributes: { permissions: 0o100644, size: 1 } }

type Case = readonly [what: string, Partial<StartOptions>, args: readonly string[], more?: Parameters<typeof told>[2]]

const cases: readonly Case[] = [
  ['a name in a list', { faults: [{ on: 'readdir', times: 1, act: listing(evilName) }] }, ['ls', 'bank']],
  ['a name in a long list', { faults: [{ on: 'readdir', times: 1, act: listing(evilName) }] }, ['ls', '-l', 'bank']],
  ['a name in a walk', { faults: [{ on: 'readdir', times: 1, act: listing(evilName) }] }, ['ls', '-R', 'bank']],
  ['a name that is refused', { faults: [{ on: 'readdir', times: 1, act: listing(`${evil}/`) }] }, ['ls', 'bank']],
  ['the target of a link', {}, ['ls', '-l', 'bank']],
  ['the target of a link, alone', {}, ['info', 'bank', '/link']],
  [
    'the name of an owner',
    { names: { users: new Map([[0, evil]]), groups: new Map([[0, evil]]) } },
    ['ls', '-l', 'bank'],
  ],
  [
    'the name of an owner, alone',
    { names: { users: new Map([[0, evil]]), groups: new Map([[0, evil]]) } },
    ['info', 'bank', '/file'],
  ],
  ['a status', { faults: [{ on: 'opendir', act: status(4, evilBytes) }] }, ['ls', 'bank']],
  ['a status in a script', { faults: [{ on: 'opendir', act: status(4, evilBytes) }] }, ['exec', 'bank', '-c', 'ls']],
  [
    'a status in a transfer',
    { faults: [{ on: 'open', act: status(4, evilBytes) }] },
    ['download', 'bank', '/file', 'copy'],
  ],
  ['a banner', { banner: evil }, ['ls', '-vvvv', 'bank']],
  ['a greeting', { greeting: evil }, ['ls', '-vvvv', 'bank']],
  ['a greeting that is no SSH', { loginFaults: [{ at: 'connect', act: 'refuse', words: evil }] }, ['ls', 'bank']],
  ['a reason to disconnect', { loginFaults: [{ at: 'key-exchange', act: 'refuse', words: evil }] }, ['ls', 'bank']],
  [
    'last words',
    {},
    ['ls', 'bank'],
    {
      fields: {
        transport: 'command',
        command: ['/bin/sh', '-c', `printf '\\033[2J\\r\\nall is well\\302' >&2; exit 3`],
      },
    },
  ],
  ['a resolved path', { faults: [{ on: 'realpath', act: listing(evilBytes) }] }, ['exec', 'bank', '-c', 'pwd']],
  ['an expired password', { users: [{ name: 'deploy', password: 'right', passwordExpired: true }] }, ['ls', 'bank']],
  [
    'a question',
    {
      users: [
        {
          name: 'deploy',
          keyboardInteractive: [
            { title: evil, instructions: evil, prompts: [{ prompt: evil, echo: true, answer: 'x' }] },
          ],
        },
      ],
    },
    ['ls', 'bank'],
  ],
]

const casesOfOpenssh: readonly Case[] = [
  ['a banner', { banner: evil }, ['ls', '-vvvv', 'bank'], { fields: { transport: 'openssh' } }],
  [
    'a status',
    { faults: [{ on: 'opendir', act: status(4, evilBytes) }] },
    ['ls', 'bank'],
    { fields: { transport: 'openssh' } },
  ],
  [
    'a reason to disconnect',
    { loginFaults: [{ at: 'key-exchange', act: 'refuse', words: evil }] },
    ['ls', 'bank'],
    { fields: { transport: 'openssh' } },
  ],
  [
    'the output of a profile',
    {},
    ['ls', 'bank'],
    {
      fields: {
        transport: 'command',
        command: ['/bin/sh', '-c', `printf '\\033[2JWelcome\\n'; exec ${findProgram('sftp-server')}`],
      },
    },
  ],
]

async function expectSafe([, options, args, more]: Case): Promise<void> {
  const text = await told(options, args, more)
  expect(text).not.toMatch(active)
  expect(text).not.toMatch(/^ferry: all is well/m)
  expect(text).not.toBe('')
}

// promise: safe-text
describe('nothing that a terminal acts on comes from', () => {
  for (const one of cases) test.concurrent(one[0], () => expectSafe(one))
})

// promise: safe-text
describeWithSshd("nothing that a terminal acts on comes by OpenSSH's programs from", () => {
  for (const one of casesOfOpenssh) test.concurrent(one[0], () => expectSafe(one))
})
