import type { Socket } from 'node:net'
import ssh2, { type Algorithms, type Connection, type Session } from 'ssh2'
import { Login, type LoginAttempt, type LoginUser } from './login.ts'
import type { LoginFault } from './login-faults.ts'
import type { SftpServer } from './sftp-server.ts'

export interface SshOptions {
  readonly users: readonly LoginUser[]
  /** What is said before authentication (RFC 4252 §5.4). */
  readonly banner?: string
  /** Lines before the identification (RFC 4253 §4.2). */
  readonly greeting?: string
  readonly algorithms?: Algorithms
  /** Goes to the channel's stderr when SFTP starts. */
  readonly stderr?: string
  /** What the server's program ends with when the server ends a channel; 0 when absent. */
  readonly exitStatus?: number
  /** For what has no option: rekeying, channels that nobody asked for. */
  readonly onConnection?: (connection: Connection) => void
}

export interface SshContext {
  readonly options: SshOptions
  /** A private key. */
  readonly hostKey: string
  readonly sftp: SftpServer
  readonly record: (attempt: LoginAttempt) => void
}

/** Speaks SSH with one client, up to a channel that SFTP is served on, but for the fault. */
export function serveSsh(socket: Socket, context: SshContext, fault: LoginFault | undefined): void {
  const { options, hostKey, record } = context
  const { banner, greeting, algorithms, onConnection } = options
  const server = new ssh2.Server({
    hostKeys: [hostKey],
    ...(banner !== undefined && { banner }),
    ...(greeting !== undefined && { greeting }),
    ...(algorithms !== undefined && { algorithms }),
  })
  server.on('connection', (connection) => {
    const login = new Login(options.users, record)
    // What goes wrong here is told by what the client says of it.
    connection.on('error', () => undefined)
    connection.on('authentication', (attempt) => {
      if (fault?.at === 'authentication') fail(fault, socket, () => attempt.reject(['publickey', 'password']))
      else login.answer(attempt)
    })
    connection.on('session', (accept, reject) => {
      if (fault?.at === 'session') fail(fault, socket, reject)
      else serveSession(accept(), socket, context, fault)
    })
    onConnection?.(connection)
  })
  server.injectSocket(socket)
}

function serveSession(session: Session, socket: Socket, context: SshContext, fault: LoginFault | undefined): void {
  const { stderr, exitStatus = 0 } = context.options
  // Without a listener for `sftp`, ssh2 gives the bare channel.
  session.on('subsystem', (accept, reject, { name }) => {
    if (fault?.at === 'subsystem') {
      fail(fault, socket, reject)
      return
    }
    if (name !== 'sftp') {
      reject()
      return
    }
    const channel = accept()
    if (stderr !== undefined) channel.stderr.write(stderr)
    context.sftp.serve(channel, () => channel.exit(exitStatus))
  })
}

function fail({ act, onReached }: LoginFault, socket: Socket, refuse: () => void): void {
  onReached?.()
  if (act === 'refuse') refuse()
  if (act === 'close') socket.destroy()
  if (act === 'reset') socket.resetAndDestroy()
}
