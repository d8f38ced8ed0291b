import { onTestFinished } from 'vitest'
import { FerryError } from '../../src/errors/ferry-error.ts'
import { openSession } from '../../src/sftp/open-session.ts'
import { ReconnectingSession } from '../../src/sftp/reconnecting-session.ts'
import type { SftpSession } from '../../src/sftp/session.ts'
import { isTemporaryName } from '../../src/transfer/temporary-name.ts'
import { cutChannel } from '../support/cut-line.ts'
import { servePair } from '../support/sftp-server/serve-pair.ts'
import { type RequestRecord, SftpServer, type SftpServerOptions } from '../support/sftp-server/sftp-server.ts'

export interface ReconnectingOptions extends SftpServerOptions {
  /** After so many bytes, both ways together, the first, the second … connection is cut; later ones are whole. */
  readonly cuts?: readonly number[]
  /** How often there is another connection. */
  readonly retries?: number
}

export interface Reconnected {
  readonly session: SftpSession
  /** What was found of steps whose answer was lost. */
  readonly notes: readonly string[]
  readonly requests: readonly RequestRecord[]
  /** Connections so far. */
  connections(): number
}

/** A session that outlives its connections to one scriptable server. */
export async function reconnecting({
  cuts = [],
  retries = 100,
  ...options
}: ReconnectingOptions): Promise<Reconnected> {
  const server = new SftpServer(options)
  const notes: string[] = []
  let connections = 0
  const { signal } = new AbortController()
  const open = async (): Promise<SftpSession> => {
    const { channel } = servePair(server)
    const cut = cuts[connections]
    connections += 1
    return openSession(cut === undefined ? channel : cutChannel(channel, cut), { timeoutMs: 30_000, signal })
  }
  const reconnect = async (): Promise<SftpSession> => {
    if (connections > retries) throw new FerryError('connection_lost', 'given up')
    // One that is cut before there is a session is one that could not be had.
    return open().catch(reconnect)
  }
  const session = new ReconnectingSession(await reconnect(), {
    reconnect,
    isOwnName: isTemporaryName,
    note: (text) => void notes.push(text),
  })
  onTestFinished(() => session[Symbol.asyncDispose]())
  return { session, notes, requests: server.requests, connections: () => connections }
}
