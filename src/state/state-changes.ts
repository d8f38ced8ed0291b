import type { State, Stored } from '../model/state.ts'
import { objectText } from './state-text.ts'

/** One object that a change of the state made, changed or removed; `before` and `after` as the state's text holds them. */
export interface ObjectChange {
  readonly action: 'create' | 'update' | 'delete'
  readonly kind: 'connection' | 'script'
  readonly name: string
  readonly before?: string
  readonly after?: string
}

/** What differs between two states, deletions last. */
export function stateChanges(before: State, after: State): readonly ObjectChange[] {
  const changes = [
    ...objectChanges('connection', before.connections, after.connections),
    ...objectChanges('script', before.scripts, after.scripts),
  ]
  return [
    ...changes.filter(({ action }) => action !== 'delete'),
    ...changes.filter(({ action }) => action === 'delete'),
  ]
}

function objectChanges(
  kind: ObjectChange['kind'],
  before: ReadonlyMap<string, Stored<unknown>>,
  after: ReadonlyMap<string, Stored<unknown>>,
): readonly ObjectChange[] {
  return [...new Set([...before.keys(), ...after.keys()])].flatMap((name): ObjectChange[] => {
    const [old, present] = [before.get(name), after.get(name)].map((stored) => stored && objectText(stored))
    if (old === present) return []
    if (old === undefined) return [{ action: 'create', kind, name, ...(present !== undefined && { after: present }) }]
    if (present === undefined) return [{ action: 'delete', kind, name, before: old }]
    return [{ action: 'update', kind, name, before: old, after: present }]
  })
}
