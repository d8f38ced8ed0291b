import type { State } from '../model/state.ts'
import { stateText } from './state-text.ts'

/** What a store is given to make the next state. */
export type StateChange = (state: State) => State | Promise<State>

/** What is stored after `current`, when a change gave `next`: `current` itself where nothing changes. */
export type Following = (current: State, next: State) => State

/** The serial rises by one, the lineage stays. */
export const successor: Following = (current, next) => {
  const { lineage, serial } = current
  if (next === current || stateText({ ...next, lineage, serial }) === stateText(current)) return current
  return { ...next, lineage, serial: serial + 1 }
}

/** Lineage and serial are those of `next`. */
export const replacement: Following = (current, next) =>
  next === current || stateText(next) === stateText(current) ? current : next
