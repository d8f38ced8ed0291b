import { execFile } from 'node:child_process'
import { chown, mkdir, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { createUnixUser } from '../../support/unix-user.ts'
import type { InteropServer } from '../interop-server.ts'
import { runServer } from '../running-server.ts'

export const dropbear: InteropServer = {
  name: 'Dropbear',
  need: 'dropbear',
  // It looks for authorized_keys in a user's home only.
  asRoot: true,
  start: () =>
    runServer(async ({ path, identity, hostKey }) => {
      const user = await createUnixUser(path)
      const { uid, gid } = await stat(user.directory)
      const folder = join(user.directory, '.ssh')
      await mkdir(folder, { mode: 0o700 })
      await writeFile(join(folder, 'authorized_keys'), `${identity.publicKey}\n`, { mode: 0o600 })
      for (const owned of [folder, join(folder, 'authorized_keys')]) await chown(owned, uid, gid)
      const converted = `${hostKey.file}.dropbear`
      await promisify(execFile)('dropbearconvert', ['openssh', 'dropbear', hostKey.file, converted])
      return {
        username: user.username,
        directory: user.directory,
        command: async (port) => ({
          program: '/usr/sbin/dropbear',
          args: ['-F', '-E', '-s', '-r', converted, '-p', `127.0.0.1:${port}`, '-P', join(path, 'pid')],
        }),
        listening: /Not backgrounding/,
        dispose: async () => user[Symbol.asyncDispose](),
      }
    }),
}
