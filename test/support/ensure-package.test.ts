import { expect, test } from 'vitest'
import { ensurePackage, type Installer, type Need } from './ensure-package.ts'

/** A machine where apt-get does as it is told. */
function machine(options: Partial<Installer & Need> = {}): {
  ensure: () => Promise<string | undefined>
  commands: string[]
} {
  const commands: string[] = []
  let isInstalled = false
  const machine: Installer & Need = {
    title: "OpenSSH's sshd",
    package: 'openssh-server',
    isInstalled: () => isInstalled,
    isRoot: true,
    hasApt: true,
    run: async (program, args) => {
      commands.push([program, ...args.filter((word) => !/^-|::/.test(word))].join(' '))
      isInstalled = args.includes('openssh-server')
    },
    ...options,
  }
  return { ensure: () => ensurePackage(machine, machine), commands }
}

test('what is installed is not installed again', async () => {
  const { ensure, commands } = machine({ isInstalled: () => true })
  expect(await ensure()).toBeUndefined()
  expect(commands).toEqual([])
})

test('root installs with apt-get after an update', async () => {
  const { ensure, commands } = machine()
  expect(await ensure()).toBeUndefined()
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
  expect(await machine(options).ensure()).toBe(reason)
})
