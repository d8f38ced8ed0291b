import { expect, test } from 'vitest'
import { ensureOpenssh, type Installer } from './ensure-openssh.ts'

/** A machine where apt-get does as it is told. */
function machine(options: Partial<Installer> = {}): { installer: Installer; commands: string[] } {
  const commands: string[] = []
  let isInstalled = false
  const installer: Installer = {
    isInstalled: () => isInstalled,
    isRoot: true,
    hasApt: true,
    run: async (program, args) => {
      commands.push([program, ...args.filter((word) => !/^-|::/.test(word))].join(' '))
      isInstalled = args.includes('openssh-server')
    },
    ...options,
  }
  return { installer, commands }
}

test('what is installed is not installed again', async () => {
  const { installer, commands } = machine({ isInstalled: () => true })
  expect(await ensureOpenssh(installer)).toBeUndefined()
  expect(commands).toEqual([])
})

test('root installs with apt-get after an update', async () => {
  const { installer, commands } = machine()
  expect(await ensureOpenssh(installer)).toBeUndefined()
  expect(commands).toEqual(['apt-get update', 'apt-get install openssh-server'])
})

test.each([
  ['a user who is not root', { isRoot: false }, "OpenSSH's sshd is not installed, and only root can install it"],
  [
    'a system without apt-get',
    { hasApt: false },
    "OpenSSH's sshd is not installed, and there is no apt-get to install it with",
  ],
  [
    'an apt-get that fails',
    {
      run: () =>
        Promise.reject(Object.assign(new Error('exit 100'), { stderr: 'W: slow\nE: Unable to locate package\n' })),
    },
    "OpenSSH's sshd is not installed, and apt-get could not install it: E: Unable to locate package",
  ],
  [
    'an apt-get that lies',
    { run: () => Promise.resolve() },
    "OpenSSH's sshd is not installed, although apt-get says that it installed openssh-server",
  ],
])('%s gets a reason', async (_name, options, reason) => {
  expect(await ensureOpenssh(machine(options).installer)).toBe(reason)
})
