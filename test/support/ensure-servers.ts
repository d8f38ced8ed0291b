import { ensureInstalled } from './ensure-installed.ts'

/** The set-up of `npm run interop`: every server of its table. */
export const setup = (): Promise<void> =>
  ensureInstalled(['sshd', 'proftpd', 'dropbear', 'asyncssh', 'paramiko', 'rclone', 'mysecureshell'])
