import { describe, expect, test } from 'vitest'
import type { PingResult } from '../../src/api/ping.ts'
import { type PingInput, runPing } from '../../src/commands/ping.ts'
import { selectConnections } from '../../src/commands/select-connections.ts'
import { FerryError } from '../../src/errors/ferry-error.ts'
import { type TestContext, type TestContextOptions, testContext } from '../support/test-io.ts'
import { stateOf, storeOf } from './states.ts'

const state = stateOf(
  { name: 'eu-north' },
  { name: 'eu-old', active: false },
  { name: 'acme-invoices' },
  { name: 'a*b' },
  { name: 'us/east (1)' },
)

describe('connections that are asked for', () => {
  const select = (connections: string[], all = false, tags: string[] = []) =>
    selectConnections(state, { connections, all, tags })
  test('come in the order given, each once', () => {
    expect(select(['acme-invoices', 'eu-*', 'acme-invoices', 'sftp://h']).names).toEqual([
      'acme-invoices',
      'eu-north',
      'sftp://h',
    ])
  })
  test('are skipped where they are inactive and only matched', () => {
    expect(select(['eu-*']).inactive).toEqual(['eu-old'])
    expect(select(['eu-*', 'eu-old'])).toEqual({ names: ['eu-north', 'eu-old'], inactive: [] })
    expect(select([], true)).toEqual({
      names: ['eu-north', 'acme-invoices', 'a*b', 'us/east (1)'],
      inactive: ['eu-old'],
    })
  })
  test('are meant exactly where the name exists', () => {
    expect(select(['a*b']).names).toEqual(['a*b'])
  })
  test('may have any characters: a star takes slashes, parentheses are themselves', () => {
    expect(select(['us*']).names).toEqual(['us/east (1)'])
    expect(select(['us?east (1*']).names).toEqual(['us/east (1)'])
    expect(select(['[ux]s*)']).names).toEqual(['us/east (1)'])
  })
  test('must exist', () => {
    expect(() => select(['acme-invoice'])).toThrowError(
      expect.objectContaining({
        code: 'unknown_connection',
        details: expect.objectContaining({ hint: 'did you mean "acme-invoices"?' }),
      }),
    )
    expect(() => select(['x*'])).toThrowError(expect.objectContaining({ code: 'unknown_connection' }))
  })
})

const ok = (connection: string, responseTimeMs = 31.24): PingResult => ({
  connection,
  ok: true,
  responseTimeMs,
  connectedInMs: 212,
  host: '192.0.2.10',
  port: 22,
  transport: 'ssh',
})
const refused = (connection: string): PingResult => ({
  connection,
  ok: false,
  host: '192.0.2.10',
  port: 22,
  error: new FerryError('connect_failed', 'could not connect to 192.0.2.10:22: connection refused', { connection }),
})

const input = (more: Partial<PingInput>): PingInput => ({
  connections: [],
  all: false,
  tags: [],
  overrides: {},
  count: 1,
  intervalMs: 0,
  parallel: 8,
  ...more,
})

/** Runs a ping over results that are given; a failure to end well is in `error`. */
async function pinged(
  more: Partial<PingInput>,
  results: (name: string, nth: number) => PingResult,
  options: TestContextOptions = {},
): Promise<TestContext & { error: unknown; pings: string[] }> {
  const pings: string[] = []
  const tested = await testContext({
    store: storeOf(state),
    ping: async ({ address }) => {
      pings.push(address)
      return results(address, pings.length)
    },
    ...options,
  })
  let error: unknown
  await runPing(tested.context, input(more)).catch((thrown: unknown) => {
    error = thrown
  })
  return { ...tested, error, pings }
}

describe('ping of one connection', () => {
  test('says how long it took', async () => {
    const { stdout, error } = await pinged({ connections: ['eu-north'] }, (name) => ok(name))
    expect(error).toBeUndefined()
    expect(stdout()).toBe('eu-north: ok, 31ms (connected in 212ms)\n')
  })
  test('fails with its own code, under its name', async () => {
    const { stdout, error } = await pinged({ connections: ['eu-north'] }, refused)
    expect(stdout()).toBe('')
    expect(error).toMatchObject({
      code: 'connect_failed',
      message: 'ping eu-north: could not connect to 192.0.2.10:22: connection refused',
    })
  })
  test('--json is a line, also where it fails', async () => {
    const good = await pinged({ connections: ['eu-north'] }, (name) => ok(name), { json: true })
    expect(JSON.parse(good.stdout())).toEqual({
      connection: 'eu-north',
      ok: true,
      response_time_ms: 31.2,
      connected_in_ms: 212,
      host: '192.0.2.10',
      port: 22,
      transport: 'ssh',
    })
    const bad = await pinged({ connections: ['eu-north'] }, refused, { json: true })
    expect(JSON.parse(bad.stdout())).toMatchObject({ ok: false, error: { code: 'connect_failed', exit_code: 20 } })
    expect(bad.error).toMatchObject({ exitCode: 20 })
  })
  test('--count pings again and tells each', async () => {
    const { stdout, error } = await pinged({ connections: ['eu-north'], count: 3 }, (name, nth) =>
      nth === 2 ? refused(name) : ok(name),
    )
    expect(stdout()).toBe(
      'eu-north: ok, 31ms (connected in 212ms)\neu-north: failed, could not connect to 192.0.2.10:22: connection refused\neu-north: ok, 31ms (connected in 212ms)\n',
    )
    expect(error).toMatchObject({
      code: 'connect_failed',
      message: expect.stringMatching(/^ping eu-north: 1 of 3 pings failed: /),
    })
  })
  test('an inactive one fails when it is named', async () => {
    const inactive = (connection: string): PingResult => ({
      connection,
      ok: false,
      error: new FerryError('inactive', 'connection eu-old is inactive', { connection }),
    })
    const { error } = await pinged({ connections: ['eu-old'] }, inactive)
    expect(error).toMatchObject({ code: 'inactive', message: 'connection eu-old is inactive' })
  })
  test('an address needs no state', async () => {
    const broken = (): never => expect.unreachable()
    const { pings } = await pinged({ connections: ['sftp://h'] }, (name) => ok(name), { store: broken })
    expect(pings).toEqual(['sftp://h'])
  })
})

describe('ping of several', () => {
  test('is a line each in the order asked for, and partial where one failed', async () => {
    const { stdout, stderr, error } = await pinged(
      { connections: ['eu-*', 'acme-invoices', 'a*b'] },
      (name) => (name === 'eu-north' ? refused(name) : ok(name, 58)),
      { terminal: true },
    )
    expect(stdout()).toBe(
      'eu-north       failed  could not connect to 192.0.2.10:22: connection refused\nacme-invoices  ok      58ms\na*b            ok      58ms\n',
    )
    expect(stderr()).toBe('ferry: warning: skipped eu-old: it is inactive\n')
    expect(error).toMatchObject({ code: 'partial', message: 'ping: 1 of 3 connections failed' })
  })
  test('never runs more at once than --parallel', async () => {
    let running = 0
    let most = 0
    const { context } = await testContext({
      store: storeOf(state),
      ping: async ({ address }) => {
        running += 1
        most = Math.max(most, running)
        await Promise.resolve()
        running -= 1
        return ok(address)
      },
    })
    await runPing(context, input({ all: true, parallel: 2, count: 3 }))
    expect(most).toBe(2)
  })
  test('nothing to ping with --all is no failure', async () => {
    const { stderr, error } = await pinged({ all: true }, (name) => ok(name), { store: storeOf(stateOf()) })
    expect(error).toBeUndefined()
    expect(stderr()).toBe('no active connections\n')
  })
})
