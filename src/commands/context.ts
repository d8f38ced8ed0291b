import type { OfferedHostKey } from '../api/offered-host-keys.ts'
import type { PingResult } from '../api/ping.ts'
import type { Remote } from '../api/remote.ts'
import type { ConnectionInput } from '../model/connection-input.ts'
import type { StateStore } from '../state/state-store.ts'
import type { Io } from './io.ts'

/** All that a command gets from outside, so that tests can hand it anything. `cli/` makes the real one. */
export interface CommandContext {
  readonly io: Io
  readonly environment: Readonly<Record<string, string | undefined>>
  /** Aborted by SIGINT, SIGTERM and --deadline; the reason is a FerryError. */
  readonly signal: AbortSignal
  readonly now: () => Date
  /** The state that the flags name, opened on first use, or the one at another location. */
  readonly store: (location?: string) => Promise<StateStore>
  /** Resolves flags, stored connection and ssh_config in one place, connects, and opens a session. */
  readonly connect: (connection: ConnectionInput, signal: AbortSignal) => Promise<Remote>
  /** One ping over a connection of its own; what failed is in the result. */
  readonly ping: (connection: ConnectionInput, signal: AbortSignal) => Promise<PingResult>
  /** The host keys that the server of a stored connection shows; nothing is offered to it. */
  readonly offeredHostKeys: (name: string, retry: number, signal: AbortSignal) => Promise<readonly OfferedHostKey[]>
  /** Said once connected, where much is read that stays: memory comes before speed from now on. */
  readonly sparesMemory: () => void
  /** From now on SIGINT calls `listener` instead of ending the command, until what it gives is disposed of. */
  readonly interrupts: (listener: () => void) => Disposable
  /** The exit status of a command that did its work and whose answer is not a plain yes: 1 is no, 4 is "there are changes". */
  readonly exitWith: (status: 1 | 4) => void
}
