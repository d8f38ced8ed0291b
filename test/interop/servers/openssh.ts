import { useSshd } from '../../support/sshd.ts'
import type { InteropServer } from '../interop-server.ts'

export const openssh: InteropServer = {
  name: 'OpenSSH sshd',
  need: 'sshd',
  start: () => useSshd({ subsystem: 'sftp-server' }),
}
