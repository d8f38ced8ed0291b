import type { RemoteDependencies } from '../api/open-remote.ts'
import { forAct } from '../commands/act-error.ts'
import type { CommandContext } from '../commands/context.ts'
import type { Io } from '../commands/io.ts'
import { FerryError } from '../errors/ferry-error.ts'
import type { StateStore } from '../state/state-store.ts'
import type { GlobalFlags } from './global-flags.ts'
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
  readonly exitWith: (status: 1 | 4) => void
}

/** The real context: the state that the flags name, and connections over the network. */
export function programContext({ io, flags, environment, signal, now, act, exitWith }: ContextParts): CommandContext {
  let opened: Promise<StateStore> | undefined
  const store = (): Promise<StateStore> => {
    opened ??= openStore(flags, environment, signal)
    return opened
  }
  const dependencies = (address: string, endedBy: AbortSignal): RemoteDependencies => ({
    store,
    environment,
    signal: endedBy,
    events: {
      note: (level, text) => io.note(level, `${address}: ${text}`),
      ...(io.ask !== undefined && { ask: io.ask }),
    },
  })
  return {
    io,
    environment,
    signal,
    now,
    store,
    exitWith,
    async connect(connection, endedBy) {
      const { openRemote } = await import('../api/open-remote.ts')
      const done = io.waiting(`connecting to ${connection.address}`)
      try {
        return await openRemote(connection, dependencies(connection.address, endedBy))
      } catch (error) {
        throw error instanceof FerryError ? forAct(error, `${act} ${connection.address}`) : error
      } finally {
        done()
      }
    },
    async ping(connection, endedBy) {
      const { ping } = await import('../api/ping.ts')
      return ping(connection, dependencies(connection.address, endedBy))
    },
  }
}

async function openStore(flags: GlobalFlags, environment: Environment, signal: AbortSignal): Promise<StateStore> {
  const { openStateStore } = await import('../state/open-state-store.ts')
  return openStateStore(flags.state, {
    environment,
    ...(flags.lockTimeout !== undefined && { lockTimeoutMs: flags.lockTimeout }),
    signal,
  })
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
    get exitWith() {
      return made().exitWith
    },
  }
}
