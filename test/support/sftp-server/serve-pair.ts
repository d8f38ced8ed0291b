import { type Duplex, duplexPair } from 'node:stream'
import { FerryError } from '../../../src/errors/ferry-error.ts'
import type { Channel } from '../../../src/ssh/transport.ts'
import { type RequestRecord, SftpServer, type SftpServerOptions } from './sftp-server.ts'

export interface ServedPair extends AsyncDisposable {
  /** The client's end. */
  readonly channel: Channel
  /** Every request so far, in the order of arrival. */
  readonly requests: readonly RequestRecord[]
  openHandles(): number
  /** Ends the connection at once, as a lost line does. */
  hangUp(): void
  /** Settles when the server's end is gone and its handles are closed. */
  readonly closed: Promise<void>
}

/** A channel in memory to a scriptable SFTP server: one of its own, or one that has others. */
export function servePair(given: SftpServerOptions | SftpServer): ServedPair {
  const [ours, theirs] = linkedPair()
  const server = given instanceof SftpServer ? given : new SftpServer(given)
  const { requests } = server
  const { closed, openHandles } = server.serve(theirs)
  const close = async (): Promise<void> => {
    ours.destroy()
    await closed
  }
  return {
    channel: {
      stream: ours,
      ended: new Promise((resolve) => {
        const settle = (): void => resolve(new FerryError('connection_lost', 'the server closed the channel'))
        ours.once('end', settle).once('close', settle)
      }),
      peer: { transport: 'command', host: 'memory', port: 0, username: 'tester' },
      close,
    },
    requests,
    openHandles,
    hangUp: () => void theirs.destroy(),
    closed,
    [Symbol.asyncDispose]: close,
  }
}

/** Node's pair, of which one end's destruction ends the other too, as with sockets. */
function linkedPair(): [Duplex, Duplex] {
  const pair = duplexPair()
  const [one, other] = pair
  one.once('close', () => other.destroy())
  other.once('close', () => one.destroy())
  return pair
}
