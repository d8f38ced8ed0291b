import { Command } from 'commander'
import { expect, test } from 'vitest'
import { loadCommand, splitCommandLine } from '../../src/cli/command-line.ts'
import type { GlobalFlags } from '../../src/cli/global-flags.ts'
import { testContext } from '../support/test-io.ts'

test('what stands before the name of a command is split from what is after it, which is left as it is', () => {
  expect(splitCommandLine(['-qvv', '--timeout', '5', 'exec', '-c', '--json', '--', '-x'])).toEqual({
    flags: { quiet: true, verbose: 2, timeout: 5000 },
    helpAsked: false,
    versionAsked: false,
    name: 'exec',
    rest: ['-c', '--json', '--', '-x'],
  })
})

/** The flags with which a command is begun, and what its action is given. */
async function begun(args: readonly string[]): Promise<{ flags: GlobalFlags; given: unknown }> {
  const { flags: outer, rest } = splitCommandLine(args)
  const { context } = await testContext()
  let flags: GlobalFlags = {}
  let given: unknown
  const action = (options: object): void => {
    given = { ...options }
  }
  const group = new Command('group')
    .addCommand(new Command('plain').option('-c <text>').action(action))
    .addCommand(new Command('own').option('--timeout <text>', 'a field').action(action))
  const command = await loadCommand({ name: 'group', group: 'Run', locks: true, load: async () => group }, context, {
    outer,
    width: undefined,
    begin: async (_command, merged) => {
      flags = merged
    },
  })
  await command.parseAsync([...rest], { from: 'user' })
  return { flags, given }
}

test('global flags count wherever they stand: the later one wins, and -v adds up', async () => {
  const { flags, given } = await begun(['--state', 'a', '-v', 'group', '-v', '--json', 'plain', '--state', 'b', '-vv'])
  expect(flags).toEqual({ state: 'b', verbose: 4, json: true })
  expect(given).toMatchObject({ state: 'b', verbose: 4 })
})

test('a value is never taken for a flag', async () => {
  const { flags, given } = await begun([
    'group',
    'plain',
    '-c',
    '--json',
    '--lock-timeout',
    '3',
    '--no-color',
    '--no-input',
  ])
  expect(flags).toEqual({ lockTimeout: 3000, color: false, input: false })
  expect(given).toMatchObject({ c: '--json' })
})

test('a flag of its own that is called like a global one is left to the command', async () => {
  const before = await begun(['--timeout', '5', 'group', 'own'])
  expect(before.flags).toEqual({ timeout: 5000 })
  expect(before.given).not.toHaveProperty('timeout')
  const after = await begun(['group', 'own', '--timeout', 'x'])
  expect(after.flags).toEqual({})
  expect(after.given).toMatchObject({ timeout: 'x' })
})
