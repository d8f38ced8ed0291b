import { EventEmitter, once } from 'node:events'
import { createServer, type Socket } from 'node:net'
import { listenOnLoopback } from '../listen-on-loopback.ts'
import { generateHostKey, hostKey } from './host-key.ts'
import type { LoginAttempt } from './login.ts'
import { failEarly, type LoginFault, loginFault } from './login-faults.ts'
import { type RequestRecord, SftpServer, type SftpServerOptions } from './sftp-server.ts'
import { type SshOptions, serveSsh } from './ssh-connection.ts'

export interface StartOptions extends SftpServerOptions, SshOptions {
  /** A private key; a new ed25519 one when absent. */
  readonly hostKey?: string
  /** Any free one when absent. */
  readonly port?: number
  readonly loginFaults?: readonly LoginFault[]
}

export interface RunningSftpServer extends AsyncDisposable {
  readonly host: '127.0.0.1'
  readonly port: number
  /** The private key, for a server that is the same one again. */
  readonly hostKey: string
  /** `ssh-ed25519 AAAA…` */
  readonly hostPublicKey: string
  /** `SHA256:…` */
  readonly hostKeyFingerprint: string
  /** A line for a known_hosts file. */
  readonly knownHostsLine: string
  /** How many are open now. */
  connections(): number
  /** How many there were. */
  accepted(): number
  /** Settles when no connection is open. */
  idle(): Promise<void>
  /** All that was tried, in order. */
  readonly logins: readonly LoginAttempt[]
  /** Every SFTP request of every connection, in the order of arrival. */
  readonly requests: readonly RequestRecord[]
  /** Ends all connections at once; new ones are welcome. `reset` is TCP's RST in place of its FIN. */
  dropConnections(options?: { readonly reset?: boolean }): void
  /** Hears and says nothing more on all connections, and does not end them: a line that was cut. New ones are welcome. */
  freezeConnections(): void
  stop(): Promise<void>
}

/** Starts the scriptable SFTP server behind SSH on 127.0.0.1, in this process. */
export async function startSftpServer(options: StartOptions): Promise<RunningSftpServer> {
  const key = options.hostKey === undefined ? generateHostKey() : hostKey(options.hostKey)
  const logins: LoginAttempt[] = []
  const sftp = new SftpServer(options)
  const context = {
    options,
    hostKey: key.privateKey,
    sftp,
    record: (attempt: LoginAttempt) => void logins.push(attempt),
  }
  const sockets = new Set<Socket>()
  const events = new EventEmitter()
  let accepted = 0
  const listener = createServer((socket) => {
    const fault = loginFault(options.loginFaults ?? [], accepted)
    accepted += 1
    sockets.add(socket)
    socket.setNoDelay(true)
    socket.on('error', () => socket.destroy())
    socket.on('close', () => {
      sockets.delete(socket)
      if (sockets.size === 0) events.emit('idle')
    })
    if (fault?.at === 'connect' || fault?.at === 'key-exchange') failEarly(socket, fault)
    else serveSsh(socket, context, fault)
  })
  const port = await listenOnLoopback(listener, options.port)
  const idle = async (): Promise<void> => {
    if (sockets.size > 0) await once(events, 'idle')
  }
  const dropConnections = ({ reset = false } = {}): void => {
    for (const socket of sockets) {
      if (reset) socket.resetAndDestroy()
      else socket.destroy()
    }
  }
  const freezeConnections = (): void => {
    for (const socket of sockets) {
      socket.pause()
      socket.cork()
    }
  }
  const stop = async (): Promise<void> => {
    listener.close()
    dropConnections()
    await idle()
  }
  return {
    host: '127.0.0.1',
    port,
    hostKey: key.privateKey,
    hostPublicKey: key.publicKey,
    hostKeyFingerprint: key.fingerprint,
    knownHostsLine: `[127.0.0.1]:${port} ${key.publicKey}\n`,
    connections: () => sockets.size,
    accepted: () => accepted,
    idle,
    logins,
    requests: sftp.requests,
    dropConnections,
    freezeConnections,
    stop,
    [Symbol.asyncDispose]: stop,
  }
}
