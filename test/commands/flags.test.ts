import type { Command } from 'commander'
import { expect, test } from 'vitest'
import type { CommandContext } from '../../src/commands/context.ts'
import { findCommand } from '../../src/commands/index.ts'
import { FerryError } from '../../src/errors/ferry-error.ts'
import type { ConnectionInput } from '../../src/model/connection-input.ts'
import { testContext } from '../support/test-io.ts'

/** What a command asks to be connected to, by its arguments alone. */
async function asked(argv: readonly string[]): Promise<ConnectionInput> {
  const [name = '', ...rest] = argv
  let input: ConnectionInput | undefined
  const connect: CommandContext['connect'] = (connection) => {
    input = connection
    throw new FerryError('cancelled', 'as far as this test goes')
  }
  const { context } = await testContext({ connect })
  const command: Command | undefined = await findCommand(name)?.load(context)
  await expect(command?.parseAsync(rest, { from: 'user' })).rejects.toMatchObject({ code: 'cancelled' })
  if (input === undefined) throw new Error('nothing was connected to')
  return input
}

const cases: readonly (readonly [string[], ConnectionInput['overrides']])[] = [
  [['ls', 'bank'], {}],
  [['ls', '-i', '~/.ssh/one', 'bank', '--identity', 'two', '/x'], { identities: ['~/.ssh/one', 'two'] }],
  [['ls', '-itwo', 'bank'], { identities: ['two'] }],
  [['ls', '-lC', 'bank', '-P2222'], { compression: true, port: 2222 }],
  [
    ['ls', 'bank', '-o', 'Port=1', '-oUser -x', '--option=BatchMode yes'],
    { options: ['Port=1', 'User -x', 'BatchMode yes'] },
  ],
  [['rm', 'bank', '-F', 'none', '-J', 'a@b:1,c', 'x'], { sshConfigFile: 'none', jump: 'a@b:1,c' }],
  [['mkdir', 'bank', 'x', '-4'], { addressFamily: 'ipv4' }],
  [['mkdir', '-p6m', '0700', 'bank', 'x'], { addressFamily: 'ipv6' }],
  [['chown', '-h', 'me', 'bank', 'x'], {}],
  [['df', '-h', 'bank'], {}],
  [['stat', 'bank', '--', '-x'], {}],
  [['ls', '-F', '-x', 'bank'], { sshConfigFile: '-x' }],
  [['upload', 'bank', 'a', 'b', '--retry', '3'], { retry: 3 }],
]
test.each(cases)('ferry %j', async (argv, overrides) => {
  expect(await asked(argv)).toEqual({ address: argv.find((word) => ['bank', 'me'].includes(word)), overrides })
})

test.each([
  'create-directory',
  'list',
  'cat',
  'stat',
  'create-symlink',
  'create-hardlink',
  'rm',
  'rmdir',
  'mv',
  'get',
  'put',
])('%s is an alias', (alias) => {
  const entry = findCommand(alias)
  expect(entry?.name).not.toBe(alias)
  expect(entry?.aliases).toContain(alias)
})

test('no two commands have the same name', async () => {
  const { commands } = await import('../../src/commands/index.ts')
  const names = commands.flatMap(({ name, aliases = [] }) => [name, ...aliases])
  expect(new Set(names).size).toBe(names.length)
})
