import { join } from 'node:path'
import type { InteropServer } from '../interop-server.ts'
import { python } from '../python.ts'
import { runServer } from '../running-server.ts'

export const asyncssh: InteropServer = {
  name: 'AsyncSSH',
  need: 'asyncssh',
  start: () =>
    runServer(async ({ directory, hostKey, authorizedKeysFile }) => ({
      command: async (port) => ({
        program: python,
        args: [
          ...['-W', 'ignore', join(import.meta.dirname, 'asyncssh-server.py')],
          ...[String(port), hostKey.file, authorizedKeysFile, directory],
        ],
      }),
      listening: /^listening$/m,
    })),
}
