import { describe, test } from 'vitest'
import { type needs, whyMissing } from './needs.ts'
import { disksMissing } from './small-disk.ts'
import { unixUsersMissing } from './unix-user.ts'

declare module 'vitest' {
  interface TaskMeta {
    /** Why the tests are skipped; MissingReporter tells it at the end of the run. */
    missing?: string
  }
}

/**
 * Tests against a real server or browser. Without it they are skipped by name, with the reason at the end of the run; in CI they fail.
 */
export function describeWith(need: keyof typeof needs, name: string, suite: () => void): void {
  const missing = whyMissing(need)
  if (missing !== undefined && isCi()) failSuite(name, missing)
  else describeUnless(missing, name, suite)
}

/** Tests against a real sshd. */
export const describeWithSshd = (name: string, suite: () => void): void => describeWith('sshd', name, suite)

/** Tests for which only root can make what they need, such as a user with a password; else they are skipped, in CI too. */
export function describeWithUnixUsers(name: string, suite: () => void, need: keyof typeof needs = 'sshd'): void {
  if (whyMissing(need) !== undefined) describeWith(need, name, suite)
  else describeUnless(unixUsersMissing(), name, suite)
}

/** Tests that act as another user, for which only root may. */
export const describeAsRoot = (name: string, suite: () => void): void =>
  describeUnless(process.getuid?.() === 0 ? undefined : 'only root can act as another user', name, suite)

/** Tests on a disk of their own, small or read-only. */
export const describeWithDisks = (name: string, suite: () => void): void => describeUnless(disksMissing(), name, suite)

function describeUnless(missing: string | undefined, name: string, suite: () => void): void {
  if (missing === undefined) describe(name, suite)
  else describe.skip(name, { meta: { missing } }, suite)
}

function failSuite(name: string, missing: string): void {
  describe(name, () => {
    test('has what it needs', () => {
      throw new Error(missing)
    })
  })
}

const isCi = (): boolean => !['', '0', 'false'].includes(process.env['CI'] ?? '')
