import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { promisify } from 'node:util'
import { ensurePackage } from './ensure-package.ts'
import { needs } from './needs.ts'

/** Vitest's global set-up: installs what the tests of `npm test` need. */
export const setup = (): Promise<void> => ensureInstalled(['sshd', 'asyncssh', 'postgres', 'chromium'])

/** Installs what tests need where it is missing and that is possible, and tells the tests where it is not. */
export async function ensureInstalled(names: readonly (keyof typeof needs)[]): Promise<void> {
  for (const { variable, need } of names.map((name) => needs[name])) {
    // Each project of the run calls this, and a machine without network takes its time to say no.
    if (process.env[variable] !== undefined) continue
    const missing = await ensurePackage(need, {
      isRoot: process.getuid?.() === 0,
      hasApt: existsSync('/usr/bin/apt-get'),
      run: (program, args) =>
        promisify(execFile)(program, args, {
          env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
          timeout: 600_000,
        }),
    })
    if (missing !== undefined) process.env[variable] = missing
  }
}
