import picomatch from 'picomatch'
import { FerryError } from '../errors/ferry-error.ts'
import type { State } from '../model/state.ts'
import { suggest } from '../model/suggest.ts'

/** Connections that were asked for, each once, and those that a glob or `--all` matched but that are inactive. */
export interface Selection {
  readonly names: readonly string[]
  readonly inactive: readonly string[]
}

/** Names, globs over the stored names, and `sftp://` addresses, in the order given; `all` stands for every stored name. */
export function selectConnections(state: State, patterns: readonly string[], all: boolean): Selection {
  const names = new Set<string>()
  const inactive = new Set<string>()
  for (const pattern of patterns) {
    if (isAddress(pattern) || state.connections.has(pattern)) names.add(pattern)
    else for (const name of matching(state, pattern)) (isActive(state, name) ? names : inactive).add(name)
  }
  if (all) for (const name of state.connections.keys()) (isActive(state, name) ? names : inactive).add(name)
  return { names: [...names], inactive: [...inactive].filter((name) => !names.has(name)) }
}

export const isAddress = (text: string): boolean => text.startsWith('sftp://')

const isActive = (state: State, name: string): boolean => state.connections.get(name)?.value.active !== false

function matching(state: State, pattern: string): string[] {
  if (!/[*?[]/.test(pattern)) throw unknown(state, pattern)
  const matches = globOfNames(pattern)
  const found = [...state.connections.keys()].filter((name) => matches(name))
  if (found.length > 0) return found
  throw new FerryError('unknown_connection', `no connection matches "${pattern}"`)
}

function unknown(state: State, name: string): FerryError {
  const nearest = suggest(name, state.connections.keys())
  return new FerryError('unknown_connection', `no connection is named "${name}"`, {
    connection: name,
    ...(nearest !== undefined && { hint: `did you mean "${nearest}"?` }),
  })
}

/** `*`, `?` and `[…]` over whole names: a name is no path, so its slashes are ordinary, and so are parentheses. */
function globOfNames(pattern: string): (name: string) => boolean {
  const plain = (text: string): string => text.replaceAll('/', '\u2044')
  const matches = picomatch(plain(pattern).replace(/[(){}|]/g, '\\$&'), {
    dot: true,
    nobrace: true,
    noextglob: true,
    noglobstar: true,
    nonegate: true,
  })
  return (name) => matches(plain(name))
}
