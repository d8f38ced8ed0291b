import type { State } from '../model/state.ts'

/** Where the state lives. Every implementation passes test/contract/state-store-contract.ts. */
export interface StateStore {
  /** For people: a path or a URL without its password. */
  readonly location: string
  /** Whether it stays on this machine, where a sealing key beside it lives as long as it does. */
  readonly isLocal: boolean
  /** The last state that was written whole, without waiting for a writer; a new, empty one (serial 0) where there is none. */
  read(): Promise<State>
  /**
   * Replaces the state in one atomic step, under a lock: `change` gets the present state and gives the next one, or the same
   * object for no change. Serial and lineage are the store's own business: the serial rises by one, the lineage stays. Gives what
   * is stored now. Where `change` throws, nothing is written. Rejects with `state_locked`, `state_unreadable`, `state_newer`, `state_failed`.
   */
  update(change: (state: State) => State | Promise<State>): Promise<State>
  /** As `update`, but lineage and serial are as `change` gives them: a state that was kept elsewhere comes here. */
  replace(change: (state: State) => State | Promise<State>): Promise<State>
}
