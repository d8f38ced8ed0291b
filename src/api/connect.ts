import { openAudit } from '../audit/audit.ts'
import type { ConnectionInput, Overrides } from '../model/connection-input.ts'
import type { Prompt } from '../ssh/transport.ts'
import { auditOf } from '../state/audited-state-store.ts'
import { openStateStore } from '../state/open-state-store.ts'
import type { StateStore } from '../state/state-store.ts'
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
  /** The file where changes are recorded; else the one that `FERRY_AUDIT_LOG` names, if it does. */
  readonly auditLog?: string
  /** Ends connecting; and every later operation that has no signal of its own. */
  readonly signal?: AbortSignal
  /** Warnings (level 0) and, as with `-v` to `-vvvv`, what happens. Never holds a secret. */
  readonly onNote?: (level: 0 | 1 | 2 | 3 | 4, text: string) => void
  /** Answers what would be asked at a terminal: an unknown host key, a password. Nobody is asked unless it is given. */
  readonly ask?: (prompt: Prompt, signal: AbortSignal) => Promise<string>
  /** False: `!` and `lls` are refused in scripts, whatever the connection says. */
  readonly localCommands?: boolean
}

/** How a connection is opened over a state that is open already. */
export type StateConnectOptions = Omit<ConnectOptions, 'state' | 'environment' | 'auditLog'>

/** A state that is open, and the environment in which its references are looked up. */
export interface OpenedState {
  readonly store: StateStore
  readonly environment: Readonly<Record<string, string | undefined>>
}

/** Connects to a stored connection, or to an address `sftp://[user@]host[:port][/directory]`. */
export async function connect(nameOrAddress: string, options: ConnectOptions = {}): Promise<FerryConnection> {
  return connectWith(nameOrAddress, options, dependenciesOf(options))
}

/** Opens a new connection and runs its ping command. Why it failed is in the result; only a cancelled ping rejects. */
export async function ping(nameOrAddress: string, options: ConnectOptions = {}): Promise<PingResult> {
  return pingOnce(inputOf(nameOrAddress, options), dependenciesOf(options))
}

/** As `connect`, over a state that is open already. */
export function connectOver(
  state: OpenedState,
  nameOrAddress: string,
  options: StateConnectOptions,
): Promise<FerryConnection> {
  return connectWith(nameOrAddress, options, dependenciesOver(state, options))
}

/** As `ping`, over a state that is open already. */
export function pingOver(state: OpenedState, nameOrAddress: string, options: StateConnectOptions): Promise<PingResult> {
  return pingOnce(inputOf(nameOrAddress, options), dependenciesOver(state, options))
}

const inputOf = (address: string, { overrides = {} }: StateConnectOptions): ConnectionInput => ({ address, overrides })

async function connectWith(
  nameOrAddress: string,
  options: StateConnectOptions,
  dependencies: RemoteDependencies,
): Promise<FerryConnection> {
  const input = inputOf(nameOrAddress, options)
  const remote = await openRemote(input, dependencies)
  return new FerryConnection(remote, dependencies, (signal) => pingOnce(input, { ...dependencies, signal }))
}

function dependenciesOf(options: ConnectOptions): RemoteDependencies {
  const environment = options.environment ?? processEnvironment()
  const common = commonDependencies(options)
  const { signal } = common
  const audit = openAudit(options.auditLog ?? environment['FERRY_AUDIT_LOG'], 'api')
  return {
    ...common,
    store: async () => openStateStore(options.state ?? environment['FERRY_STATE'], { environment, signal }),
    environment,
    ...(audit !== undefined && { audit }),
  }
}

function dependenciesOver({ store, environment }: OpenedState, options: StateConnectOptions): RemoteDependencies {
  const audit = auditOf(store)
  return {
    ...commonDependencies(options),
    store: async () => store,
    environment,
    ...(audit !== undefined && { audit }),
  }
}

function commonDependencies({
  onNote = () => undefined,
  ask,
  signal = new AbortController().signal,
  localCommands,
}: StateConnectOptions): Omit<RemoteDependencies, 'store' | 'environment' | 'audit'> {
  return {
    events: { note: onNote, ...(ask !== undefined && { ask }) },
    signal,
    ...(localCommands !== undefined && { localCommands }),
  }
}
