import type { Place } from '../errors/ferry-error.ts'
import type { Connection } from './connection.ts'
import type { Script } from './script.ts'

/** Where an object came from. A plan does not compare it; errors and `show` name it. */
export interface Origin {
  /** `name` of the manifest that imported the object. */
  readonly owner?: string
  readonly place?: Place
  /** Place of each field that was set; a Map, since a field's name is data. */
  readonly fields?: ReadonlyMap<string, Place>
}

export interface Stored<T> {
  readonly value: T
  readonly origin: Origin
}

/** All that ferry knows. Values of type State are never changed, only replaced. */
export interface State {
  /** Tells two states apart, for ever; a UUID. */
  readonly lineage: string
  /** Rises by one with each change; 0 is a state that was never written. */
  readonly serial: number
  readonly connections: ReadonlyMap<string, Stored<Connection>>
  readonly scripts: ReadonlyMap<string, Stored<Script>>
}

/** The version of the stored form. A newer one is refused, never rewritten. */
export const stateFormat = 1
