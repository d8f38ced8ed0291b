import { execFile } from 'node:child_process'
import { chmod, writeFile } from 'node:fs/promises'
import { userInfo } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { programPath } from '../../support/openssh.ts'
import type { InteropServer } from '../interop-server.ts'
import { runServer } from '../running-server.ts'

export const proftpd: InteropServer = {
  name: 'ProFTPD mod_sftp',
  need: 'proftpd',
  lacks: ['reading link targets'],
  start: () =>
    runServer(async ({ path, directory, identity, hostKey }) => {
      const { username, uid, gid } = userInfo()
      const file = (name: string): string => join(path, name)
      // mod_sftp wants authorized keys in the form of RFC 4716.
      const exported = await promisify(execFile)(programPath('ssh-keygen'), ['-e', '-f', `${identity.file}.pub`])
      await writeFile(file('authorized'), exported.stdout)
      await writeFile(file('passwd'), `${username}:*:${uid}:${gid}::${directory}:/bin/sh\n`)
      await writeFile(file('group'), `${username}:*:${gid}:${username}\n`)
      await chmod(file('passwd'), 0o600)
      await chmod(file('group'), 0o600)
      return {
        command: async (port) => {
          await writeFile(file('proftpd.conf'), configuration(port))
          return { program: '/usr/sbin/proftpd', args: ['-n', '-c', file('proftpd.conf')] }
        },
        listening: /standalone mode STARTUP/,
      }

      function configuration(port: number): string {
        return [
          'ModulePath /usr/lib/proftpd',
          'LoadModule mod_sftp.c',
          'ServerType standalone',
          'ServerName "interop"',
          'UseIPv6 off',
          'DefaultAddress 127.0.0.1',
          `Port ${port}`,
          `User ${username}`,
          `Group ${username}`,
          'RootLogin on',
          'RequireValidShell off',
          'UseFtpUsers off',
          'WtmpLog off',
          `PidFile ${file('proftpd.pid')}`,
          `ScoreboardFile ${file('scoreboard')}`,
          `DelayTable none`,
          'Umask 022',
          'AllowOverwrite on',
          'AllowStoreRestart on',
          'AuthOrder mod_auth_file.c',
          `AuthUserFile ${file('passwd')}`,
          `AuthGroupFile ${file('group')}`,
          'SFTPEngine on',
          `SFTPHostKey ${hostKey.file}`,
          `SFTPAuthorizedUserKeys file:${file('authorized')}`,
          'SFTPAuthMethods publickey',
          `SFTPLog ${file('sftp.log')}`,
          '',
        ].join('\n')
      }
    }),
}
