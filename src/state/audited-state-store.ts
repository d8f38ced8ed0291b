import type { Announced, Audit } from '../audit/audit.ts'
import type { Change, Subject } from '../audit/audit-entry.ts'
import type { State } from '../model/state.ts'
import { stateChanges } from './state-changes.ts'
import type { StateStore } from './state-store.ts'
import type { StateChange } from './successor.ts'

type Changes = (before: State, after: State) => readonly Change[]

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
    const changes: Changes = (before, after) =>
      stateChanges(before, after).map(({ action, kind, name }) => ({
        operation: `${action}_${kind}`,
        side: 'state',
        path,
        [kind]: name,
      }))
    return recorded(this.audit, change, (next) => this.#inner.update(next), changes)
  }

  replace(change: StateChange): Promise<State> {
    const path = this.location
    const changes: Changes = (before, after) =>
      before === after ? [] : [{ operation: 'replace_state', side: 'state', path }]
    return recorded(this.audit, change, (next) => this.#inner.replace(next), changes)
  }
}

/** Where the changes of a store are recorded, if they are. */
export const auditOf = (store: StateStore): Audit | undefined =>
  store instanceof AuditedStateStore ? store.audit : undefined

/** The intents are written between the last look at the state and the write, under the lock of the store. */
async function recorded(
  audit: Audit,
  change: StateChange,
  write: (change: StateChange) => Promise<State>,
  changes: Changes,
): Promise<State> {
  const announced: Announced[] = []
  let state: State
  try {
    state = await write(async (before) => {
      const after = await change(before)
      for (const one of changes(before, after)) announced.push(audit.announce(one))
      return after
    })
  } catch (error) {
    for (const one of announced) one.end(error)
    throw error
  }
  for (const one of announced) one.end()
  return state
}
