import { readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeEach, expect, test } from 'vitest'
import { importManifests } from '../../src/enmasse/import-manifests.ts'
import { FerryError } from '../../src/errors/ferry-error.ts'
import type { ConnectionFields } from '../../src/model/connection.ts'
import type { Manifest } from '../../src/model/manifest.ts'
import { openSecret } from '../../src/secrets/open-secret.ts'
import { sealingKeys } from '../../src/secrets/sealing-keys.ts'
import { openStateStore } from '../../src/state/open-state-store.ts'
import type { StateStore } from '../../src/state/state-store.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'

let home = ''
let store: StateStore
const signal = new AbortController().signal
beforeEach(async () => {
  const directory = await temporaryDirectory()
  home = directory.path
  store = openStateStore(undefined, { environment: { HOME: home }, signal })
  return () => directory[Symbol.asyncDispose]()
})

const keys = (mayCreate = true) => sealingKeys({ environment: { HOME: home }, mayCreate })
const manifest = (...connections: ConnectionFields[]): Manifest => ({
  file: 'deploy.yml',
  name: 'billing',
  includedFiles: [],
  connections: connections.map((value, index) => ({
    value,
    origin: { owner: 'billing', place: { file: 'deploy.yml', line: index + 1 } },
  })),
  scripts: [],
  warnings: [],
})

test('an import stores what the manifest says, and the same import again writes nothing', async () => {
  const wanted = manifest({ name: 'bank', host: 'h', password: { literal: 'hunter2' } }, { name: 'acme', host: 'i' })
  const first = await importManifests(store, [wanted], { keys: keys(), signal })
  expect(first.plan.summary).toMatchObject({ create: 2 })
  expect(first.state.serial).toBe(1)
  const second = await importManifests(store, [wanted], { keys: keys(), signal })
  expect(second.plan.summary).toEqual({ create: 0, update: 0, delete: 0, unchanged: 2 })
  expect(second.state).toEqual(first.state)
  expect((await store.read()).serial).toBe(1)
})

test('a text is sealed before it is stored, and is what it was when it is opened', async () => {
  await importManifests(store, [manifest({ name: 'bank', host: 'h', password: { literal: 'hunter2' } })], {
    keys: keys(),
    signal,
  })
  expect(await readFile(store.location, 'utf8')).not.toContain('hunter2')
  const password = (await store.read()).connections.get('bank')?.value.password ?? { env: 'NONE' }
  expect(await openSecret(password, 'x', { environment: {}, keys: keys(false), signal })).toBe('hunter2')
})

test('a manifest without texts to seal makes no key', async () => {
  await importManifests(store, [manifest({ name: 'bank', host: 'h', password: { env: 'X' } })], {
    keys: keys(),
    signal,
  })
  await expect(stat(join(home, '.config'))).rejects.toMatchObject({ code: 'ENOENT' })
})

test('where no key may be made, a text is an error and nothing is written', async () => {
  const wanted = manifest({ name: 'acme', host: 'i' }, { name: 'bank', host: 'h', password: { literal: 'hunter2' } })
  await expect(importManifests(store, [wanted], { keys: keys(false), signal })).rejects.toMatchObject({ code: 'usage' })
  expect((await store.read()).serial).toBe(0)
})

test('one conflict, and nothing is written', async () => {
  await importManifests(store, [manifest({ name: 'bank', host: 'h' })], { keys: keys(), signal })
  const other = { ...manifest({ name: 'acme', host: 'i' }, { name: 'bank', host: 'j' }), name: 'sales' }
  await expect(importManifests(store, [other], { keys: keys(), signal })).rejects.toMatchObject({
    code: 'manifest_invalid',
  })
  expect([...(await store.read()).connections.keys()]).toEqual(['bank'])
})

test('where only places changed there is nothing to do, the places are stored, and the serial tells of it', async () => {
  await importManifests(store, [manifest({ name: 'bank', host: 'h' })], { keys: keys(), signal })
  const [bank] = manifest({ name: 'bank', host: 'h' }).connections
  const place = { file: 'deploy.yml', line: 99 }
  const moved = {
    ...manifest(),
    connections: bank === undefined ? [] : [{ ...bank, origin: { ...bank.origin, place } }],
  }
  const { plan, state } = await importManifests(store, [moved], { keys: keys(), signal })
  expect(plan.summary).toEqual({ create: 0, update: 0, delete: 0, unchanged: 1 })
  expect(state.serial).toBe(2)
  expect(state.connections.get('bank')?.origin.place).toEqual(place)
})

test('imports at the same time all take effect', async () => {
  const names = Array.from({ length: 10 }, (_, index) => `c${index}`)
  const imports = names.map((name) => {
    const wanted = { ...manifest({ name, host: 'h', password: { literal: name } }), name }
    return importManifests(store, [wanted], { keys: keys(), signal, prune: true })
  })
  await Promise.all(imports)
  expect([...(await store.read()).connections.keys()].sort()).toEqual(names)
})

test('a cancelled import writes nothing', async () => {
  const controller = new AbortController()
  const reason = new FerryError('cancelled', 'interrupted')
  controller.abort(reason)
  const wanted = manifest({ name: 'bank', host: 'h', password: { literal: 'x' } })
  const cancelled = openStateStore(undefined, { environment: { HOME: home }, signal: controller.signal })
  await expect(importManifests(cancelled, [wanted], { keys: keys(), signal: controller.signal })).rejects.toBe(reason)
  expect((await store.read()).serial).toBe(0)
})
