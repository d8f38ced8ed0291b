import type { RemoteDependencies } from '../api/open-remote.ts'
import type { Audit } from '../audit/audit.ts'
import { forAct } from '../commands/act-error.ts'
import type { CommandContext } from '../commands/context.ts'
import type { Io } from '../commands/io.ts'
import { FerryError } from '../errors/ferry-error.ts'
import type { KeyMemory } from '../ssh/key-memory.ts'
import type { TransportEvents } from '../ssh/transport.ts'
import type { StateStore } from '../state/state-store.ts'
import type { GlobalFlags } from './global-flags.ts'
import { optimizeLate } from './optimize-late.ts'
import type { Environment } from './output.ts'

/** What a command's context is made of, once its flags are known. */
export interface ContextParts {
  readonly io: Io
  readonly flags: GlobalFlags
  readonly environment: Environment
  readonly signal: AbortSignal
  readonly now: () => Date
  /** The command as its user calls it, for messages: `upload`, `enmasse import`. */
  readonly act: string
  readonly sparesMemory: CommandContext['sparesMemory']
  readonly interrupts: CommandContext['interrupts']
  readonly exitWith: (status: 1 | 4) => void
}

/** The real context: the state that the flags name, and connections over the network. */
export function programContext(parts: ContextParts): CommandContext {
  const { io, flags, environment, signal, now, act, sparesMemory, interrupts, exitWith } = parts
  const audit = auditFor(environment, act)
  const open = async (location = flags.state): Promise<StateStore> =>
    openStore({ ...flags, ...(location !== undefined && { state: location }) }, environment, signal, await audit)
  let opened: Promise<StateStore> | undefined
  const store = (location?: string): Promise<StateStore> => {
    if (location !== undefined) return open(location)
    opened ??= open()
    return opened
  }
  /** A private key is in memory until the command has ended, and no longer. */
  let keys: KeyMemory | undefined
  const dependencies = async (address: string, endedBy: AbortSignal): Promise<RemoteDependencies> => {
    const recording = await audit
    const { KeyMemory } = await import('../ssh/key-memory.ts')
    keys ??= new KeyMemory()
    return {
      store,
      environment,
      keys,
      signal: endedBy,
      events: eventsOf(io, address),
      ...(recording !== undefined && { audit: recording }),
    }
  }
  return {
    io,
    environment,
    signal,
    now,
    store,
    sparesMemory,
    interrupts,
    exitWith,
    async connect(connection, endedBy) {
      const { openRemote } = await import('../api/open-remote.ts')
      const done = io.waiting(`connecting to ${connection.address}`)
      try {
        const remote = await openRemote(connection, await dependencies(connection.address, endedBy))
        optimizeLate()
        return remote
      } catch (error) {
        throw error instanceof FerryError ? forAct(error, `${act} ${connection.address}`) : error
      } finally {
        done()
      }
    },
    async ping(connection, endedBy) {
      const { ping } = await import('../api/ping.ts')
      const outcome = await ping(connection, await dependencies(connection.address, endedBy))
      optimizeLate()
      return outcome
    },
    async offeredHostKeys(name, retry, endedBy) {
      const { offeredHostKeys } = await import('../api/offered-host-keys.ts')
      const done = io.waiting(`connecting to ${name}`)
      try {
        return await offeredHostKeys(name, retry, await dependencies(name, endedBy))
      } catch (error) {
        throw error instanceof FerryError ? forAct(error, `${act} ${name}`) : error
      } finally {
        done()
      }
    },
  }
}

/** What connecting tells and asks; each line has the connection. A log level that is stored counts besides that of -v. */
function eventsOf(io: Io, address: string, logLevel?: number): TransportEvents {
  return {
    note: (level, text) => io.note(level, `${address}: ${text}`, logLevel),
    level: () => io.verbosity(logLevel),
    atLevel: (level) => eventsOf(io, address, level),
    ...(io.ask !== undefined && { ask: io.ask }),
  }
}

async function openStore(
  flags: GlobalFlags,
  environment: Environment,
  signal: AbortSignal,
  audit: Audit | undefined,
): Promise<StateStore> {
  const { openStateStore } = await import('../state/open-state-store.ts')
  return openStateStore(flags.state, {
    environment,
    ...(flags.lockTimeout !== undefined && { lockTimeoutMs: flags.lockTimeout }),
    signal,
    ...(audit !== undefined && { audit }),
  })
}

/** What records the changes, where the user wants that; nobody else waits for it to be loaded. */
async function auditFor(environment: Environment, act: string): Promise<Audit | undefined> {
  const path = environment['FERRY_AUDIT_LOG']
  return path ? (await import('../audit/audit.ts')).openAudit(path, act) : undefined
}

/** A context for commands that are declared before their flags are known; it may be used from their action on. */
export function laterContext(made: () => CommandContext): CommandContext {
  return {
    get io() {
      return made().io
    },
    get environment() {
      return made().environment
    },
    get signal() {
      return made().signal
    },
    get now() {
      return made().now
    },
    get store() {
      return made().store
    },
    get connect() {
      return made().connect
    },
    get ping() {
      return made().ping
    },
    get offeredHostKeys() {
      return made().offeredHostKeys
    },
    get sparesMemory() {
      return made().sparesMemory
    },
    get interrupts() {
      return made().interrupts
    },
    get exitWith() {
      return made().exitWith
    },
  }
}
