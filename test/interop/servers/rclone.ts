import type { InteropServer } from '../interop-server.ts'
import { runServer } from '../running-server.ts'

export const rclone: InteropServer = {
  name: 'rclone serve sftp',
  need: 'rclone',
  // Without --vfs-cache-mode, as it is started by default.
  lacks: ['symlinks', 'modes', 'appending', 'resuming uploads', 'df'],
  start: () =>
    runServer(async ({ path, directory, hostKey, authorizedKeysFile }) => ({
      command: async (port) => ({
        program: 'rclone',
        args: [
          ...['serve', 'sftp', directory, '--addr', `127.0.0.1:${port}`],
          ...['--key', hostKey.file, '--authorized-keys', authorizedKeysFile, '--config', `${path}/rclone.conf`],
          ...['--cache-dir', `${path}/cache`],
        ],
      }),
      listening: /SFTP server listening on/,
    })),
}
