import { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { setImmediate } from 'node:timers/promises'
import type { Client } from 'ssh2'
import { FerryError } from '../errors/ferry-error.ts'
import { localReason } from '../errors/local-error.ts'
import { orAbort } from '../model/or-abort.ts'
import { excerpt } from '../model/visible.ts'
import { Deadline } from './deadline.ts'
import { HostKeyCheck, PinMismatch, typeOfAlgorithm } from './host-key.ts'
import { connectProxyCommand } from './proxy-command.ts'
import type { SshSettings } from './settings.ts'
import type { OpenChannel, SshConnection } from './ssh-connection.ts'
import { countOpening, sendOpening, sendVariables } from './ssh2-internals.ts'
import { Subsystem } from './subsystem.ts'
import { connectError, connectTcp, endpoint } from './tcp.ts'
import type { Channel, TransportEvents } from './transport.ts'

/**
 * SSH by ssh2, through jump hosts where there are any, and the plain channel of the sftp subsystem. `opening` is what the channel begins
 * with: it goes out before the server has granted it.
 */
export async function connectBuiltIn(
  settings: SshSettings,
  events: TransportEvents,
  signal: AbortSignal,
  opening?: Uint8Array,
): Promise<Channel> {
  using deadline = new Deadline(settings.timeoutMs, signal)
  const clocked = pausing(events, deadline)
  const way: SshConnection<unknown>[] = []
  /** From the far end to the near one, as each is carried by the next. */
  const closeAll = async (): Promise<void> => {
    for (const connection of way.toReversed()) await connection.close()
  }
  try {
    for (const hop of settings.jumpHosts) {
      const connection = await viaJumpHost(hop, () => connectHost(hop, way.at(-1), leadOn, clocked, deadline))
      way.push(connection)
    }
    const open = openSubsystem(settings.variables, opening, events)
    const connection = await connectHost(settings, way.at(-1), open, clocked, deadline)
    way.push(connection)
    const another = (anotherSignal: AbortSignal): Promise<Channel> =>
      openAnother(settings, connection, open, anotherSignal)
    return connection.channel.asChannel(settings, connection.ended, closeAll, another)
  } catch (error) {
    await closeAll()
    throw error
  }
}

/** A jump host is only a way: nothing is opened on it but what leads on. */
const leadOn: OpenChannel<true> = (_client, callback) => callback(undefined, true)

/** Opens any number of channels of one connection. */
function openSubsystem(
  variables: SshSettings['variables'],
  opening: Uint8Array | undefined,
  events: TransportEvents,
): OpenChannel<Subsystem> {
  const begins = new WeakMap<Client, boolean>()
  return (client, callback) => {
    const hasBegun = begins.get(client) ?? (opening !== undefined && sendOpening(client, opening))
    if (!begins.has(client)) tellVariables(client, variables, events)
    begins.set(client, hasBegun)
    client.subsys('sftp', (error, channel) => {
      if (error) return callback(error)
      if (hasBegun && opening !== undefined) countOpening(channel, opening.length)
      callback(undefined, new Subsystem(client, channel, hasBegun))
    })
  }
}

function tellVariables(client: Client, variables: SshSettings['variables'], events: TransportEvents): void {
  const names = [...variables.keys()].join(', ')
  if (names === '') return
  if (sendVariables(client, variables)) events.note(2, `telling the server of the environment: ${names}`)
  else events.note(0, `the server is not told of the environment: ${names}`)
}

/** A further channel of a connection; it is closed should it come too late. */
async function openAnother(
  settings: SshSettings,
  { client, ended }: SshConnection<unknown>,
  open: OpenChannel<Subsystem>,
  signal: AbortSignal,
): Promise<Channel> {
  const opening = new Promise<Subsystem>((resolve, reject) => {
    // Throws where the connection is gone.
    open(client, (error, subsystem) => (subsystem === undefined ? reject(error) : resolve(subsystem)))
  })
  try {
    const subsystem = await orAbort(opening, signal)
    return subsystem.asChannel(settings, ended, async () => subsystem.close())
  } catch (error) {
    opening.then((subsystem) => subsystem.close()).catch(() => undefined)
    signal.throwIfAborted()
    throw connectError(settings, `the server says "${excerpt(localReason(error))}"`, error)
  }
}

/** Connects and logs in to one host, directly or through the one before it. */
async function connectHost<T>(
  settings: SshSettings,
  previous: SshConnection<unknown> | undefined,
  open: OpenChannel<T>,
  events: TransportEvents,
  deadline: Deadline,
): Promise<SshConnection<T>> {
  const own: TransportEvents = settings.batch ? { note: events.note } : events
  let call = await begunCall(settings, previous, own, deadline)
  deadline.doing = 'could not read the identities: no answer'
  const { loadIdentities } = await import('./identities.ts')
  const giveUp = (error: unknown): never => {
    call?.giveUp(error)
    throw error
  }
  const identities = await loadIdentities(settings, own, deadline.signal).catch(giveUp)
  deadline.doing = 'could not read known_hosts: no answer'
  const hostKey = await orAbort(HostKeyCheck.prepare(settings, own), deadline.signal).catch(giveUp)
  const { openSshConnection } = await import('./ssh-connection.ts')
  let hostKeyAlgorithms = hostKey.algorithms
  let mismatch: PinMismatch | undefined
  for (;;) {
    deadline.cap(settings.handshakeTimeoutMs)
    deadline.doing = `could not connect to ${endpoint(settings.host, settings.port)}: no answer`
    try {
      const socket = await (call?.socket ?? openSocket(settings, previous, own, deadline))
      call = undefined
      const options = { settings, socket, open, hostKey, hostKeyAlgorithms, identities, events: own, deadline }
      const address = socket instanceof Socket ? socket.remoteAddress : undefined
      return await openSshConnection({ ...options, ...(address !== undefined && { address }) })
    } catch (error) {
      // A pin does not say which type of key it is of, and the server may have one of that type besides.
      if (error instanceof PinMismatch) {
        const { keyType } = error
        hostKeyAlgorithms = hostKeyAlgorithms.filter((algorithm) => typeOfAlgorithm(algorithm) !== keyType)
        if (mismatch === undefined) mismatch = error
        else mismatch.shown.push(...error.shown)
        if (hostKeyAlgorithms.length > 0) continue
      }
      throw mismatch !== undefined && !deadline.signal.aborted ? mismatch : error
    }
  }
}

/** A call that is under way. */
interface Call {
  readonly socket: Promise<Duplex>
  /** Where nobody will wait for it: whether it has come through or not. */
  giveUp(reason: unknown): void
}

/**
 * Calls the server before what speaks to it is loaded, and before keys are read: it has to start a process of its own meanwhile. Absent
 * where another program or host leads to it, which may fail at any time and is started when somebody listens.
 */
async function begunCall(
  settings: SshSettings,
  previous: SshConnection<unknown> | undefined,
  events: TransportEvents,
  deadline: Deadline,
): Promise<Call | undefined> {
  if (previous !== undefined || settings.proxyCommand !== undefined) return undefined
  const left = new AbortController()
  const socket = connectTcp(settings, events, AbortSignal.any([deadline.signal, left.signal]))
  socket.catch(() => undefined) // waited for later
  await setImmediate()
  const giveUp = (reason: unknown): void => {
    left.abort(reason)
    socket.then((one) => one.destroy()).catch(() => undefined)
  }
  return { socket, giveUp }
}

async function openSocket(
  settings: SshSettings,
  previous: SshConnection<unknown> | undefined,
  events: TransportEvents,
  deadline: Deadline,
): Promise<Duplex> {
  const { host, port, proxyCommand } = settings
  if (previous === undefined && proxyCommand !== undefined) {
    return connectProxyCommand({ ...settings, proxyCommand }, events, deadline.signal)
  }
  if (previous === undefined) return connectTcp(settings, events, deadline.signal)
  events.note(1, `connecting to ${endpoint(host, port)} through the jump host`)
  const forwarded = new Promise<Duplex>((resolve, reject) => {
    // Throws where the jump host is gone.
    previous.client.forwardOut('127.0.0.1', 0, host, port, (error, channel) =>
      error ? reject(error) : resolve(channel),
    )
  })
  try {
    return await orAbort(forwarded, deadline.signal)
  } catch (error) {
    deadline.signal.throwIfAborted()
    throw connectError(settings, `the jump host says "${excerpt(localReason(error))}"`, error)
  }
}

async function viaJumpHost<T>({ host, port }: SshSettings, connect: () => Promise<T>): Promise<T> {
  try {
    return await connect()
  } catch (error) {
    if (!(error instanceof FerryError) || error.code === 'cancelled' || error.code === 'terminated') throw error
    throw error.with({ message: `jump host ${endpoint(host, port)}: ${error.message}` })
  }
}

/** While somebody is asked, the server's clock stands still. */
function pausing(events: TransportEvents, deadline: Deadline): TransportEvents {
  const { ask } = events
  const note: TransportEvents['note'] = (level, text) => events.note(level, text)
  return { note, ...(ask !== undefined && { ask: (prompt, signal) => deadline.paused(() => ask(prompt, signal)) }) }
}
