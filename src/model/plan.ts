import type { ConnectionFields } from './connection.ts'
import type { Script } from './script.ts'
import type { Origin, Stored } from './state.ts'

export type ObjectKind = 'connection' | 'script'

/** One field that differs. Values are JSON; a secret's is `(sensitive)`; absent: not set, the default holds. */
export interface FieldChange {
  readonly name: string
  readonly before?: unknown
  readonly after?: unknown
}

interface Subject {
  readonly kind: ObjectKind
  readonly name: string
}

/** What is to be done with one object. `keep` has an origin where the owner or the places change, which is no change of the object. */
export type Step = Subject &
  (
    | { readonly action: 'create' | 'update'; readonly fields: readonly FieldChange[]; readonly wanted: Wanted }
    | { readonly action: 'delete'; readonly fields: readonly FieldChange[] }
    | { readonly action: 'keep'; readonly origin?: Origin; readonly changesOwner?: boolean }
  )

export type Wanted =
  | { readonly kind: 'connection'; readonly object: Stored<ConnectionFields> }
  | { readonly kind: 'script'; readonly object: Stored<Script> }

/** In the manifests' order, deletions last. */
export interface Plan {
  readonly steps: readonly Step[]
  readonly summary: {
    readonly create: number
    readonly update: number
    readonly delete: number
    readonly unchanged: number
  }
  /** So many of those that are unchanged get another owner, if any. */
  readonly changingOwner?: number
}

/** `1 to create, 1 to update, 1 to delete, 2 unchanged`, or `nothing to do, 4 unchanged`. */
export function summaryText({ summary, changingOwner }: Plan, tense: 'future' | 'past'): string {
  const unchanged = `${summary.unchanged} unchanged${ownersText(changingOwner, tense)}`
  if (summary.create + summary.update + summary.delete === 0) return `nothing to do, ${unchanged}`
  const part = (action: 'create' | 'update' | 'delete'): string =>
    tense === 'future' ? `${summary[action]} to ${action}` : `${summary[action]} ${action}d`
  return `${part('create')}, ${part('update')}, ${part('delete')}, ${unchanged}`
}

/** The state is written for another owner, too. */
function ownersText(count: number | undefined, tense: 'future' | 'past'): string {
  if (count === undefined) return ''
  const change = tense === 'past' ? 'changed' : count === 1 ? 'changes' : 'change'
  return `, of which ${count} ${change} owner`
}
