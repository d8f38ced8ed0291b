import { FerryError } from '../errors/ferry-error.ts'
import type { Connection } from '../model/connection.ts'
import type { Script } from '../model/script.ts'
import type { State, Stored } from '../model/state.ts'
import { suggest } from '../model/suggest.ts'

/** The stored connection of that name; rejects with `unknown_connection` and the nearest name. */
export function storedConnection({ connections }: State, name: string): Stored<Connection> {
  const stored = connections.get(name)
  if (stored !== undefined) return stored
  const nearest = suggest(name, connections.keys())
  throw new FerryError('unknown_connection', `no connection is named "${name}"`, {
    connection: name,
    ...(nearest !== undefined && { hint: `did you mean "${nearest}"?` }),
    ...(connections.size === 0 && { hint: 'the state holds no connections yet: ferry enmasse import <manifest>' }),
  })
}

/** The stored script of that name; rejects with `unknown_script` and the nearest name. */
export function storedScript({ scripts }: State, name: string): Stored<Script> {
  const stored = scripts.get(name)
  if (stored !== undefined) return stored
  const nearest = suggest(name, scripts.keys())
  throw new FerryError('unknown_script', `no script is named "${name}"`, {
    ...(nearest !== undefined && { hint: `did you mean "${nearest}"?` }),
  })
}
