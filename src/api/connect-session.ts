import { FerryError } from '../errors/ferry-error.ts'
import { type OpenSessionOptions, openSession } from '../sftp/open-session.ts'
import { initPacket } from '../sftp/packets.ts'
import { ReconnectingSession } from '../sftp/reconnecting-session.ts'
import type { SftpSession } from '../sftp/session.ts'
import { connectChannel } from '../ssh/connect-channel.ts'
import { limitBandwidth } from '../ssh/limit-bandwidth.ts'
import type { Settings } from '../ssh/settings.ts'
import type { Channel, TransportEvents } from '../ssh/transport.ts'
import type { MoreConnections } from '../transfer/connection-pool.ts'
import { isTemporaryName } from '../transfer/temporary-name.ts'
import type { Remote } from './remote.ts'
import { Retries } from './retries.ts'
import { typedOnce } from './typed-once.ts'

export interface ConnectSessionOptions {
  /** Bytes a second, each way. */
  readonly limit?: number
  /** One request at a time, over one channel. */
  readonly serial: boolean
  /** How often, in all, the connection is tried again. */
  readonly retry: number
  readonly events: TransportEvents
  readonly signal: AbortSignal
}

export interface ConnectedSession extends Pick<Remote, 'session' | 'peer' | 'connectedInMs' | 'ended' | 'more'> {}

/** Connects and opens a session; with `retry` one that outlives its connection. */
export async function connectSession(settings: Settings, options: ConnectSessionOptions): Promise<ConnectedSession> {
  const { retry, limit, serial, events, signal } = options
  const mayBeMore = limit === undefined && !serial && settings.transport !== 'command'
  const ask = retry > 0 && events.ask !== undefined ? typedOnce(events.ask) : undefined
  const login = (of: TransportEvents): TransportEvents => ({ ...of, ...(ask && { ask: ask() }) })
  const retries = new Retries(retry, (text) => events.note(0, text))
  const first = await retries.connect(() => open(settings, { ...options, events: login(events) }), signal)
  let { channel } = first
  const connected = (session: SftpSession, ended: Promise<FerryError>): ConnectedSession => ({
    session,
    peer: channel.peer,
    connectedInMs: first.connectedInMs,
    ended,
    ...(mayBeMore && { more: moreConnections(settings, events, () => channel, session) }),
  })
  if (retry === 0) return connected(first.session, channel.ended)
  const session = new ReconnectingSession(first.session, {
    reconnect: async (lost, closed) => {
      events.note(1, lost.message)
      const either = AbortSignal.any([signal, closed])
      const again = { ...options, events: login(quiet(events)), signal: either }
      const next = await retries.reconnect(lost, () => open(settings, again), either)
      channel = next.channel
      return next.session
    },
    isOwnName: isTemporaryName,
    note: (text) => events.note(0, text),
  })
  return connected(session, session.ended)
}

/** Nobody is asked again for what the first connection has. Channels are opened over the present one. */
function moreConnections(
  settings: Settings,
  events: TransportEvents,
  present: () => Channel,
  like: SftpSession,
): MoreConnections {
  const { note } = quiet(events)
  const silent: TransportEvents = { note }
  const session = (channel: Channel, options: Pick<OpenSessionOptions, 'signal' | 'like'>): Promise<SftpSession> =>
    openSession(channel, { ...sessionOptions(settings, events, note), ...options })
  const channel = async (signal: AbortSignal): Promise<SftpSession> => {
    const another = await present().another?.(signal)
    if (another === undefined) throw new FerryError('unsupported', 'the connection has room for one channel only')
    return session(another, { signal, like })
  }
  return {
    connection: async (signal) => session(await connectChannel(settings, silent, signal, initPacket()), { signal }),
    ...(present().another && { channel }),
    note: (text) => note(1, text),
  }
}

/** Nobody is warned again of what the first connection told. */
const quiet = (events: TransportEvents): TransportEvents => ({
  ...events,
  note: (level, text) => events.note(level === 0 ? 1 : level, text),
})

interface Opened {
  readonly session: SftpSession
  readonly channel: Channel
  readonly connectedInMs: number
}

async function open(
  settings: Settings,
  { limit, serial, events, signal }: Omit<ConnectSessionOptions, 'retry'>,
): Promise<Opened> {
  const startedAt = performance.now()
  const whole = await connectChannel(settings, events, signal, initPacket())
  const channel = limit === undefined ? whole : limitBandwidth(whole, limit)
  const session = await openSession(channel, {
    ...sessionOptions(settings, events, (level, text) => events.note(level, text)),
    serial,
    signal,
  })
  return { session, channel, connectedInMs: performance.now() - startedAt }
}

const sessionOptions = (
  { timeoutMs, logLevel }: Settings,
  { level }: TransportEvents,
  note: TransportEvents['note'],
) => ({
  timeoutMs,
  note,
  // A level may change while the connection is open.
  logLevel: level ?? (() => logLevel),
})
