import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { promisify } from 'node:util'
import { findProgram, missingVariable } from './openssh.ts'

/** What can be done here, so that a test can say it. */
export interface Installer {
  readonly isInstalled: () => boolean
  readonly isRoot: boolean
  readonly hasApt: boolean
  readonly run: (program: string, args: readonly string[]) => Promise<unknown>
}

/** Vitest's global set-up: installs OpenSSH's server where it is missing and that is possible, and tells the tests where it is not. */
export async function setup(): Promise<void> {
  // Each project of the run calls this, and a machine without network takes its time to say no.
  if (process.env[missingVariable] !== undefined) return
  const missing = await ensureOpenssh({
    isInstalled: () => findProgram('sshd') !== undefined && findProgram('ssh-keygen') !== undefined,
    isRoot: process.getuid?.() === 0,
    hasApt: existsSync('/usr/bin/apt-get'),
    run: (program, args) =>
      promisify(execFile)(program, args, {
        env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
        timeout: 300_000,
      }),
  })
  if (missing !== undefined) process.env[missingVariable] = missing
}

/** Why there is no sshd after all that could be done, or nothing where there is one. */
export async function ensureOpenssh({ isInstalled, isRoot, hasApt, run }: Installer): Promise<string | undefined> {
  if (isInstalled()) return undefined
  const missing = "OpenSSH's sshd is not installed"
  if (!hasApt) return `${missing}, and there is no apt-get to install it with`
  if (!isRoot) return `${missing}, and only root can install it`
  const options = [
    '-q',
    '-y',
    '-o',
    'Acquire::Retries=1',
    '-o',
    'Acquire::http::Timeout=20',
    '-o',
    'DPkg::Lock::Timeout=120',
  ]
  try {
    await run('apt-get', [...options, 'update'])
    await run('apt-get', [...options, '--no-install-recommends', 'install', 'openssh-server'])
  } catch (error) {
    return `${missing}, and apt-get could not install it: ${lastLine(error)}`
  }
  return isInstalled() ? undefined : `${missing}, although apt-get says that it installed openssh-server`
}

function lastLine(error: unknown): string {
  const said = error instanceof Error && 'stderr' in error ? String(error.stderr) : String(error)
  return said.trim().split('\n').at(-1) ?? ''
}
