import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { longestLine } from '../../src/audit/audit-log.ts'
import { auditPage } from '../../src/audit/audit-page.ts'
import { parseEntry } from '../../src/audit/parse-entry.ts'
import { spoiled } from '../support/hostile-text.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'

const { signal } = new AbortController()
const entry = {
  time: '2026-11-27T12:00:00.000Z',
  id: '0b8c8f3e-8a55-4a52-9d0c-0d6f5a1f6f1e',
  phase: 'outcome',
  user: 'ann',
  command: 'upload',
  host: 'here',
  pid: 7,
  operation: 'upload',
  side: 'remote',
  path: '/in/a',
  size: 3,
  result: 'ok',
}
const line = JSON.stringify(entry)

// promise: any-text
test('any line of an audit log is an entry whose time can be shown, or none', () => {
  const value = fc.oneof(fc.constantFrom('upload', 'remote', 'ok', 'intent', '', 1, null, 'bug'), fc.jsonValue())
  const other = fc.dictionary(fc.constantFrom(...Object.keys(entry), '__proto__'), value)
  fc.assert(
    fc.property(
      fc.oneof(
        spoiled(line),
        other.map((more) => JSON.stringify({ ...entry, ...more })),
        fc.json(),
      ),
      (text) => {
        const read = parseEntry(text)
        if (read !== undefined) expect(new Date(read.time).toISOString()).not.toBe('')
      },
    ),
  )
})

// promise: any-text
test('an entry among any bytes is found, once, however long the lines beside it are', async () => {
  await using directory = await temporaryDirectory()
  const file = join(directory.path, 'audit.log')
  const noise = fc.oneof(
    fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes)),
    fc.integer({ min: longestLine - 300, max: longestLine + 300 }).map((length) => Buffer.alloc(length, 'x')),
  )
  await fc.assert(
    fc.asyncProperty(noise, noise, async (before, after) => {
      await writeFile(file, Buffer.concat([before, Buffer.from(`\n${line}\n`), after]))
      const { changes } = await auditPage(file, { filter: {}, most: 10, signal })
      expect(changes).toEqual([entry])
    }),
  )
})
