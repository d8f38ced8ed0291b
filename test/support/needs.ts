import { existsSync } from 'node:fs'
import { missingReason, type Need } from './ensure-package.ts'
import { findProgram } from './openssh.ts'
import { postgresPrograms } from './postgres-programs.ts'

/** Where Debian's package puts the browser. */
export const chromiumFile = '/usr/bin/chromium'

/** What tests need beyond Node. The variable is set in the runner, and inherited by its workers, where it could not be had. */
export const needs = {
  sshd: {
    variable: 'TEST_SSHD_MISSING',
    need: {
      title: "OpenSSH's sshd",
      package: 'openssh-server',
      isInstalled: () => findProgram('sshd') !== undefined && findProgram('ssh-keygen') !== undefined,
    },
  },
  postgres: {
    variable: 'TEST_POSTGRES_MISSING',
    need: {
      title: "PostgreSQL's server",
      package: 'postgresql',
      isInstalled: () => postgresPrograms() !== undefined,
    },
  },
  chromium: {
    variable: 'TEST_CHROMIUM_MISSING',
    need: {
      title: 'Chromium',
      package: 'chromium',
      isInstalled: () => existsSync(chromiumFile),
    },
  },
} as const satisfies Readonly<Record<string, { readonly variable: string; readonly need: Need }>>

/** Why there is none of it to test with, or nothing where there is. */
export function whyMissing(name: keyof typeof needs): string | undefined {
  const { variable, need } = needs[name]
  return process.env[variable] ?? (need.isInstalled() ? undefined : missingReason(need))
}
