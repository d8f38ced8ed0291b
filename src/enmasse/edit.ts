import type { Connection } from '../model/connection.ts'
import type { FieldChange } from '../model/plan.ts'
import type { Script } from '../model/script.ts'
import type { Stored } from '../model/state.ts'
import { connectionDifferences, scriptDifferences } from './differences.ts'

type Objects<T> = ReadonlyMap<string, Stored<T>>

/** The objects with one more, or with another in the place of `replaced`, under its own name. */
export function withObject<T extends { readonly name: string }>(
  objects: Objects<T>,
  object: Stored<T>,
  replaced = object.value.name,
): Objects<T> {
  const entry = [object.value.name, object] as const
  if (!objects.has(replaced)) return new Map([...objects, entry])
  return new Map([...objects].map((present) => (present[0] === replaced ? entry : present)))
}

export function withoutObjects<T>(objects: Objects<T>, names: readonly string[]): Objects<T> {
  return new Map([...objects].filter(([name]) => !names.includes(name)))
}

/** A connection that a person changed: its owner stays, and a changed field comes from no place in a manifest any more. */
export function editedConnection({ value, origin }: Stored<Connection>, changed: Connection): Stored<Connection> {
  const changes = connectionDifferences(value, changed, () => undefined)
  return edited(origin, changed, changes)
}

/** As `editedConnection`. */
export function editedScript({ value, origin }: Stored<Script>, changed: Script): Stored<Script> {
  return edited(origin, changed, scriptDifferences(value, changed))
}

function edited<T>({ fields, ...origin }: Stored<T>['origin'], value: T, changes: readonly FieldChange[]): Stored<T> {
  if (fields === undefined) return { value, origin }
  const names = new Set(changes.map(({ name }) => name))
  return { value, origin: { ...origin, fields: new Map([...fields].filter(([name]) => !names.has(name))) } }
}
