import { Socket } from 'node:net'
import { FerryError } from '../errors/ferry-error.ts'
import { errnoOf } from '../errors/local-error.ts'
import type { SshSettings } from './settings.ts'

/** An address that does not answer is left for the host's next one after so long. */
const nextAddressMs = 2000

/** Opens the connection that ssh2 is handed: without Nagle's delay, and with its many small writes put together. */
export async function connectTcp(settings: SshSettings, signal: AbortSignal): Promise<Socket> {
  const { host, port, addressFamily, bindAddress, tcpKeepAlive } = settings
  signal.throwIfAborted()
  const socket = new Socket()
  const settled = new AbortController()
  try {
    await new Promise<void>((resolve, reject) => {
      signal.addEventListener('abort', () => reject(signal.reason), { signal: settled.signal })
      socket.once('connect', resolve)
      socket.once('error', (error) => reject(connectError(settings, socketReason(error), error)))
      socket.connect({
        host,
        port,
        family: { any: 0, ipv4: 4, ipv6: 6 }[addressFamily],
        ...(bindAddress !== undefined && { localAddress: bindAddress }),
        autoSelectFamily: true,
        autoSelectFamilyAttemptTimeout: nextAddressMs,
      })
    })
    gatherWrites(socket)
    socket.setNoDelay(true)
    socket.setKeepAlive(tcpKeepAlive)
    return socket
  } catch (error) {
    socket.destroy()
    throw error
  } finally {
    settled.abort()
  }
}

/** More than this is not worth gathering: the copy would cost more than the system call. */
const gatherBytes = 16 * 1024

/**
 * ssh2 writes each packet, and parts of packets, by itself; what it writes in one turn goes out together. For a socket that is
 * connected: `connect` puts a socket's own `write` back.
 */
function gatherWrites(socket: Socket): void {
  const write = socket.write.bind(socket)
  let isCorked = false
  let gathered = 0
  const release = (): void => {
    if (!isCorked) return
    isCorked = false
    socket.uncork()
  }
  socket.write = (chunk: string | Uint8Array, ...more: never[]): boolean => {
    if (!isCorked && chunk.length <= gatherBytes) {
      isCorked = true
      gathered = 0
      socket.cork()
      setImmediate(release)
    }
    const result = write(chunk, ...more)
    gathered += chunk.length
    if (gathered > gatherBytes) release()
    return result
  }
}

export const connectError = (
  { host, port }: { host: string; port: number },
  reason: string,
  cause?: unknown,
): FerryError => new FerryError('connect_failed', `could not connect to ${endpoint(host, port)}: ${reason}`, { cause })

/** `host:port`, an IPv6 address in brackets. */
export const endpoint = (host: string, port: number): string => `${host.includes(':') ? `[${host}]` : host}:${port}`

const reasons: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'connection refused',
  ECONNRESET: 'connection reset by the other side',
  EPIPE: 'connection closed by the other side',
  ETIMEDOUT: 'connection timed out',
  EHOSTUNREACH: 'no route to host',
  ENETUNREACH: 'network is unreachable',
  EHOSTDOWN: 'host is down',
  ENETDOWN: 'network is down',
  ENOTFOUND: 'unknown host',
  EAI_AGAIN: 'the name cannot be resolved for now',
  EADDRNOTAVAIL: 'the local address is not available',
  EINVAL: 'the address cannot be used',
  EACCES: 'permission denied',
  EPERM: 'operation not permitted',
}

/** Why a socket failed, in words. Of a host's several addresses the last one's reason. */
export function socketReason(error: unknown): string {
  const last: unknown = error instanceof AggregateError ? error.errors.at(-1) : error
  const errno = errnoOf(last)
  if (errno !== undefined) return reasons[errno] ?? errno
  return last instanceof Error ? last.message : String(last)
}
