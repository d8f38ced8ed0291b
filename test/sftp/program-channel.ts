import { spawn } from 'node:child_process'
import { Duplex } from 'node:stream'
import { FerryError } from '../../src/errors/ferry-error.ts'
import type { Channel } from '../../src/ssh/transport.ts'

/** A channel to a program on its standard input and output, as plain as can be. */
export function programChannel(command: string, args: readonly string[], cwd: string): Channel {
  const child = spawn(command, args, { cwd, stdio: ['pipe', 'pipe', 'ignore'] })
  const ended = new Promise<FerryError>((resolve) => {
    child.once('close', (code) => resolve(new FerryError('connection_lost', `the server ended with ${code}`)))
  })
  return {
    stream: Duplex.from({ readable: child.stdout, writable: child.stdin }),
    ended,
    peer: { transport: 'command', host: 'localhost', port: 0, username: '' },
    close: async () => {
      child.kill()
      await ended
    },
  }
}
