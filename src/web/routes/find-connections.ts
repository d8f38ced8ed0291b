import { compareNames } from '../../model/byte-order.ts'
import type { Connection } from '../../model/connection.ts'
import type { State, Stored } from '../../model/state.ts'

/** The connections that a search is for, in the order of their names: each of its words is somewhere in what a person knows of them. */
export function findConnections(
  connections: State['connections'],
  { search, tag }: { readonly search: string; readonly tag: string | undefined },
): Stored<Connection>[] {
  const words = search.toLowerCase().split(/\s+/)
  return [...connections.values()]
    .filter(({ value }) => tag === undefined || value.tags?.includes(tag))
    .filter(({ value }) => {
      const text = textOf(value)
      return words.every((word) => text.includes(word))
    })
    .sort((one, other) => compareNames(one.value.name, other.value.name))
}

const textOf = ({ name, host, username = '', description = '', tags = [] }: Connection): string =>
  [name, host, username, description, ...tags].join('\n').toLowerCase()
