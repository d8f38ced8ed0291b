import type { Command } from 'commander'
import picomatch from 'picomatch'
import { storedConnection } from '../api/stored-objects.ts'
import { FerryError } from '../errors/ferry-error.ts'
import { type Connection, isActive, isAddress } from '../model/connection.ts'
import type { State } from '../model/state.ts'
import { suggest } from '../model/suggest.ts'
import { collected } from './connection-command.ts'
import type { CommandContext } from './context.ts'

/** What the command line says of which connections are meant. */
export interface Choice {
  /** Names, globs over the stored names, `sftp://` addresses. */
  readonly connections: readonly string[]
  /** Every stored one. */
  readonly all: boolean
  /** Every stored one that has one of these. */
  readonly tags: readonly string[]
}

/** Connections that were asked for, each once, and those that were only matched and are inactive. */
export interface Selection {
  readonly names: readonly string[]
  readonly inactive: readonly string[]
}

/** The flags of a command that takes several connections. */
export interface ChoiceFlags {
  readonly all: boolean
  readonly tag?: readonly string[]
}

/** Adds the flags that name several connections. */
export function choiceOptions(command: Command): Command {
  return command
    .option('--all', 'every active connection', false)
    .option('--tag <tag>', 'every active connection that has the tag (repeatable)', collected)
}

/** What the arguments and flags say together. */
export const choiceOf = (connections: readonly string[], { all, tag = [] }: ChoiceFlags): Choice => ({
  connections,
  all,
  tags: tag,
})

/** Whether any connection was asked for at all. */
export const isChoice = ({ connections, all, tags }: Choice): boolean =>
  connections.length > 0 || all || tags.length > 0

/** The connections to use; those that are skipped are told. Addresses alone need no state. */
export async function chosenConnections(context: CommandContext, choice: Choice): Promise<readonly string[]> {
  const { connections, all, tags } = choice
  if (!all && tags.length === 0 && connections.every(isAddress)) return [...new Set(connections)]
  const { names, inactive } = selectConnections(await (await context.store()).read(), choice)
  for (const name of inactive) context.io.note(0, `skipped ${name}: it is inactive`)
  return names
}

/** The connections that are meant, in the order given; those of a tag and of `all` in the state's. */
export function selectConnections(state: State, { connections, all, tags }: Choice): Selection {
  const names = new Set<string>()
  const inactive = new Set<string>()
  const add = (matched: readonly Connection[]): void => {
    for (const connection of matched) (isActive(connection) ? names : inactive).add(connection.name)
  }
  for (const pattern of connections) {
    if (isAddress(pattern)) names.add(pattern)
    else if (isGlob(pattern) && !state.connections.has(pattern)) add(matching(state, pattern))
    else names.add(storedConnection(state, pattern).value.name)
  }
  for (const tag of tags) add(tagged(state, tag))
  if (all) add(connectionsOf(state))
  return { names: [...names], inactive: [...inactive].filter((name) => !names.has(name)) }
}

const isGlob = (text: string): boolean => /[*?[]/.test(text)

const connectionsOf = ({ connections }: State): Connection[] => [...connections.values()].map(({ value }) => value)

function matching(state: State, pattern: string): Connection[] {
  const matches = globOfNames(pattern)
  const found = connectionsOf(state).filter(({ name }) => matches(name))
  if (found.length > 0) return found
  throw new FerryError('unknown_connection', `no connection matches "${pattern}"`)
}

function tagged(state: State, tag: string): Connection[] {
  const connections = connectionsOf(state)
  const found = connections.filter(({ tags = [] }) => tags.includes(tag))
  if (found.length > 0) return found
  const nearest = suggest(tag, new Set(connections.flatMap(({ tags = [] }) => tags)))
  throw new FerryError('unknown_connection', `no connection has the tag "${tag}"`, {
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
