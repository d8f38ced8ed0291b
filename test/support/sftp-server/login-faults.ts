import type { Socket } from 'node:net'
import { string, uint32 } from './wire.ts'

/** A connection that does not come to SFTP. */
export interface LoginFault {
  /** `connect` is before the server's identification, `key-exchange` after it. */
  readonly at: 'connect' | 'key-exchange' | 'authentication' | 'session' | 'subsystem'
  /** `refuse` says so as the protocol has it; at `connect` in a line of text, as sshd does with too many connections. */
  readonly act: 'hang' | 'close' | 'reset' | 'refuse'
  /** How it refuses before the login. */
  readonly words?: string
  /** Called when a connection has come to it. */
  readonly onReached?: () => void
  /** So many connections are served honestly before. */
  readonly after?: number
  /** So many are treated, and the rest is served honestly. */
  readonly times?: number
}

/** The fault of the connection that is the `count`th, counted from 0: the first whose turn it is. */
export const loginFault = (faults: readonly LoginFault[], count: number): LoginFault | undefined =>
  faults.find(({ after = 0, times = Number.POSITIVE_INFINITY }) => count >= after && count < after + times)

/** Plays a fault that comes before keys are exchanged, on the bare socket. */
export function failEarly(socket: Socket, { at, act, words, onReached }: LoginFault): void {
  onReached?.()
  // What the client says must be taken, or its end would not be seen.
  socket.resume()
  if (at === 'key-exchange') socket.write('SSH-2.0-ferry_test\r\n')
  if (act === 'close') socket.end()
  if (act === 'reset') socket.resetAndDestroy()
  if (act !== 'refuse') return
  socket.end(at === 'connect' ? `${words ?? 'Exceeded MaxStartups'}\r\n` : disconnect(words ?? 'no more logins today'))
}

/** SSH_MSG_DISCONNECT as a packet that is not encrypted yet (RFC 4253 §6, §11.1). */
function disconnect(description: string): Buffer {
  const messageType = 1
  const tooManyConnections = 12
  const payload = Buffer.concat([Buffer.of(messageType), uint32(tooManyConnections), string(description), string('')])
  // The whole is a multiple of 8 bytes, at least 4 of them padding.
  const padding = Buffer.alloc(4 + ((8 - ((5 + payload.length + 4) % 8)) % 8))
  return Buffer.concat([uint32(1 + payload.length + padding.length), Buffer.of(padding.length), payload, padding])
}
