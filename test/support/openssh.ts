import { existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'

const sbin = ['/usr/sbin', '/usr/local/sbin', '/sbin', '/opt/homebrew/sbin']
const libexec = ['/usr/lib/openssh', '/usr/libexec/openssh', '/usr/lib/ssh', '/usr/libexec']

/** Where a program of OpenSSH is installed; sshd wants to be started by its absolute path, and is seldom in a user's PATH. */
export function findProgram(name: 'sshd' | 'ssh-keygen' | 'sftp-server'): string | undefined {
  const folders = [...(process.env['PATH'] ?? '').split(delimiter), ...(name === 'sftp-server' ? libexec : sbin)]
  return folders.map((folder) => join(folder, name)).find((file) => existsSync(file))
}

export function programPath(name: 'sshd' | 'ssh-keygen' | 'sftp-server'): string {
  const path = findProgram(name)
  if (path === undefined) throw new Error(`${name} is not installed`)
  return path
}
