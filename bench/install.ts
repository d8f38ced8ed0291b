import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'

/** Whether a program is in the PATH. */
export const isInstalled = (program: string): boolean =>
  (process.env['PATH'] ?? '').split(delimiter).some((folder) => existsSync(join(folder, program)))

/** Gets from Debian what is missing; only root can. */
export function installPeers(): void {
  const packages = {
    sshd: 'openssh-server',
    sftp: 'openssh-client',
    lftp: 'lftp',
    rclone: 'rclone',
    psftp: 'putty-tools',
  }
  const missing = Object.entries(packages).flatMap(([program, name]) => (isInstalled(program) ? [] : [name]))
  if (missing.length === 0) return
  const options = { env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }, stdio: 'inherit' } as const
  execFileSync('apt-get', ['-q', 'update'], options)
  execFileSync('apt-get', ['-q', '-y', '--no-install-recommends', 'install', ...missing], options)
}
