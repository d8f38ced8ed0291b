import { sealedConnection } from '../enmasse/apply-plan.ts'
import { editedConnection, withObject, withoutObjects } from '../enmasse/edit.ts'
import { FerryError } from '../errors/ferry-error.ts'
import { connectionOf } from '../manifest/parse-field.ts'
import { type Connection, type ConnectionFields, isActive, nameProblem } from '../model/connection.ts'
import type { State, Stored } from '../model/state.ts'
import { seal } from '../secrets/seal.ts'
import { sealingKeys } from '../secrets/sealing-keys.ts'
import { optionFaults } from '../ssh/asked-options.ts'
import type { StateStore } from '../state/state-store.ts'
import { storedConnection } from './stored-objects.ts'

/** Values of a connection's fields, by their names, as `parseField` makes them; a secret may be a text in clear. */
export type FieldValues = Readonly<Record<string, unknown>>

/** Where a change is made, and where the key comes from that seals its secrets. */
export interface Changing {
  readonly store: StateStore
  readonly environment: Readonly<Record<string, string | undefined>>
}

/** Stores a new connection of that name; rejects with `usage` where it cannot be one, with `already_exists` where there is one. */
export async function createConnection(
  { store, environment }: Changing,
  name: string,
  values: FieldValues,
): Promise<State> {
  assertName(name, `create connection "${name}"`)
  const connection = await connectionFrom({ store, environment }, { ...values, name })
  return store.update((state) => {
    assertFree(state, name)
    return { ...state, connections: withObject(state.connections, { value: connection, origin: {} }) }
  })
}

/** Rejects where the state holds a connection of that name. */
export function assertFree({ connections }: State, name: string): void {
  if (!connections.has(name)) return
  throw new FerryError('already_exists', `create connection "${name}": there is one of that name`, {
    connection: name,
    hint: 'ferry connections edit changes it',
  })
}

/** Replaces the fields of a stored connection by what `change` makes of them. A secret that is the same stays sealed as it was. */
export async function editConnection(
  { store, environment }: Changing,
  name: string,
  change: (connection: Connection) => FieldValues,
): Promise<State> {
  return store.update(async (state) => {
    const stored = storedConnection(state, name)
    const connection = await connectionFrom({ store, environment }, { ...change(stored.value), name }, stored.value)
    return { ...state, connections: withObject(state.connections, editedConnection(stored, connection)) }
  })
}

/** Gives a stored connection another name. */
export async function renameConnection({ store }: Pick<Changing, 'store'>, from: string, to: string): Promise<State> {
  assertName(to, `rename connection "${from}" to "${to}"`)
  return store.update((state) => {
    const { value, origin } = storedConnection(state, from)
    if (from !== to && state.connections.has(to)) {
      throw new FerryError('already_exists', `rename connection "${from}": there is a "${to}" already`, {
        connection: from,
      })
    }
    return { ...state, connections: withObject(state.connections, { value: { ...value, name: to }, origin }, from) }
  })
}

/** Deletes all of these connections, or none where one is unknown; gives what they were. */
export async function deleteConnections(
  { store }: Pick<Changing, 'store'>,
  names: readonly string[],
): Promise<{ readonly state: State; readonly deleted: ReadonlyMap<string, Stored<Connection>> }> {
  const deleted = new Map<string, Stored<Connection>>()
  const state = await store.update((current) => {
    for (const name of names) deleted.set(name, storedConnection(current, name))
    return { ...current, connections: withoutObjects(current.connections, names) }
  })
  return { state, deleted }
}

/** Lets connections be used, or refuses every use of them; gives the names of those that were otherwise before. */
export async function setActive(
  { store }: Pick<Changing, 'store'>,
  names: readonly string[],
  active: boolean,
): Promise<{ readonly state: State; readonly changed: readonly string[] }> {
  const changed = new Set<string>()
  const state = await store.update((current) => {
    let { connections } = current
    changed.clear()
    for (const name of names) {
      const stored = storedConnection({ ...current, connections }, name)
      if (isActive(stored.value) === active) continue
      changed.add(name)
      connections = withObject(connections, editedConnection(stored, withActivity(stored.value, active)))
    }
    return { ...current, connections }
  })
  return { state, changed: [...changed] }
}

/** Active is the default: a connection that was never disabled does not say it either. */
function withActivity({ active: _, ...connection }: Connection, active: boolean): Connection {
  return active ? connection : { ...connection, active }
}

function assertName(name: string, act: string): void {
  const problem = nameProblem(name)
  if (problem !== undefined) throw new FerryError('usage', `${act}: ${problem}`)
}

/** A connection out of the values of its fields, its secrets sealed; one that is the same as before stays sealed as it was. */
function connectionFrom(
  { store, environment }: Changing,
  values: FieldValues,
  before?: Connection,
): Promise<Connection> {
  const keys = sealingKeys({ environment, mayCreate: store.isLocal })
  const connection = connectionOf(values)
  assertOptions(connection)
  return sealedConnection(connection, before, {
    hash: () => undefined,
    seal: (secret) => seal(secret, keys),
  })
}

function assertOptions({ name, ssh_options = {} }: ConnectionFields): void {
  const [fault] = optionFaults(ssh_options)
  if (fault === undefined) return
  const { message, hint } = fault
  throw new FerryError('usage', `connection "${name}": ssh_options: ${message}`, hint === undefined ? {} : { hint })
}
