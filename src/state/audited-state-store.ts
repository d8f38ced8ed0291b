import type { Announced, Audit } from '../audit/audit.ts'
import type { Subject } from '../audit/audit-entry.ts'
import type { State } from '../model/state.ts'
import { stateChanges } from './state-changes.ts'
import type { StateStore } from './state-store.ts'
import type { StateChange } from './successor.ts'

type Announcing = (before: State, after: State) => readonly Announced[]

/** A store of which every change is recorded, by each connection and script that it makes, changes or deletes. */
export class AuditedStateStore implements StateStore {
  readonly audit: Audit
  readonly #inner: StateStore

  constructor(inner: StateStore, audit: Audit) {
    this.#inner = inner
    this.audit = audit
  }

  /** The same store, changed by somebody of whom more is known. */
  of(subject: Partial<Subject>): AuditedStateStore {
    return new AuditedStateStore(this.#inner, this.audit.of(subject))
  }

  get location(): string {
    return this.#inner.location
  }

  get isLocal(): boolean {
    return this.#inner.isLocal
  }

  read(): Promise<State> {
    return this.#inner.read()
  }

  update(change: StateChange): Promise<State> {
    const path = this.location
    const announce: Announcing = (before, after) =>
      stateChanges(before, after).map(({ action, kind, name }) =>
        this.audit.announce({ operation: `${action}_${kind}`, side: 'state', path, [kind]: name }),
      )
    return recorded(change, (next) => this.#inner.update(next), announce)
  }

  replace(change: StateChange): Promise<State> {
    const path = this.location
    const announce: Announcing = (before, after) =>
      before === after ? [] : [this.audit.announce({ operation: 'replace_state', side: 'state', path })]
    return recorded(change, (next) => this.#inner.replace(next), announce)
  }
}

/** Where the changes of a store are recorded, if they are. */
export const auditOf = (store: StateStore): Audit | undefined =>
  store instanceof AuditedStateStore ? store.audit : undefined

/** The intents are written between the last look at the state and the write, under the lock of the store. */
async function recorded(
  change: StateChange,
  write: (change: StateChange) => Promise<State>,
  announce: Announcing,
): Promise<State> {
  let announced: readonly Announced[] = []
  let state: State
  try {
    state = await write(async (before) => {
      const after = await change(before)
      announced = announce(before, after)
      return after
    })
  } catch (error) {
    for (const one of announced) one.end(error)
    throw error
  }
  for (const one of announced) one.end()
  return state
}
