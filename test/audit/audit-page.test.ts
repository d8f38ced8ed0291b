import { appendFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import fc from 'fast-check'
import { beforeEach, describe, expect, test } from 'vitest'
import type { AuditEntry } from '../../src/audit/audit-entry.ts'
import { type AuditFilter, auditPage } from '../../src/audit/audit-page.ts'
import { linesBackwards } from '../../src/audit/lines-backwards.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'

let file = ''
beforeEach(async () => {
  const directory = await temporaryDirectory()
  file = join(directory.path, 'audit.log')
  return () => directory[Symbol.asyncDispose]()
})

const { signal } = new AbortController()
const id = (index: number): string => `${String(index).padStart(8, '0')}-0000-4000-8000-000000000000`
const entry = (index: number, more: Partial<AuditEntry> = {}): AuditEntry => ({
  time: new Date(Date.UTC(2026, 0, 1) + index * 60_000).toISOString(),
  id: id(index),
  phase: 'outcome',
  user: 'alice',
  command: 'upload',
  host: 'here',
  pid: 1,
  operation: 'upload',
  side: 'remote',
  path: `/in/${index}`,
  ...((more.phase ?? 'outcome') === 'outcome' && { result: 'ok' }),
  ...more,
})
const both = (index: number, more: Partial<AuditEntry> = {}): AuditEntry[] => [
  entry(index, { phase: 'intent' }),
  entry(index, more),
]
const write = (entries: readonly AuditEntry[]) =>
  writeFile(file, entries.map((one) => `${JSON.stringify(one)}\n`).join(''))

/** What all pages show together, and how many there were. */
async function read(filter: AuditFilter = {}, most = 50): Promise<{ shown: string[]; pages: number }> {
  const shown: string[] = []
  let pages = 1
  let page = await auditPage(file, { filter, most, signal })
  for (;;) {
    expect(page.changes.length).toBeLessThanOrEqual(most)
    shown.push(...page.changes.map(({ path, result = 'unknown' }) => `${path} ${result}`))
    if (page.older === undefined) return { shown, pages }
    pages += 1
    page = await auditPage(file, { filter, most, cursor: page.older, signal })
  }
}

describe('lines from the end', () => {
  test('are those of the file, whatever their lengths and wherever blocks end', async () => {
    const lines = fc.array(
      fc.oneof(
        fc.string({ maxLength: 30 }),
        fc.integer({ min: 60_000, max: 65_000 }).map((n) => 'é'.repeat(n / 2)),
      ),
      { maxLength: 12 },
    )
    await fc.assert(
      fc.asyncProperty(lines, fc.boolean(), async (texts, ends) => {
        const clean = texts.map((text) => text.replaceAll('\n', ''))
        await writeFile(file, clean.join('\n') + (ends ? '\n' : ''))
        const found: string[] = []
        for await (const { text } of linesBackwards(file)) found.push(text)
        expect(found.reverse()).toEqual(clean.filter((text) => text !== ''))
      }),
      { numRuns: 40 },
    )
  })

  test('a line without end is passed over in bounded memory, and those around it are found', async () => {
    await writeFile(file, `first\n${'x'.repeat(5_000_000)}\nlast\n`)
    const found: string[] = []
    for await (const { text } of linesBackwards(file)) found.push(text)
    expect(found[0]).toBe('last')
    expect(found.at(-1)).toBe('first')
    expect(Math.max(...found.map((text) => text.length))).toBeLessThan(200_000)
  })
})

test('a change is shown once, by its outcome, and one without an outcome by its intent; the latest first', async () => {
  await write([...both(1), entry(2, { phase: 'intent' }), ...both(3, { result: 'not_found' })])
  expect((await read()).shown).toEqual(['/in/3 not_found', '/in/2 unknown', '/in/1 ok'])
})

test('pages meet without a gap or a repetition, also where changes were under way at a boundary', async () => {
  const count = 25
  const intents = Array.from({ length: count }, (_, index) => entry(index, { phase: 'intent' }))
  const outcomes = Array.from({ length: count }, (_, index) => entry(count - 1 - index))
  await write([...intents, entry(98, { phase: 'intent' }), ...outcomes.slice(0, -1)])
  for (const most of [1, 2, 7, 24, 26, 50]) {
    const { shown, pages } = await read({}, most)
    expect(shown).toHaveLength(count + 1)
    expect(new Set(shown).size).toBe(count + 1)
    expect(shown.filter((text) => text.endsWith('unknown'))).toEqual(['/in/98 unknown', '/in/0 unknown'])
    expect(pages).toBeLessThanOrEqual(Math.ceil(51 / most))
  }
})

test('what is no entry is passed over', async () => {
  await write(both(1))
  await appendFile(file, 'not json\n{"id":"x"}\n[1]\nnull\n"text"\n{"time":"2026-01-0')
  expect((await read()).shown).toEqual(['/in/1 ok'])
})

test('there is nothing in a log that is not there', async () => {
  expect(await auditPage(file, { filter: {}, most: 50, signal })).toEqual({ changes: [] })
})

test.each<[string, AuditFilter, string[]]>([
  ['user', { user: 'BO' }, ['/in/2']],
  ['session of the web', { user: '10.0' }, ['/in/3']],
  ['connection', { connection: 'ban' }, ['/in/4']],
  ['operation', { operation: 'delete' }, ['/in/5']],
  ['a result that is good', { result: 'ok', path: '/in/6' }, []],
  ['a result that is not', { result: 'failed' }, ['/in/6']],
  ['no outcome', { result: 'unknown' }, ['/in/8']],
  ['path, also where it came from', { path: 'home/' }, ['/in/7']],
  ['time', { from: new Date(entry(3).time), to: new Date(entry(4).time) }, ['/in/4', '/in/3']],
])('is narrowed by %s', async (_what, filter, expected) => {
  await write([
    ...both(1),
    ...both(2, { user: 'bob' }),
    ...both(3, { session: '10.0.0.1 ab' }),
    ...both(4, { connection: 'bank' }),
    ...both(5, { operation: 'delete' }),
    ...both(6, { result: 'permission_denied' }),
    ...both(7, { from: '/home/a' }),
    entry(8, { phase: 'intent' }),
  ])
  expect((await read(filter)).shown.map((text) => text.split(' ')[0])).toEqual(expected)
})

test('what is older than was asked for is not read, and a long log is read in parts', async () => {
  const old = Array.from({ length: 600 }, (_, index) => entry(index, { path: `/${'x'.repeat(60_000)}` }))
  await write([...old, ...both(1000)])
  const filter = { from: new Date(entry(900).time) }
  const recent = await auditPage(file, { filter, most: 50, signal })
  expect(recent).toMatchObject({ changes: [{ path: '/in/1000' }] })
  expect(recent.older).toBeUndefined()
  const none = { filter: { user: 'nobody' }, most: 50, signal }
  const { older, changes } = await auditPage(file, none)
  expect(changes).toEqual([])
  expect(older?.before).toBeGreaterThan(0)
  expect(await auditPage(file, { ...none, ...(older && { cursor: older }) })).toEqual({ changes: [] })
})
