import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { pathFilter } from '../../src/model/path-filter.ts'
import { ofOneSize, planSync, type SyncEntry, type SyncPlan, type SyncTree } from '../../src/operations/sync-plan.ts'

const everything = pathFilter({})

/** A tree of the entries whose directories are all there. */
function treeOf(entries: readonly SyncEntry[], unseen: readonly string[] = []): SyncTree {
  const known = new Map<string, SyncEntry>([['', directory('')]])
  for (const entry of [...entries].sort((one, other) => one.path.length - other.path.length)) {
    if (!known.has(entry.path) && known.get(parentOf(entry.path))?.kind === 'directory') known.set(entry.path, entry)
  }
  return { entries: known, unseen: new Set(unseen) }
}

const parentOf = (path: string): string => path.slice(0, Math.max(0, path.lastIndexOf('/')))
const directory = (path: string): SyncEntry => ({ path, kind: 'directory', size: 0, mtime: 1, mode: 0o755 })
const file = (path: string, more: Partial<SyncEntry> = {}): SyncEntry => ({
  path,
  kind: 'file',
  size: 1,
  mtime: 1,
  mode: 0o644,
  ...more,
})

const paths = fc.array(fc.constantFrom('a', 'b', 'c'), { minLength: 1, maxLength: 3 }).map((parts) => parts.join('/'))
const entries: fc.Arbitrary<SyncEntry> = fc.oneof(
  paths.map(directory),
  fc
    .tuple(paths, fc.constantFrom(0, 1), fc.constantFrom(1, 2))
    .map(([path, size, mtime]) => file(path, { size, mtime })),
  fc
    .tuple(paths, fc.constantFrom('x', 'y'))
    .map(([path, target]): SyncEntry => ({ path, kind: 'symlink', size: 1, target })),
)
const trees = fc.array(entries, { maxLength: 12 }).map((list) => treeOf(list))

/** What the target is when the plan is done; throws where a step meets what a file system would not allow. */
function applied(target: SyncTree, plan: SyncPlan): SyncTree {
  const now = new Map(target.entries)
  const clear = (path: string): void => {
    if ([...now.keys()].some((one) => parentOf(one) === path && one !== '')) throw new Error(`${path}: not empty`)
    if (!now.delete(path)) throw new Error(`${path}: not there`)
  }
  for (const { entry } of plan.clearing) clear(entry.path)
  for (const { action, entry } of plan.making) {
    const before = now.get(entry.path)
    if (now.get(parentOf(entry.path))?.kind !== 'directory') throw new Error(`${entry.path}: no directory`)
    if (action === 'mkdir' && before !== undefined) throw new Error(`${entry.path}: there`)
    if (before !== undefined && before.kind !== entry.kind) throw new Error(`${entry.path}: of another kind`)
    now.set(entry.path, entry)
  }
  for (const { entry } of plan.deleting) clear(entry.path)
  return { entries: now, unseen: new Set() }
}

describe('a sync plan', () => {
  test('with deletion makes the target the source, and then there is nothing to do', () => {
    fc.assert(
      fc.property(trees, trees, (source, target) => {
        const plan = planSync(source, target, { filter: everything, delete: true })
        const after = applied(target, plan)
        expect(new Map([...after.entries].sort())).toEqual(new Map([...source.entries].sort()))
        expect(plan.conflicts).toEqual([])
        const again = planSync(source, after, { filter: everything, delete: true })
        expect([again.clearing, again.making, again.deleting, again.sealing]).toEqual([[], [], [], []])
      }),
    )
  })

  test('without deletion takes nothing away, and what it does not make is a conflict or below one', () => {
    fc.assert(
      fc.property(trees, trees, (source, target) => {
        const plan = planSync(source, target, { filter: everything, delete: false })
        expect([plan.clearing, plan.deleting]).toEqual([[], []])
        const after = applied(target, plan)
        for (const path of target.entries.keys()) expect(after.entries.has(path)).toBe(true)
        const closed = plan.conflicts.map(({ step }) => step.entry.path)
        for (const [path, entry] of source.entries) {
          const isClosed = closed.some((one) => path === one || path.startsWith(`${one}/`))
          if (!isClosed) expect(after.entries.get(path)).toMatchObject({ kind: entry.kind, size: entry.size })
        }
      }),
    )
  })

  test('touches nothing that is excluded, whatever else goes', () => {
    const filter = pathFilter({ exclude: ['b'] })
    fc.assert(
      fc.property(trees, trees, (source, target) => {
        const plan = planSync(source, target, { filter, delete: true })
        const after = applied(target, plan)
        for (const [path, entry] of target.entries) {
          if (path.split('/').includes('b')) expect(after.entries.get(path)).toEqual(entry)
        }
        for (const { entry } of plan.making) expect(entry.path.split('/')).not.toContain('b')
      }),
    )
  })

  test('deletes nothing where part of the source was not seen', () => {
    fc.assert(
      fc.property(trees, trees, (source, target) => {
        const partly = { entries: source.entries, unseen: new Set(['']) }
        const plan = planSync(partly, target, { filter: everything, delete: true })
        expect([plan.clearing, plan.deleting]).toEqual([[], []])
      }),
    )
  })

  test('leaves alone what could not be seen of the target', () => {
    const source = treeOf([directory('d'), file('d/x'), file('e')])
    const target = treeOf([directory('d')], ['d'])
    const plan = planSync(source, target, { filter: everything, delete: true })
    expect(plan.making.map(({ entry }) => entry.path)).toEqual(['e'])
    expect(planSync(treeOf([file('e')]), target, { filter: everything, delete: true }).deleting).toEqual([])
  })

  test('makes a directory that is left out only for what is taken from it', () => {
    const source = treeOf([directory('d'), directory('e'), file('d/a.csv'), file('e/b.txt')])
    const filter = pathFilter({ exclude: ['*'], include: ['*.csv'] })
    const plan = planSync(source, treeOf([]), { filter, delete: false })
    expect(plan.making.map(({ action, entry }) => `${action} ${entry.path}`)).toEqual(['mkdir d', 'copy d/a.csv'])
  })

  test('seals every directory in which something changes, but a root that was there', () => {
    const source = treeOf([directory('d'), file('d/x'), directory('same'), file('same/y'), file('top')])
    const target = treeOf([directory('d'), directory('same'), file('same/y')])
    const plan = planSync(source, target, { filter: everything, delete: false })
    expect(plan.sealing.map(({ path }) => path)).toEqual(['d'])
    const fresh = planSync(source, { entries: new Map(), unseen: new Set() }, { filter: everything, delete: false })
    expect(fresh.sealing.map(({ path }) => path)).toEqual(['', 'd', 'same'])
    expect(fresh.making[0]).toMatchObject({ action: 'mkdir', entry: { path: '' } })
  })

  test('with compared contents only sets a time that differs', () => {
    const [source, target] = [treeOf([file('x', { mtime: 2 })]), treeOf([file('x')])]
    expect(ofOneSize(source, target, everything)).toEqual(['x'])
    const steps = (same: string[]): string[] =>
      planSync(source, target, { filter: everything, delete: false, same: new Set(same) }).making.map(
        ({ action }) => action,
      )
    expect([steps(['x']), steps([])]).toEqual([['attributes'], ['copy']])
  })

  test('names special files and leaves what has their name', () => {
    const source = treeOf([{ path: 'pipe', kind: 'other', size: 0 }])
    const plan = planSync(source, treeOf([file('pipe')]), { filter: everything, delete: true })
    expect(plan.special.map(({ path }) => path)).toEqual(['pipe'])
    expect(plan.deleting).toEqual([])
  })
})
