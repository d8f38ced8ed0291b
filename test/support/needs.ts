import { existsSync } from 'node:fs'
import { missingReason, type Need } from './ensure-package.ts'
import { findProgram } from './openssh.ts'
import { postgresPrograms } from './postgres-programs.ts'

/** Where Debian's package puts the browser. */
export const chromiumFile = '/usr/bin/chromium'

/** Debian's Python finds the modules of its packages here. */
const hasModule = (name: string): boolean => existsSync(`/usr/lib/python3/dist-packages/${name}`)

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
  proftpd: {
    variable: 'TEST_PROFTPD_MISSING',
    need: {
      title: 'ProFTPD with mod_sftp',
      package: 'proftpd-mod-crypto',
      isInstalled: () => existsSync('/usr/sbin/proftpd') && existsSync('/usr/lib/proftpd/mod_sftp.so'),
    },
  },
  dropbear: {
    variable: 'TEST_DROPBEAR_MISSING',
    need: {
      title: 'Dropbear',
      package: 'dropbear-bin',
      isInstalled: () => existsSync('/usr/sbin/dropbear') && findProgram('sftp-server') !== undefined,
    },
  },
  asyncssh: {
    variable: 'TEST_ASYNCSSH_MISSING',
    need: { title: 'AsyncSSH', package: 'python3-asyncssh', isInstalled: () => hasModule('asyncssh') },
  },
  paramiko: {
    variable: 'TEST_PARAMIKO_MISSING',
    need: { title: 'Paramiko', package: 'python3-paramiko', isInstalled: () => hasModule('paramiko') },
  },
  rclone: {
    variable: 'TEST_RCLONE_MISSING',
    need: { title: 'rclone', package: 'rclone', isInstalled: () => existsSync('/usr/bin/rclone') },
  },
  mysecureshell: {
    variable: 'TEST_MYSECURESHELL_MISSING',
    need: {
      title: 'MySecureShell',
      package: 'mysecureshell',
      isInstalled: () => existsSync('/usr/bin/mysecureshell'),
    },
  },
} as const satisfies Readonly<Record<string, { readonly variable: string; readonly need: Need }>>

/** Why there is none of it to test with, or nothing where there is. */
export function whyMissing(name: keyof typeof needs): string | undefined {
  const { variable, need } = needs[name]
  return process.env[variable] ?? (need.isInstalled() ? undefined : missingReason(need))
}
