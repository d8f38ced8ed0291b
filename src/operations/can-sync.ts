import { offers, type SftpSession } from '../sftp/session.ts'

/** Whether files can be synced; where it is wanted and cannot be, this is said. */
export function canSync(session: SftpSession, wanted: boolean, warn: (message: string) => void): boolean {
  if (!wanted || offers(session, 'fsync@openssh.com')) return wanted
  warn('the server does not support fsync: what is sent may not be on its disk yet')
  return false
}
