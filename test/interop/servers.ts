import type { InteropServer } from './interop-server.ts'
import { asyncssh } from './servers/asyncssh.ts'
import { dropbear } from './servers/dropbear.ts'
import { mysecureshell } from './servers/mysecureshell.ts'
import { openssh } from './servers/openssh.ts'
import { paramiko } from './servers/paramiko.ts'
import { proftpd } from './servers/proftpd.ts'
import { rclone } from './servers/rclone.ts'

/** Every server that `npm run interop` runs the suite over. */
export const servers: readonly InteropServer[] = [openssh, proftpd, dropbear, asyncssh, paramiko, rclone, mysecureshell]
