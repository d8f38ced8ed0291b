import { counted } from '../model/counted.ts'
import { type State, stateFormat } from '../model/state.ts'
import type { StateStore } from '../state/state-store.ts'

/** What a state is, without what it holds, as `ferry state` answers it. */
export function stateDocument({ location }: StateStore, { lineage, serial, connections, scripts }: State) {
  return { format: stateFormat, lineage, serial, connections: connections.size, scripts: scripts.size, location }
}

/** `2 connections, 1 script, serial 42`. */
export function stateSummary({ serial, connections, scripts }: State): string {
  return `${counted(connections.size, 'connection')}, ${counted(scripts.size, 'script')}, serial ${serial}`
}
