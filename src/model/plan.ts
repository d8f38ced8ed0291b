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

/** What is to be done with one object. `keep` has an origin where the owner or the places change, which is no change to show. */
export type Step = Subject &
  (
    | { readonly action: 'create' | 'update'; readonly fields: readonly FieldChange[]; readonly wanted: Wanted }
    | { readonly action: 'delete'; readonly fields: readonly FieldChange[] }
    | { readonly action: 'keep'; readonly origin?: Origin }
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
}
