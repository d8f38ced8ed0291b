import type { Connection } from '../../src/model/connection.ts'
import type { State } from '../../src/model/state.ts'
import type { StateStore } from '../../src/state/state-store.ts'

/** A state of these connections, of which only the name matters. */
export function stateOf(...connections: readonly (Partial<Connection> & { readonly name: string })[]): State {
  const stored = connections.map((value): [string, { value: Connection; origin: object }] => [
    value.name,
    { value: { host: 'h', ...value }, origin: {} },
  ])
  return { lineage: 'test', serial: 1, connections: new Map(stored), scripts: new Map() }
}

/** A store that is only read. */
export const storeOf = (state: State): StateStore => ({
  location: 'memory',
  isLocal: true,
  read: async () => state,
  update: () => Promise.reject(new Error('this state is only read')),
  replace: () => Promise.reject(new Error('this state is only read')),
})
