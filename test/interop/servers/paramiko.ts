import { join } from 'node:path'
import type { InteropServer } from '../interop-server.ts'
import { python } from '../python.ts'
import { runServer } from '../running-server.ts'

export const paramiko: InteropServer = {
  name: 'Paramiko',
  need: 'paramiko',
  lacks: ['names that are not UTF-8', 'df'],
  start: () =>
    runServer(async ({ directory, hostKey, identity }) => ({
      command: async (port) => ({
        program: python,
        args: [
          ...['-W', 'ignore', join(import.meta.dirname, 'paramiko-server.py')],
          ...[String(port), hostKey.file, `${identity.file}.pub`, directory],
        ],
      }),
      listening: /^listening$/m,
    })),
}
