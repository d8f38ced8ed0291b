import type { Overrides } from '../model/connection-input.ts'
import type { Prompt, TransportEvents } from '../ssh/transport.ts'
import { openStateStore } from '../state/open-state-store.ts'
import { FerryConnection } from './ferry-connection.ts'
import { openRemote, type RemoteDependencies } from './open-remote.ts'
import { type PingResult, ping as pingOnce } from './ping.ts'
import { processEnvironment } from './process-environment.ts'

export interface ConnectOptions {
  /** The state that holds the connection; else `FERRY_STATE`, else the user's own. */
  readonly state?: string
  /** What ssh's flags would say: they win over what is stored. */
  readonly overrides?: Overrides
  /** Instead of the process's own. */
  readonly environment?: Readonly<Record<string, string | undefined>>
  /** Ends connecting; and every later operation that has no signal of its own. */
  readonly signal?: AbortSignal
  /** Warnings (level 0) and, as with `-v` to `-vvvv`, what happens. Never holds a secret. */
  readonly onNote?: (level: 0 | 1 | 2 | 3 | 4, text: string) => void
  /** Answers what would be asked at a terminal: an unknown host key, a password. Nobody is asked unless it is given. */
  readonly ask?: (prompt: Prompt, signal: AbortSignal) => Promise<string>
}

/** Connects to a stored connection, or to an address `sftp://[user@]host[:port][/directory]`. */
export async function connect(nameOrAddress: string, options: ConnectOptions = {}): Promise<FerryConnection> {
  const dependencies = dependenciesOf(options)
  const input = { address: nameOrAddress, overrides: options.overrides ?? {} }
  const remote = await openRemote(input, dependencies)
  return new FerryConnection(remote, dependencies, (signal) => pingOnce(input, { ...dependencies, signal }))
}

/** Opens a new connection and runs its ping command. Why it failed is in the result; only a cancelled ping rejects. */
export async function ping(nameOrAddress: string, options: ConnectOptions = {}): Promise<PingResult> {
  return pingOnce({ address: nameOrAddress, overrides: options.overrides ?? {} }, dependenciesOf(options))
}

function dependenciesOf(options: ConnectOptions): RemoteDependencies {
  const environment = options.environment ?? processEnvironment()
  const signal = options.signal ?? new AbortController().signal
  const events: TransportEvents = {
    note: options.onNote ?? (() => undefined),
    ...(options.ask !== undefined && { ask: options.ask }),
  }
  return {
    store: async () => openStateStore(options.state ?? environment['FERRY_STATE'], { environment, signal }),
    environment,
    events,
    signal,
  }
}
