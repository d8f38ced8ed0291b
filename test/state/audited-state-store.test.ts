import { expect, test } from 'vitest'
import { Audit } from '../../src/audit/audit.ts'
import type { AuditEntry } from '../../src/audit/audit-entry.ts'
import { AuditLog } from '../../src/audit/audit-log.ts'
import { FerryError } from '../../src/errors/ferry-error.ts'
import { AuditedStateStore } from '../../src/state/audited-state-store.ts'
import { openStateStore } from '../../src/state/open-state-store.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'

/** A log that takes only so many intents. */
class FullLog extends AuditLog {
  readonly entries: AuditEntry[] = []
  readonly #intents: number

  constructor(path: string, intents: number) {
    super(path)
    this.#intents = intents
  }

  override append(entry: AuditEntry): void {
    if (this.entries.filter(({ phase }) => phase === entry.phase).length >= this.#intents)
      throw new FerryError('audit_failed', 'the log is full')
    this.entries.push(entry)
  }
}

// promise: audit-intent
test('where one intent of several cannot be written, the others get the outcome that nothing was done', async () => {
  await using folder = await temporaryDirectory()
  const log = new FullLog(`${folder.path}/audit.log`, 1)
  const inner = openStateStore(`${folder.path}/state.json`, { environment: {}, signal: new AbortController().signal })
  const store = new AuditedStateStore(inner, new Audit(log, { user: 'me', command: 'test' }))
  const added = store.update((state) => ({
    ...state,
    connections: new Map(['a', 'b'].map((name) => [name, { value: { name, host: 'h' }, origin: {} }])),
  }))
  await expect(added).rejects.toMatchObject({ code: 'audit_failed' })
  expect((await inner.read()).connections.size).toBe(0)
  expect(log.entries.map(({ phase, connection, result }) => [phase, connection, result])).toEqual([
    ['intent', 'a', undefined],
    ['outcome', 'a', 'audit_failed'],
  ])
})
