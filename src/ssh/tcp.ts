import { isIPv6, type Socket } from 'node:net'
import { networkInterfaces } from 'node:os'
import { setTimeout } from 'node:timers/promises'
import { FerryError } from '../errors/ferry-error.ts'
import { errnoOf } from '../errors/local-error.ts'
import { orAbort } from '../model/or-abort.ts'
import { ReceivingSocket } from './receiving-socket.ts'
import type { SshSettings } from './settings.ts'
import type { TransportEvents } from './transport.ts'

/** An address that does not answer is left for the host's next one after so long. */
const nextAddressMs = 2000

/** As ssh, which tries once a second (ConnectionAttempts). */
const nextAttemptMs = 1000

/** Opens the connection that ssh2 is handed: without Nagle's delay, and with its many small writes put together. */
export async function connectTcp(settings: SshSettings, events: TransportEvents, signal: AbortSignal): Promise<Socket> {
  const { host, port, connectionAttempts } = settings
  for (let attempt = 1; ; attempt += 1) {
    try {
      events.note(1, `connecting to ${endpoint(host, port)}`)
      const socket = await connectOnce(settings, signal)
      events.note(2, `connected to ${endpoint(socket.remoteAddress ?? host, port)} from ${socket.localAddress ?? ''}`)
      return socket
    } catch (error) {
      signal.throwIfAborted()
      if (attempt >= connectionAttempts || !(error instanceof FerryError) || error.details.lasting === true) throw error
      events.note(1, `attempt ${attempt} of ${connectionAttempts}: ${error.message}`)
      await setTimeout(nextAttemptMs, undefined, { signal }).catch(() => signal.throwIfAborted())
    }
  }
}

/** From each of the addresses that the settings allow at this end, until one leads to the host. */
async function connectOnce(settings: SshSettings, signal: AbortSignal): Promise<Socket> {
  let failure: unknown
  for (const local of await localEnds(settings)) {
    try {
      return await connectFrom(settings, local, signal)
    } catch (error) {
      signal.throwIfAborted()
      failure = error
    }
  }
  throw failure
}

async function connectFrom(settings: SshSettings, local: LocalEnd, signal: AbortSignal): Promise<Socket> {
  const { host, port, tcpKeepAlive } = settings
  signal.throwIfAborted()
  const socket = new ReceivingSocket()
  const connected = new Promise<void>((resolve, reject) => {
    socket.once('connect', resolve)
    socket.once('error', (error) => reject(connectError(settings, socketReason(error), error)))
    socket.connect({
      host,
      port,
      ...local,
      autoSelectFamily: true,
      autoSelectFamilyAttemptTimeout: nextAddressMs,
    })
  })
  try {
    await orAbort(connected, signal)
    gatherWrites(socket)
    socket.setNoDelay(true)
    socket.setKeepAlive(tcpKeepAlive)
    return socket
  } catch (error) {
    socket.destroy()
    throw error
  }
}

/** Where a connection begins: a family, and an address of it where one was asked for. */
interface LocalEnd {
  readonly family: 0 | 4 | 6
  readonly localAddress?: string
}

/** BindAddress wins over BindInterface, as in ssh. */
async function localEnds(settings: SshSettings): Promise<LocalEnd[]> {
  const { addressFamily, bindAddress, bindInterface } = settings
  const family = ({ any: 0, ipv4: 4, ipv6: 6 } as const)[addressFamily]
  if (bindAddress === undefined && bindInterface === undefined) return [{ family }]
  const wanted = bindAddress === undefined ? `the interface ${bindInterface}` : bindAddress
  const addresses =
    bindAddress === undefined ? interfaceAddresses(bindInterface ?? '') : await addressesOf(bindAddress, settings)
  const ends = addresses.flatMap((address): LocalEnd[] => {
    const own = isIPv6(address) ? 6 : 4
    return family === 0 || family === own ? [{ family: own, localAddress: address }] : []
  })
  if (ends.length > 0) return ends
  throw lasting(
    connectError(settings, `${wanted} has no ${family === 0 ? '' : `IPv${family} `}address on this machine`),
  )
}

/** Not the link-local ones, as in ssh: they mean nothing without their interface. */
const interfaceAddresses = (name: string): string[] =>
  (networkInterfaces()[name] ?? []).flatMap(({ address }) => (/^fe[89ab]/i.test(address) ? [] : [address]))

async function addressesOf(name: string, settings: SshSettings): Promise<string[]> {
  try {
    const { lookup } = await import('node:dns/promises')
    return (await lookup(name, { all: true })).map(({ address }) => address)
  } catch (error) {
    throw connectError(settings, `the local address ${name}: ${socketReason(error)}`, error)
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
): FerryError => {
  const error = new FerryError('connect_failed', `could not connect to ${endpoint(host, port)}: ${reason}`, { cause })
  return lastingReasons.has(errnoOf(cause) ?? '') ? lasting(error) : error
}

/** A failure that a further try would only repeat. */
export const lasting = (error: FerryError): FerryError => error.with({ lasting: true })

/** A name that does not exist will not exist in a second. */
const lastingReasons: ReadonlySet<string> = new Set(['ENOTFOUND', 'EINVAL', 'EADDRNOTAVAIL'])

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
