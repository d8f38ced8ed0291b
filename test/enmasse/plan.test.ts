import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { applyPlan } from '../../src/enmasse/apply-plan.ts'
import { type PlanOptions, plan } from '../../src/enmasse/plan.ts'
import { FerryError } from '../../src/errors/ferry-error.ts'
import type { Connection, ConnectionFields } from '../../src/model/connection.ts'
import type { Manifest } from '../../src/model/manifest.ts'
import type { Plan } from '../../src/model/plan.ts'
import type { Script } from '../../src/model/script.ts'
import type { Origin, State, Stored } from '../../src/model/state.ts'
import { hash, manifests, states } from './arbitraries.ts'

const sealing = {
  hash,
  seal: async (secret: { readonly literal: string }) => ({ sealed: `sealed ${secret.literal}`, hash: hash(secret) }),
}
const planFor = (state: State, manifest: Manifest, options: Omit<PlanOptions, 'hash'> = {}): Plan =>
  plan(state, [manifest], { ...options, hash })
const apply = (state: State, made: Plan): Promise<State> => applyPlan(state, made, sealing)
/** Values of every kind of object, by kind and name. */
const valuesOf = ({ connections, scripts }: State): Map<string, Connection | Script> =>
  new Map<string, Connection | Script>([
    ...[...connections].map(([name, { value }]) => [`connection ${name}`, value] as const),
    ...[...scripts].map(([name, { value }]) => [`script ${name}`, value] as const),
  ])
const originsOf = ({ connections, scripts }: State): Map<string, Origin> =>
  new Map([
    ...[...connections].map(([name, { origin }]) => [`connection ${name}`, origin] as const),
    ...[...scripts].map(([name, { origin }]) => [`script ${name}`, origin] as const),
  ])
const keysOf = ({ connections, scripts }: Manifest): string[] => [
  ...connections.map(({ value }) => `connection ${value.name}`),
  ...scripts.map(({ value }) => `script ${value.name}`),
]
const named = manifests.filter(({ name }) => name !== undefined)

describe('properties', () => {
  test('applying a plan leaves nothing to plan and nothing to write', async () => {
    await fc.assert(
      fc.asyncProperty(states, named, fc.boolean(), async (state, manifest, prune) => {
        const after = await apply(state, planFor(state, manifest, { takeOver: true, prune }))
        const again = planFor(after, manifest, { prune })
        expect(again.steps.filter(({ action }) => action !== 'keep')).toEqual([])
        expect(await apply(after, again)).toBe(after)
      }),
    )
  })

  test('after applying, each object of the manifest is what the manifest says, and the rest is as it was', async () => {
    await fc.assert(
      fc.asyncProperty(states, manifests, async (state, manifest) => {
        const after = await apply(state, planFor(state, manifest, { takeOver: true }))
        for (const { value, origin } of manifest.connections) {
          const { password: wanted, ...open } = value
          const stored = after.connections.get(value.name)
          const { password, ...storedOpen } = stored?.value ?? {}
          expect({ ...storedOpen }).toEqual({ ...open })
          expect(stored?.origin).toEqual(origin)
          const isText = wanted !== undefined && 'literal' in wanted
          expect(password).toEqual(isText ? { sealed: `sealed ${wanted.literal}`, hash: hash(wanted) } : wanted)
        }
        for (const object of manifest.scripts) expect(after.scripts.get(object.value.name)).toEqual(object)
        const own = new Set(keysOf(manifest))
        const others = ([key]: readonly [string, unknown]): boolean => !own.has(key)
        expect([...valuesOf(after)].filter(others)).toEqual([...valuesOf(state)].filter(others))
        expect([...originsOf(after)].filter(others)).toEqual([...originsOf(state)].filter(others))
      }),
    )
  })

  test('prune deletes exactly what the manifest owns and does not name, and nothing of others', async () => {
    await fc.assert(
      fc.asyncProperty(states, named, async (state, manifest) => {
        const after = await apply(state, planFor(state, manifest, { takeOver: true, prune: true }))
        const own = new Set(keysOf(manifest))
        const expected = [...originsOf(state)]
          .filter(([key, { owner }]) => !own.has(key) && owner !== manifest.name)
          .map(([key]) => key)
        expect(new Set(valuesOf(after).keys())).toEqual(new Set([...expected, ...own]))
      }),
    )
  })

  test('without take-over, what another manifest owns is an error, and what is planned never touches it', () => {
    fc.assert(
      fc.property(states, manifests, (state, manifest) => {
        const owners = originsOf(state)
        const foreign = keysOf(manifest).filter((key) => {
          const owner = owners.get(key)?.owner
          return owner !== undefined && owner !== manifest.name
        })
        if (foreign.length === 0) return void planFor(state, manifest)
        const error = errorOf(() => planFor(state, manifest))
        expect(error).toMatchObject({ code: 'manifest_invalid' })
        expect(error?.details.errors).toHaveLength(foreign.length)
      }),
    )
  })

  test('a plan depends on nothing but its arguments, changes none of them, and its summary counts its steps', () => {
    fc.assert(
      fc.property(states, named, fc.boolean(), (state, manifest, prune) => {
        const before = structuredClone({ state, manifest })
        const options = { takeOver: true, prune }
        const first = planFor(state, manifest, options)
        expect(planFor(structuredClone(state), structuredClone(manifest), options)).toEqual(first)
        expect({ state, manifest }).toEqual(before)
        const counts = Object.values(first.summary).reduce((sum, count) => sum + count, 0)
        expect(counts).toBe(first.steps.length)
      }),
    )
  })

  test('an update tells exactly the fields that differ, and never a secret', () => {
    fc.assert(
      fc.property(states, manifests, (state, manifest) => {
        for (const step of planFor(state, manifest, { takeOver: true }).steps) {
          if (step.action !== 'update' || step.kind !== 'connection') continue
          const stored = state.connections.get(step.name)?.value
          const wanted = manifest.connections.find(({ value }) => value.name === step.name)?.value
          for (const { name, before, after } of step.fields) {
            if (name === 'password') continue
            expect(new Map(Object.entries(stored ?? {})).get(name)).toEqual(before)
            expect(new Map(Object.entries(wanted ?? {})).get(name)).toEqual(after)
            expect(after).not.toEqual(before)
          }
          expect(JSON.stringify(step.fields)).not.toMatch(/sealed|hash of|"[xyz]"/)
        }
      }),
    )
  })
})

function errorOf(act: () => unknown): FerryError | undefined {
  try {
    act()
  } catch (error) {
    if (error instanceof FerryError) return error
    throw error
  }
  return undefined
}

describe('examples', () => {
  const empty: State = { lineage: 'l', serial: 0, connections: new Map(), scripts: new Map() }
  const connection = (value: ConnectionFields, origin: Origin = {}): Stored<ConnectionFields> => ({ value, origin })
  const stored = (...connections: Stored<Connection>[]): State => ({
    ...empty,
    connections: new Map(connections.map((one) => [one.value.name, one])),
  })
  const manifest = (fields: Partial<Manifest>): Manifest => ({
    file: 'deploy.yml',
    includedFiles: [],
    connections: [],
    scripts: [],
    warnings: [],
    ...fields,
  })
  const script = (name: string, body: string): Stored<Script> => ({ value: { name, body, sha256: body }, origin: {} })

  test('steps come in the order of the manifests, connections before scripts, deletions last', () => {
    const state = stored(
      { value: { name: 'gone', host: 'h' }, origin: { owner: 'one' } },
      { value: { name: 'kept', host: 'h' }, origin: { owner: 'one' } },
    )
    const one = manifest({
      name: 'one',
      scripts: [script('s', 'ls')],
      connections: [connection({ name: 'z', host: 'h' }), connection({ name: 'kept', host: 'h' }, { owner: 'one' })],
    })
    const two = manifest({ file: 'two.yml', name: 'two', connections: [connection({ name: 'a', host: 'h' })] })
    const made = plan(state, [one, two], { prune: true, hash })
    expect(made.steps.map(({ action, kind, name }) => `${action} ${kind} ${name}`)).toEqual([
      'create connection z',
      'keep connection kept',
      'create script s',
      'create connection a',
      'delete connection gone',
    ])
    expect(made.summary).toEqual({ create: 3, update: 0, delete: 1, unchanged: 1 })
  })

  test('a field that is left out returns to its default: its change has no "after"', () => {
    const state = stored({ value: { name: 'bank', host: 'h', timeout: '10s', password: { env: 'X' } }, origin: {} })
    const wanted = manifest({ connections: [connection({ name: 'bank', host: 'i', port: 22 })] })
    expect(planFor(state, wanted).steps).toMatchObject([
      {
        action: 'update',
        fields: [
          { name: 'host', before: 'h', after: 'i' },
          { name: 'port', after: 22 },
          { name: 'timeout', before: '10s' },
          { name: 'password', before: '(sensitive)' },
        ],
      },
    ])
  })

  test('a text that was sealed is unchanged while its hash is, and differs without a key', async () => {
    const wanted = manifest({ connections: [connection({ name: 'bank', host: 'h', password: { literal: 'x' } })] })
    const state = await apply(empty, planFor(empty, wanted))
    expect(planFor(state, wanted).summary).toMatchObject({ unchanged: 1 })
    expect(plan(state, [wanted], { hash: () => undefined }).steps).toMatchObject([
      { action: 'update', fields: [{ name: 'password', before: '(sensitive)', after: '(sensitive)' }] },
    ])
    const template = { literal: 'x', template: true } as const
    const other = manifest({ connections: [connection({ name: 'bank', host: 'h', password: template })] })
    expect(planFor(state, other).summary).toMatchObject({ update: 1 })
  })

  test('a secret that is the same stays sealed as it was when another field changes', async () => {
    const sealed = { sealed: 'long ago', hash: hash({ literal: 'x' }) }
    const state = stored({ value: { name: 'bank', host: 'h', password: sealed }, origin: {} })
    const wanted = manifest({ connections: [connection({ name: 'bank', host: 'i', password: { literal: 'x' } })] })
    const after = await apply(state, planFor(state, wanted))
    expect(after.connections.get('bank')?.value).toEqual({ name: 'bank', host: 'i', password: sealed })
  })

  test('an exported secret is the one that is stored', () => {
    const password = { sealed: 'text' }
    const state = stored({ value: { name: 'bank', host: 'h', password }, origin: {} })
    const wanted = manifest({ connections: [connection({ name: 'bank', host: 'h', password: { ...password } })] })
    expect(planFor(state, wanted).summary).toMatchObject({ unchanged: 1 })
  })

  test('only the owner or the places differ: nothing to do, and yet they are written', async () => {
    const state = stored({
      value: { name: 'bank', host: 'h' },
      origin: { fields: new Map([['host', { file: 'a', line: 1 }]]) },
    })
    const origin = { owner: 'one', fields: new Map([['host', { file: 'a', line: 2 }]]) }
    const wanted = manifest({ name: 'one', connections: [connection({ name: 'bank', host: 'h' }, origin)] })
    const made = planFor(state, wanted)
    expect(made).toMatchObject({ summary: { create: 0, update: 0, delete: 0, unchanged: 1 }, changingOwner: 1 })
    expect((await apply(state, made)).connections.get('bank')?.origin).toEqual(origin)
  })

  test('"only" leaves the other kind alone, also when it prunes', () => {
    const state: State = {
      ...stored({ value: { name: 'c', host: 'h' }, origin: { owner: 'one' } }),
      scripts: new Map([['s', { ...script('s', 'ls'), origin: { owner: 'one' } }]]),
    }
    const wanted = manifest({
      name: 'one',
      connections: [connection({ name: 'd', host: 'h' })],
      scripts: [script('t', 'ls')],
    })
    const steps = (only: 'connections' | 'scripts'): string[] =>
      planFor(state, wanted, { only, prune: true }).steps.map(({ action, kind, name }) => `${action} ${kind} ${name}`)
    expect(steps('connections')).toEqual(['create connection d', 'delete connection c'])
    expect(steps('scripts')).toEqual(['create script t', 'delete script s'])
  })

  test('the same name twice is an error with both places, a connection and a script may share one', () => {
    const at = (file: string, line: number): Origin => ({ place: { file, line, column: 5 } })
    const one = manifest({ connections: [connection({ name: 'bank', host: 'h' }, at('one.yml', 3))] })
    const two = manifest({ connections: [connection({ name: 'bank', host: 'h' }, at('two.yml', 7))] })
    expect(errorOf(() => plan(empty, [one, two], { hash }))).toMatchObject({
      code: 'manifest_invalid',
      message: 'two.yml: 1 problem',
      details: { errors: [{ file: 'two.yml', line: 7, column: 5, message: expect.stringContaining('one.yml:3:5') }] },
    })
    const both = manifest({ connections: [connection({ name: 'x', host: 'h' })], scripts: [script('x', 'ls')] })
    expect(planFor(empty, both).summary.create).toBe(2)
  })

  test('an owned object is an error with its place, its owner, and a hint; take-over takes it', async () => {
    const state = stored({ value: { name: 'bank', host: 'h' }, origin: { owner: 'billing' } })
    const origin = { owner: 'sales', place: { file: 'sales.yml', line: 4, column: 5 } }
    const wanted = manifest({ name: 'sales', connections: [connection({ name: 'bank', host: 'h' }, origin)] })
    expect(errorOf(() => planFor(state, wanted))?.details.errors).toEqual([
      {
        ...origin.place,
        message: 'connection "bank": belongs to the manifest "billing"',
        hint: expect.stringContaining('--take-over'),
      },
    ])
    const after = await apply(state, planFor(state, wanted, { takeOver: true }))
    expect(after.connections.get('bank')?.origin.owner).toBe('sales')
  })

  test('a manifest without a name is refused what anybody owns, and cannot prune', () => {
    const state = stored({ value: { name: 'bank', host: 'h' }, origin: { owner: 'billing' } })
    const wanted = manifest({ connections: [connection({ name: 'bank', host: 'i' })] })
    expect(errorOf(() => planFor(state, wanted))).toMatchObject({ code: 'manifest_invalid' })
    expect(errorOf(() => planFor(empty, wanted, { prune: true }))).toMatchObject({
      code: 'usage',
      details: { hint: expect.stringContaining('name:') },
    })
  })
})
