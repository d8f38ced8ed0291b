import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'
import { join } from 'node:path'
import pg from 'pg'
import { expect, onTestFinished, test } from 'vitest'
import type { FerryError } from '../../src/errors/ferry-error.ts'
import { openStateStore } from '../../src/state/open-state-store.ts'
import type { StateStore } from '../../src/state/state-store.ts'
import { type StatePlace, stateStoreContract, withConnection } from '../contract/state-store-contract.ts'
import { listenOnLoopback } from '../support/listen-on-loopback.ts'
import { usePostgres } from '../support/postgres.ts'
import { describeWith } from '../support/requirements.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'
import { buildWriter } from './build-writer.ts'

const open = (url: string, options: { lockTimeoutMs?: number; signal?: AbortSignal } = {}): StateStore =>
  openStateStore(url, { environment: {}, signal: new AbortController().signal, ...options })

async function query(url: string, text: string): Promise<Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    return (await client.query<Record<string, unknown>>(text)).rows
  } finally {
    await client.end()
  }
}

const add = (store: StateStore, name: string) => store.update((state) => withConnection(state, { name, host: 'h' }))

async function caught(work: Promise<unknown>): Promise<FerryError> {
  return work.then(
    () => Promise.reject(new Error('it did not fail')),
    (error: FerryError) => error,
  )
}

/** A way to the server that tells the text of each message before it passes it on, with both of its ends. */
async function wayTo(url: string, told: (text: string, client: Socket, server: Socket) => void) {
  const { hostname, port } = new URL(url)
  const sockets = new Set<Socket>()
  const listener = createServer((client) => {
    const server = connect(Number(port), hostname)
    for (const socket of [client, server]) sockets.add(socket.on('error', () => undefined))
    server.pipe(client)
    client.on('data', (data: Buffer) => {
      // A message begins with a byte for its kind and four for its length.
      const text = data.subarray(5).toString('latin1')
      told(text, client, server)
      if (!server.destroyed) server.write(data)
    })
  })
  const own = await listenOnLoopback(listener)
  return {
    url: url.replace(`:${port}/`, `:${own}/`),
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy()
      await new Promise((closed) => listener.close(closed))
    },
  }
}

describeWith('postgres', 'a state in PostgreSQL', () => {
  const server = usePostgres()

  stateStoreContract('PostgreSQL', async (): Promise<StatePlace> => {
    const url = await server.newDatabase()
    return { open: (options) => open(url, options), [Symbol.asyncDispose]: async () => undefined }
  })

  test('every change is in the history: who, when, and each object before and after', async () => {
    const url = await server.newDatabase()
    const store = open(url)
    await add(store, 'bank')
    await store.update((state) => withConnection(state, { name: 'bank', host: 'other' }))
    await store.update((state) => ({ ...state, connections: new Map() }))
    const rows = await query(url, 'SELECT * FROM ferry_history ORDER BY serial')
    expect(rows.map(({ serial, action, kind, name }) => [serial, action, kind, name])).toEqual([
      ['1', 'create', 'connection', 'bank'],
      ['2', 'update', 'connection', 'bank'],
      ['3', 'delete', 'connection', 'bank'],
    ])
    expect(rows[1]).toMatchObject({
      changed_by: expect.stringMatching(/^.+@.+$/),
      changed_at: expect.any(Date),
      before: expect.stringContaining('"host":"h"'),
      after: expect.stringContaining('"host":"other"'),
    })
    expect(new Set(rows.map(({ lineage }) => lineage)).size).toBe(1)
  })

  // promise: no-lost-change
  test('of fifty processes that write at once none loses its change', { timeout: 180_000 }, async () => {
    const url = await server.newDatabase()
    await using directory = await temporaryDirectory()
    const writer = await buildWriter(join(directory.path, 'writer.mjs'))
    const ends = Array.from({ length: 50 }, (_, index) =>
      once(spawn(process.execPath, [writer, url, `p${index}-`], { stdio: ['ignore', 'ignore', 'inherit'] }), 'close'),
    )
    expect((await Promise.all(ends)).map(([code]) => code)).toEqual(ends.map(() => 0))
    const state = await open(url).read()
    expect(state.connections.size).toBe(50)
    expect(state.serial).toBe(50)
  })

  // promise: whole-state
  test('a server that is restarted in the middle of a change: nothing was changed, and the next one works', async () => {
    const url = await server.newDatabase()
    const before = await add(open(url), 'first')
    const error = await caught(
      open(url).update(async (state) => {
        await server.restart()
        return withConnection(state, { name: 'second', host: 'h' })
      }),
    )
    expect(error).toMatchObject({ code: 'state_failed', message: expect.stringMatching(/nothing was changed$/) })
    expect(await open(url).read()).toEqual(before)
    expect((await add(open(url), 'third')).serial).toBe(2)
  })

  // promise: lost-commit
  test.each([[true], [false]])(
    'a connection that is lost during COMMIT: the change is reported as the server ends it (written: %s)',
    async (isWritten) => {
      const url = await server.newDatabase()
      const before = await add(open(url), 'first')
      // COMMIT waits for us, and then fails where it is to fail.
      await query(
        url,
        `CREATE FUNCTION wait() RETURNS trigger LANGUAGE plpgsql AS $$
         BEGIN PERFORM pg_advisory_xact_lock(77); ${isWritten ? '' : "RAISE 'refused';"} RETURN NULL; END $$;
         CREATE CONSTRAINT TRIGGER wait AFTER UPDATE ON ferry_state DEFERRABLE INITIALLY DEFERRED
         FOR EACH ROW EXECUTE FUNCTION wait()`,
      )
      const gate = new pg.Client({ connectionString: url })
      gate.on('error', () => undefined)
      await gate.connect()
      await gate.query('SELECT pg_advisory_lock(77)')
      let connections = 0
      await using way = await wayTo(url, (text, socket) => {
        if (text.startsWith('COMMIT')) socket.destroy()
        if (text.includes('_advisory_xact_lock')) connections += 1
        if (connections === 2) void gate.query('SELECT pg_advisory_unlock(77)')
      })
      const writing = add(open(way.url), 'second')
      if (isWritten) expect((await writing).serial).toBe(2)
      else expect(await caught(writing)).toMatchObject({ code: 'state_failed' })
      expect((await open(url).read()).serial).toBe(isWritten ? 2 : before.serial)
      await gate.end()
    },
  )

  // promise: lost-commit
  test('a connection that is lost during the first change of all, which is not written: nothing was changed', async () => {
    const url = await server.newDatabase()
    await using way = await wayTo(url, (text, socket, server) => {
      if (!text.startsWith('COMMIT')) return
      server.destroy()
      socket.destroy()
    })
    expect(await caught(add(open(way.url), 'first'))).toMatchObject({ code: 'state_failed' })
    expect((await open(url).read()).serial).toBe(0)
  })

  // promise: encrypted-state
  test('a host that is not this machine needs an sslmode, and one that has no TLS is refused with it', async () => {
    const url = await server.newDatabase()
    for (const far of ['postgres://ferry:guess@db.invalid/x', 'postgres://h/x?host=db.invalid']) {
      for (const work of [() => open(far).read(), () => add(open(far), 'x')]) {
        const error = await caught(work())
        expect(error).toMatchObject({
          code: 'usage',
          message: expect.stringContaining('does not say how to encrypt the way to db.invalid'),
          details: { hint: expect.stringContaining('sslmode=verify-full') },
        })
        expect(error.message).not.toContain('guess')
      }
    }
    for (const asked of ['postgres://db.invalid/x?sslmode=disable', 'postgres://db.invalid/x?sslmode=verify-full']) {
      await expect(open(asked).read()).rejects.toMatchObject({ code: 'state_unreadable' })
    }
    const warnings: Error[] = []
    const keep = (warning: Error): void => void warnings.push(warning)
    process.on('warning', keep)
    onTestFinished(() => void process.off('warning', keep))
    for (const mode of ['verify-full', 'require', 'prefer']) {
      await expect(open(`${url}?sslmode=${mode}`).read()).rejects.toThrow(/does not support SSL/)
    }
    expect(warnings).toEqual([])
    const missing = open('postgres://db.invalid/x?sslmode=verify-full&sslrootcert=/nowhere/ca.pem').read()
    await expect(missing).rejects.toMatchObject({ code: 'usage', message: expect.stringContaining('no such file') })
  })

  test('a database of an earlier version gets what it lacks with the next change, and keeps its state', async () => {
    const url = await server.newDatabase()
    const before = await add(open(url), 'first')
    await query(url, 'DROP TABLE ferry_history; UPDATE ferry_schema SET version = 1')
    expect(await open(url).read()).toEqual(before)
    await add(open(url), 'second')
    expect(await query(url, 'SELECT version FROM ferry_schema')).toEqual([{ version: 2 }])
    expect((await query(url, 'SELECT name FROM ferry_history')).map(({ name }) => name)).toEqual(['second'])
  })

  // promise: refused-state
  test('tables or a text of a newer ferry are refused, and left as they are', async () => {
    const url = await server.newDatabase()
    await add(open(url), 'first')
    await query(url, 'UPDATE ferry_schema SET version = 99')
    await expect(open(url).read()).rejects.toMatchObject({ code: 'state_newer' })
    await expect(add(open(url), 'x')).rejects.toMatchObject({ code: 'state_newer' })
    await query(url, `UPDATE ferry_schema SET version = 2; UPDATE ferry_state SET body = '{"format":2}'`)
    await expect(add(open(url), 'x')).rejects.toMatchObject({ code: 'state_newer' })
    expect(await query(url, 'SELECT body FROM ferry_state')).toEqual([{ body: '{"format":2}' }])
  })

  // promise: refused-state
  test('a damaged text is refused with its reason, and never overwritten', async () => {
    const url = await server.newDatabase()
    await add(open(url), 'first')
    await query(url, "UPDATE ferry_state SET body = '{'")
    const error = await caught(add(open(url), 'x'))
    expect(error).toMatchObject({ code: 'state_unreadable', message: expect.stringContaining('it is no JSON') })
    expect(await query(url, 'SELECT body FROM ferry_state')).toEqual([{ body: '{' }])
  })

  test('a wrong password, a missing database and a server that is away are told without the password', async () => {
    const url = await server.newDatabase()
    const wrong = url.replace('pg-secret-word', 'guess-word')
    const missing = url.replace(/[^/]+$/, 'nowhere')
    const away = url.replace(/:\d+\//, ':1/')
    for (const [place, reason] of [
      [wrong, 'password authentication failed'],
      [missing, 'database "nowhere" does not exist'],
      [away, 'connection refused'],
    ] as const) {
      const read = await caught(open(place).read())
      expect(read).toMatchObject({ code: 'state_unreadable', message: expect.stringContaining(reason) })
      const written = await caught(add(open(place), 'x'))
      expect(written).toMatchObject({ code: 'state_failed', message: expect.stringContaining(reason) })
      for (const { message } of [read, written]) expect(message).not.toMatch(/secret-word|guess-word/)
    }
  })

  test('its location is the URL without the password', async () => {
    expect(open('postgres://ferry:secret@h/db?sslmode=require&password=other').location).toBe(
      'postgres://ferry@h/db?sslmode=require',
    )
    expect(() => open('postgres://[')).toThrow('malformed')
  })
})
