import { manifestText } from '../manifest/manifest-text.ts'
import type { Connection } from '../model/connection.ts'
import type { ObjectKind } from '../model/plan.ts'
import type { Script } from '../model/script.ts'
import type { Stored } from '../model/state.ts'
import { placeText } from './connection-document.ts'
import type { Io } from './io.ts'

/** Objects as they are after a change by hand. */
interface Changed {
  readonly connections?: readonly Stored<Connection>[]
  readonly scripts?: readonly Stored<Script>[]
}

/**
 * The answer of a command that changed objects by hand. Of those that a manifest owns it warns, since the next import undoes the
 * change, and prints what to put there.
 */
export async function answerChange(
  io: Io,
  document: Readonly<Record<string, unknown>>,
  { connections = [], scripts = [] }: Changed,
): Promise<void> {
  const owned = { connections: connections.filter(isOwned), scripts: scripts.filter(isOwned) }
  for (const object of owned.connections) warnOfOwner(io, 'connection', object, 'to keep it, put this there')
  for (const object of owned.scripts) warnOfOwner(io, 'script', object, 'to keep it, put this there')
  const yaml = yamlOf(owned)
  if (yaml.length === 0) return io.result(document)
  await io.result({ ...document, manifest: `${yaml.join('\n')}\n` }, yaml)
}

/** Warns that the next import of the manifest that owns an object undoes what was done to it. */
export function warnOfOwner(
  io: Io,
  kind: ObjectKind,
  { value, origin }: Stored<{ readonly name: string }>,
  remedy: string,
): void {
  const { owner, place } = origin
  if (owner === undefined) return
  const where = place === undefined ? '' : ` (${placeText(place)})`
  io.note(
    0,
    `${kind} "${value.name}" belongs to the manifest "${owner}"${where}, and its next import undoes this; ${remedy}`,
  )
}

const isOwned = ({ origin }: Stored<unknown>): boolean => origin.owner !== undefined

function yamlOf({ connections, scripts }: Required<Changed>): string[] {
  if (connections.length + scripts.length === 0) return []
  const text = manifestText({
    connections: connections.map(({ value }) => value),
    scripts: scripts.map(({ value }) => value),
  })
  const empty = ['connections: []', 'scripts: []']
  return text
    .replace(/\n$/, '')
    .split('\n')
    .filter((line) => !empty.includes(line))
}
