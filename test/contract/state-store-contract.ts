import { describe, expect, test } from 'vitest'
import { FerryError, type Place } from '../../src/errors/ferry-error.ts'
import type { Connection } from '../../src/model/connection.ts'
import type { Script } from '../../src/model/script.ts'
import type { State, Stored } from '../../src/model/state.ts'
import type { StateStore } from '../../src/state/state-store.ts'

/** A place for a state that holds nothing yet. */
export interface StatePlace extends AsyncDisposable {
  /** A store over it, as another process would open it. */
  open(options?: { readonly lockTimeoutMs?: number; readonly signal?: AbortSignal }): StateStore
}

/** The state with one connection more. */
export function withConnection(state: State, connection: Connection): State {
  return { ...state, connections: new Map(state.connections).set(connection.name, { value: connection, origin: {} }) }
}

/** A promise and what settles it. */
function gate(): { readonly passed: Promise<void>; open(): void } {
  let open = (): void => {}
  const passed = new Promise<void>((resolve) => {
    open = resolve
  })
  return { passed, open: () => open() }
}

/** What every StateStore promises, one test for each sentence of its interface. */
export function stateStoreContract(name: string, makePlace: () => Promise<StatePlace>): void {
  describe(`StateStore contract: ${name}`, () => {
    test('where there is nothing, read gives an empty state of serial 0, and makes nothing', async () => {
      await using place = await makePlace()
      const state = await place.open().read()
      expect(state).toMatchObject({ serial: 0, lineage: expect.stringMatching(/^[0-9a-f-]{36}$/) })
      expect(state.connections.size + state.scripts.size).toBe(0)
      expect((await place.open().read()).serial).toBe(0)
    })

    test('an update gives what is stored, and whoever reads then gets that', async () => {
      await using place = await makePlace()
      const stored = await place.open().update((state) => withConnection(state, { name: 'bank', host: 'h' }))
      expect(stored.connections.get('bank')?.value).toEqual({ name: 'bank', host: 'h' })
      expect(await place.open().read()).toEqual(stored)
    })

    test('the serial rises by one with each change, and the lineage stays, whatever the change says of them', async () => {
      await using place = await makePlace()
      const store = place.open()
      const first = await store.update((state) => withConnection(state, { name: 'a', host: 'h' }))
      const second = await store.update((state) => ({
        ...withConnection(state, { name: 'b', host: 'h' }),
        serial: 77,
        lineage: 'mine',
      }))
      expect([first.serial, second.serial]).toEqual([1, 2])
      expect(second.lineage).toBe(first.lineage)
    })

    test('the same state, or an equal one, is no change', async () => {
      await using place = await makePlace()
      const store = place.open()
      expect((await store.update((state) => state)).serial).toBe(0)
      const stored = await store.update((state) => withConnection(state, { name: 'a', host: 'h' }))
      expect(await store.update((state) => state)).toEqual(stored)
      expect(await store.update((state) => withConnection(state, { name: 'a', host: 'h' }))).toEqual(stored)
      expect((await store.read()).serial).toBe(1)
    })

    test('where the change throws or rejects, nothing is written, its error comes through, and the lock is free', async () => {
      await using place = await makePlace()
      const store = place.open({ lockTimeoutMs: 0 })
      const error = new FerryError('usage', 'no')
      await expect(
        store.update(() => {
          throw error
        }),
      ).rejects.toBe(error)
      const bug = new TypeError('a bug')
      await expect(store.update(() => Promise.reject(bug))).rejects.toBe(bug)
      expect((await store.read()).serial).toBe(0)
      expect((await store.update((state) => withConnection(state, { name: 'a', host: 'h' }))).serial).toBe(1)
    })

    // promise: no-lost-change
    test('of many updates at once none is lost', async () => {
      await using place = await makePlace()
      const names = Array.from({ length: 30 }, (_, index) => `c${index}`)
      await Promise.all(
        names.map((one) =>
          place.open({ lockTimeoutMs: 60_000 }).update(async (state) => {
            await Promise.resolve()
            return withConnection(state, { name: one, host: 'h' })
          }),
        ),
      )
      const state = await place.open().read()
      expect([...state.connections.keys()].sort()).toEqual([...names].sort())
      expect(state.serial).toBe(30)
    })

    test('a reader does not wait for a writer, and sees the state before it', async () => {
      await using place = await makePlace()
      const before = await place.open().update((state) => withConnection(state, { name: 'a', host: 'h' }))
      const started = gate()
      const finish = gate()
      const writing = place.open().update(async (state) => {
        started.open()
        await finish.passed
        return withConnection(state, { name: 'b', host: 'h' })
      })
      await started.passed
      expect(await place.open().read()).toEqual(before)
      finish.open()
      expect((await writing).serial).toBe(2)
    })

    // promise: named-lock
    test('a second writer waits as long as it was told, then is state_locked and told by whom', async () => {
      await using place = await makePlace()
      const started = gate()
      const finish = gate()
      const writing = place.open().update(async (state) => {
        started.open()
        await finish.passed
        return state
      })
      await started.passed
      const second = place.open({ lockTimeoutMs: 30 }).update((state) => state)
      await expect(second).rejects.toMatchObject({
        code: 'state_locked',
        message: expect.stringContaining(String(process.pid)),
      })
      finish.open()
      await writing
    })

    test('a cancelled writer stops waiting, or writes nothing, with the reason', async () => {
      await using place = await makePlace()
      const reason = new FerryError('cancelled', 'interrupted')
      const started = gate()
      const finish = gate()
      const controller = new AbortController()
      const writing = place.open({ signal: controller.signal }).update(async (state) => {
        started.open()
        await finish.passed
        return withConnection(state, { name: 'a', host: 'h' })
      })
      await started.passed
      const waiting = place.open({ signal: controller.signal }).update((state) => state)
      controller.abort(reason)
      await expect(waiting).rejects.toBe(reason)
      finish.open()
      await expect(writing).rejects.toBe(reason)
      expect((await place.open({ lockTimeoutMs: 0 }).update((state) => state)).serial).toBe(0)
    })

    test('replace stores lineage and serial as they are given, and the same state is no change', async () => {
      await using place = await makePlace()
      const store = place.open()
      const first = await store.update((state) => withConnection(state, { name: 'a', host: 'h' }))
      const stored = await store.replace((state) => ({ ...state, lineage: 'other', serial: 77 }))
      expect(stored).toEqual({ ...first, lineage: 'other', serial: 77 })
      expect(await store.replace((state) => ({ ...state }))).toEqual(stored)
      expect(await place.open().read()).toEqual(stored)
    })

    test('replace fills an empty place with a state that was changed many times elsewhere', async () => {
      await using place = await makePlace()
      const stored = await place.open().replace((state) => ({ ...state, lineage: 'other', serial: 77 }))
      expect(stored).toMatchObject({ lineage: 'other', serial: 77 })
      expect(await place.open().read()).toEqual(stored)
    })

    test('everything that a state holds comes back, in its order', async () => {
      await using place = await makePlace()
      const whole = await place.open().update((state) => ({ ...state, ...fullState }))
      const read = await place.open().read()
      expect(read).toEqual(whole)
      expect(read).toMatchObject(fullState)
      expect([...read.connections.keys()]).toEqual([...fullState.connections.keys()])
      const options = read.connections.get('__proto__')?.value.ssh_options ?? {}
      expect(Object.keys(options)).toEqual(['__proto__', 'constructor'])
    })
  })
}

const fullConnection: Required<Connection> = {
  name: 'full',
  active: false,
  host: 'h',
  port: 2222,
  username: 'ü "x" \u202e',
  address_family: 'ipv6',
  password: { env: 'X' },
  identity_file: ['~/a', '/b\udc80'],
  identity_passphrase: { command: ['pass', 'show'] },
  private_key: { sealed: 'age\n', hash: 'h', template: true },
  ssh_config_file: 'none',
  known_hosts_file: ['/k'],
  host_key: ['SHA256:x'],
  ssh_options: { SendEnv: ['A', 'B'], Compression: 'yes' },
  local_commands: false,
  transport: 'command',
  command: ['sftp-server', '-e'],
  timeout: '1m30s',
  ping_command: 'ls .\npwd',
  log_level: 4,
  bandwidth_limit: 0.5,
  buffer_size: 1,
  requests: 1,
  preserve_metadata: false,
  compression: true,
  fsync: true,
  directory: '/x',
  tags: ['a', ''],
  description: '\u0000\u2028',
}

const place = { file: 'a/b.yml', line: 3, column: 5 }

const named = <T extends { readonly name: string }>(...stored: Stored<T>[]): ReadonlyMap<string, Stored<T>> =>
  new Map(stored.map((one) => [one.value.name, one]))

/** Every field, and names that a careless store would lose or reorder. */
const fullState: Pick<State, 'connections' | 'scripts'> = {
  connections: named<Connection>(
    { value: { name: 'zeta', host: 'h' }, origin: {} },
    { value: { name: '10', host: 'h' }, origin: { owner: 'o' } },
    { value: { name: '2', host: 'h', identity_file: '~/x', known_hosts_file: 'none' }, origin: { place } },
    {
      value: { name: '__proto__', host: 'h', ssh_options: JSON.parse('{"__proto__":"x","constructor":"y"}') },
      origin: { owner: '__proto__' },
    },
    {
      value: fullConnection,
      origin: {
        owner: 'o',
        place: { file: '-' },
        fields: new Map<string, Place>([
          ['host', place],
          ['__proto__', { file: 'x', line: 1 }],
        ]),
      },
    },
  ),
  scripts: named<Script>(
    { value: { name: 'plain', body: '', sha256: '0'.repeat(64) }, origin: {} },
    {
      value: {
        name: 'constructor',
        body: 'cd /x\n\tput "a\r\n\u0001',
        sha256: 'f'.repeat(64),
        parameters: JSON.parse('{"__proto__":{"required":true,"description":"d"},"day":{"default":""}}'),
        description: 'x',
      },
      origin: { owner: 'o', place },
    },
  ),
}
