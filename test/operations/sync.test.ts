import { chmodSync, lutimesSync, mkdirSync, readFileSync, rmSync, statSync, symlinkSync, utimesSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { type SyncOptions, type SyncStepResult, sync } from '../../src/operations/sync.ts'
import { listing, meanwhile, status } from '../support/sftp-server/acts.ts'
import { counted, harvest, namesIn, overBoth, plant, type Rig, remembered, servedRig, signal } from './rig.ts'

/** One side, and what makes it the source. */
const ways = [
  ['push', { pull: false }],
  ['pull', { pull: true }],
] as const

async function synced(rig: Rig, options: Partial<SyncOptions> = {}) {
  const steps: SyncStepResult[] = []
  const onStep = (step: SyncStepResult): void => void steps.push(step)
  const summary = await sync(rig.session, rig.here('s'), rig.remote('s'), { signal, onStep, ...options })
  return { summary, steps: steps.map(({ action, path }) => `${action} ${path}`), results: steps }
}

/** The side that is given, and the side that is changed. */
const sides = (rig: Rig, pull: boolean): [source: string, target: string] =>
  pull ? [rig.there('s'), rig.here('s')] : [rig.here('s'), rig.there('s')]

function build(source: string): void {
  plant(source, { 'a.bin': counted(70_001), 'd/b': 'bb', 'd/e/': '', 'd/c.txt': 'c' })
  symlinkSync('a.bin', `${source}/link`)
  symlinkSync('../a.bin', `${source}/d/up`)
  lutimesSync(`${source}/link`, 1_000, 1_000)
  chmodSync(`${source}/a.bin`, 0o640)
  utimesSync(`${source}/a.bin`, 1_000_000_000.5, 1_100_000_000.75)
  chmodSync(`${source}/d`, 0o750)
  utimesSync(`${source}/d`, 1_000_000_000, 1_200_000_000)
}

overBoth('sync', (open) => {
  describe.each(ways)('%s', (_, { pull }) => {
    test('makes a new tree the same, and the second run does nothing', async () => {
      const rig = await open()
      const [source, target] = sides(rig, pull)
      build(source)
      const first = await synced(rig, { pull })
      expect(first.summary).toMatchObject({ files: 5, directories: 3, bytes: 70_004, deleted: 0, failures: [] })
      const before = harvest(target)
      expect(before).toEqual(harvest(source))
      const second = await synced(rig, { pull })
      expect(second.steps).toEqual([])
      expect(second.summary).toMatchObject({ files: 0, directories: 0, bytes: 0, deleted: 0, unchanged: 5 })
      expect(harvest(target)).toEqual(before)
    })

    test('a dry run tells the steps of the run and does none', async () => {
      const rig = await open()
      const [source, target] = sides(rig, pull)
      build(source)
      plant(target, { 'old/x': 'x' })
      const before = harvest(target)
      const dry = await synced(rig, { pull, delete: true, dryRun: true })
      expect(harvest(target)).toEqual(before)
      const real = await synced(rig, { pull, delete: true })
      expect([...dry.steps].sort()).toEqual([...real.steps].sort())
      const { durationMs: _, ...counts } = dry.summary
      expect(real.summary).toMatchObject(counts)
    })

    test('moves only what differs, and keeps what only the target has', async () => {
      const rig = await open()
      const [source, target] = sides(rig, pull)
      build(source)
      await synced(rig, { pull })
      plant(source, { 'd/b': 'changed' })
      plant(target, { mine: 'm' })
      chmodSync(`${source}/d/c.txt`, 0o600)
      const { steps } = await synced(rig, { pull })
      expect(steps.sort()).toEqual(['attributes d/c.txt', 'copy d/b'])
      expect(readFileSync(`${target}/d/b`, 'utf8')).toBe('changed')
      expect(statSync(`${target}/d/c.txt`).mode & 0o777).toBe(0o600)
      expect(harvest(target).get('d')).toEqual(harvest(source).get('d'))
      expect(namesIn(target)).toContain('mine')
    })

    test('deletes what only the target has, links themselves, and nothing that is excluded', async () => {
      const rig = await open()
      const [source, target] = sides(rig, pull)
      plant(source, { keep: 'k' })
      plant(target, { 'old/x/y': 'y', 'half/a.log': 'l', 'half/b': 'b' })
      const outside = pull ? rig.here('outside') : rig.there('outside')
      plant(outside, { precious: 'p' })
      symlinkSync('../outside', `${target}/way`)
      const { summary, steps } = await synced(rig, { pull, delete: true, exclude: ['*.log'] })
      expect(summary.failures).toEqual([])
      expect(namesIn(target)).toEqual(['half', 'half/a.log', 'keep'])
      expect(readFileSync(`${outside}/precious`, 'utf8')).toBe('p')
      expect(steps.filter((step) => step.startsWith('delete'))).toHaveLength(5)
      expect(summary.deleted).toBe(5)
    })

    test('a file and a directory of one name fail by name without --delete, and the rest is done', async () => {
      const rig = await open()
      const [source, target] = sides(rig, pull)
      plant(source, { file: 'f', 'dir/x': 'x', other: 'o' })
      plant(target, { 'file/in/the/way': 'w', dir: 'd' })
      const refused = await synced(rig, { pull })
      expect(refused.summary.failures.map(({ error }) => error.code)).toEqual(['wrong_kind', 'wrong_kind'])
      expect(readFileSync(`${target}/other`, 'utf8')).toBe('o')
      expect(readFileSync(`${target}/dir`, 'utf8')).toBe('d')
      const done = await synced(rig, { pull, delete: true })
      expect(done.summary.failures).toEqual([])
      expect(harvest(target)).toEqual(harvest(source))
    })

    test('compares contents with --checksum', async () => {
      const rig = await open()
      const [source, target] = sides(rig, pull)
      plant(source, { same: 'abc', other: 'abc' })
      plant(target, { same: 'abc', other: 'abd' })
      for (const side of [source, target]) utimesSync(`${side}/other`, 1000, 1000)
      utimesSync(`${target}/same`, 1000, 1000)
      expect((await synced(rig, { pull })).steps.sort()).toEqual(['copy same'])
      utimesSync(`${target}/same`, 1000, 1000)
      expect((await synced(rig, { pull, checksum: true })).steps.sort()).toEqual(['attributes same', 'copy other'])
      expect((await synced(rig, { pull, checksum: true })).steps).toEqual([])
    })

    // promise: no-blind-delete
    test('a source that is not there is an error, and nothing is deleted', async () => {
      const rig = await open()
      const [, target] = sides(rig, pull)
      plant(target, { a: 'a' })
      await expect(synced(rig, { pull, delete: true })).rejects.toMatchObject({
        code: pull ? 'not_found' : 'local_failed',
      })
      expect(namesIn(target)).toEqual(['a'])
    })

    test('what an interrupted run left is not copied, and goes with --delete', async () => {
      const rig = await open()
      const [source, target] = sides(rig, pull)
      plant(source, { a: 'a', '.b.ferry-0123456789ab': 'left' })
      plant(target, { '.a.ferry-0123456789ab': 'left' })
      const { events, listener } = remembered()
      await synced(rig, { pull, listener })
      expect(namesIn(target)).toEqual(['.a.ferry-0123456789ab', 'a'])
      const told = { kind: 'warning', message: expect.stringMatching(/^1 temporary file .*--delete/) }
      expect(events).toContainEqual(expect.objectContaining(told))
      await synced(rig, { pull, listener, delete: true })
      expect(namesIn(target)).toEqual(['a'])
      expect(events.filter(({ kind }) => kind === 'warning')).toHaveLength(1)
    })
  })
})

describe('sync', () => {
  test('of a tree that is alike asks for one listing and nothing more', async () => {
    const rig = await servedRig()
    plant(rig.here('s'), { a: 'a', 'd/b': 'b', 'd/e/c': 'c' })
    await synced(rig)
    const before = rig.pair.requests.length
    await synced(rig)
    const asked = rig.pair.requests.slice(before).map(({ name }) => name)
    expect(new Set(asked)).toEqual(new Set(['stat', 'opendir', 'readdir', 'close']))
    expect(asked.filter((name) => name === 'opendir')).toHaveLength(3)
    expect(asked.filter((name) => name === 'stat')).toHaveLength(1)
  })

  // promise: no-blind-delete
  test('deletes nothing here where the server could not list all, and says what', async () => {
    const rig = await servedRig({ faults: [{ on: 'opendir', path: '/s/d', act: status(3) }] })
    plant(rig.there('s'), { a: 'a', 'd/b': 'b' })
    plant(rig.here('s'), { mine: 'm' })
    const { summary, results } = await synced(rig, { pull: true, delete: true })
    expect(summary.failures.map(({ path, error }) => [path, error.code])).toEqual([['/s/d', 'permission_denied']])
    expect(results).toContainEqual({ action: 'list', path: '/s/d', error: expect.anything() })
    expect(namesIn(rig.here('s'))).toEqual(['a', 'd', 'mine'])
  })

  // promise: one-name
  test('refuses names that cannot be one, and links that lead out', async () => {
    const rig = await servedRig({
      faults: [
        { on: 'readdir', path: '/s', times: 1, act: listing('../evil', 'ok') },
        { on: 'readdir', path: '/s', act: status(1) },
      ],
    })
    plant(rig.there('s'), { ok: 'o' })
    const { summary } = await synced(rig, { pull: true, delete: true })
    expect(summary.failures).toHaveLength(1)
    expect(namesIn(rig.here())).toEqual(['s', 's/ok'])
    const other = await servedRig()
    mkdirSync(other.there('s'))
    symlinkSync('/etc/passwd', other.there('s/out'))
    for (const dryRun of [true, false]) {
      const led = await synced(other, { pull: true, dryRun })
      expect(led.summary.failures.map(({ error }) => error.message)).toEqual([
        expect.stringContaining('refused the link to /etc/passwd'),
      ])
      expect(led.results).toContainEqual({ action: 'link', path: 'out', error: led.summary.failures[0]?.error })
    }
  })

  // promise: delete-no-follow
  test('does not delete through a directory that became a link', async () => {
    const rig = await servedRig({
      faults: [
        {
          on: 'lstat',
          path: '/s/old',
          act: meanwhile(() => {
            rmSync(rig.there('s/old'), { recursive: true })
            symlinkSync('../outside', rig.there('s/old'))
          }),
        },
      ],
    })
    plant(rig.here('s'), { a: 'a' })
    plant(rig.there(), { 's/old/precious': 'x', 'outside/precious': 'x' })
    const { summary } = await synced(rig, { delete: true })
    expect(summary.failures.length).toBeGreaterThan(0)
    expect(namesIn(rig.there('outside'))).toEqual(['precious'])
  })

  test('one step that fails is a failure among the rest', async () => {
    const rig = await servedRig({ faults: [{ on: 'open', path: /\.b\.ferry/, act: status(3) }] })
    plant(rig.here('s'), { a: 'a', b: 'b', c: 'c' })
    const { summary } = await synced(rig)
    expect(summary.failures.map(({ path, error }) => [path, error.code])).toEqual([
      [rig.here('s/b'), 'permission_denied'],
    ])
    expect(namesIn(rig.there('s'))).toEqual(['a', 'c'])
  })
})
