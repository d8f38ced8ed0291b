import { readFileSync } from 'node:fs'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { describe, expect, onTestFinished, test } from 'vitest'
import { remotePath } from '../../src/model/remote-path.ts'
import { download } from '../../src/operations/download.ts'
import { listEntries } from '../../src/operations/list-entries.ts'
import { remove } from '../../src/operations/remove.ts'
import { upload } from '../../src/operations/upload.ts'
import { openSession } from '../../src/sftp/open-session.ts'
import { destroy, oneAtATime, status } from '../support/sftp-server/acts.ts'
import type { Act, Fault } from '../support/sftp-server/faults.ts'
import { servePair } from '../support/sftp-server/serve-pair.ts'
import type { SftpServerOptions } from '../support/sftp-server/sftp-server.ts'
import { counted, harvest, plant, servedRig, signal } from './rig.ts'

/** Hangs up on a request that comes while another one is served. */
function hangsUp(): Act {
  let isBusy = false
  return async (exchange) => {
    if (isBusy) return destroy(exchange)
    isBusy = true
    // What the client sent together arrives within a turn.
    await nextTurn()
    isBusy = false
    return exchange.perform()
  }
}

/** A session with a server that does one thing at a time, and what it notes. */
async function serialRig(faults: readonly Fault[], serial = false, options: Partial<SftpServerOptions> = {}) {
  const rig = await servedRig()
  const pair = servePair({ root: rig.there(), faults, ...options })
  const notes: string[] = []
  const note = (level: number, text: string): void => void (level === 1 && notes.push(text))
  const session = await openSession(pair.channel, { timeoutMs: 30_000, signal, note, serial })
  onTestFinished(() => session[Symbol.asyncDispose]())
  const said = () => notes.filter((text) => text.includes('one by one'))
  return { ...rig, session, pair, said }
}

const tree = Object.fromEntries(
  Array.from({ length: 60 }, (_, index) => [`tree/${index % 5}/${index}`, counted(index * 100)]),
)
const contents = (directory: string) => [...harvest(directory)].map(([name, { content }]) => [name, content]).sort()

// promise: one-by-one
describe('a server that refuses a request while it serves another one', () => {
  const faults: Fault[] = [{ on: 'any', act: oneAtATime() }]

  test('gets a large file and gives it back, one request at a time, which a note tells once', async () => {
    const { session, here, said } = await serialRig(faults)
    plant(here(), { a: counted(3_000_000) })
    await upload(session, [here('a')], remotePath('/b'), { signal })
    await download(session, [remotePath('/b')], here('back'), { signal })
    expect(readFileSync(here('back')).equals(counted(3_000_000))).toBe(true)
    expect(said()).toEqual(['the server refuses requests beside others: they are sent one by one'])
  })

  test('gets a tree', async () => {
    const { session, here, there, said } = await serialRig(faults)
    plant(here(), tree)
    const summary = await upload(session, [here('tree')], remotePath('/tree'), { signal })
    expect(summary).toMatchObject({ files: 60, failures: [] })
    expect(contents(there('tree'))).toEqual(contents(here('tree')))
    expect(said()).toHaveLength(1)
  })

  test('gives a tree, lists it and has it removed', async () => {
    const { session, here, there } = await serialRig(faults)
    plant(there(), tree)
    const summary = await download(session, [remotePath('/tree')], here('tree'), { signal })
    expect(summary).toMatchObject({ files: 60, failures: [] })
    expect(contents(here('tree'))).toEqual(contents(there('tree')))
    expect((await listEntries(session, remotePath('/tree'), { signal })).entries).toHaveLength(5)
    await remove(session, remotePath('/tree'), { recursive: true, signal })
    expect(contents(there())).toEqual([])
  })

  test('and fails by itself has its own failure told', async () => {
    const failing = oneAtATime(4, (exchange) =>
      exchange.request.name === 'write' ? status(4, 'quota')(exchange) : exchange.perform(),
    )
    const { session, here, there } = await serialRig([{ on: 'any', act: failing }])
    plant(here(), { a: counted(600_000) })
    await expect(upload(session, [here('a')], remotePath('/b'), { signal })).rejects.toMatchObject({
      code: 'operation_failed',
      message: expect.stringContaining('quota'),
    })
    expect(contents(there())).toEqual([])
  })
})

// promise: one-by-one
test('a request that fails alone as well is sent twice, and nothing is noted', async () => {
  const { session, there, pair, said } = await serialRig([{ on: 'lstat', path: '/bad', act: status(4) }])
  plant(there(), { good: '' })
  const both = await Promise.allSettled([session.lstat('/bad'), session.lstat('/good')])
  expect(both.map(({ status }) => status)).toEqual(['rejected', 'fulfilled'])
  expect(pair.requests.filter(({ paths }) => paths.includes('/bad'))).toHaveLength(2)
  expect(said()).toEqual([])
})

// promise: one-by-one
test('what would do something twice is not sent twice', async () => {
  const { session, pair } = await serialRig([{ on: ['mkdir', 'remove', 'write'], act: status(4) }])
  const file = await session.open('/a', { write: true, create: true, append: true })
  await Promise.allSettled([session.mkdir('/d'), session.remove('/x'), session.write(file, 0, counted(8))])
  expect(pair.requests.map(({ name }) => name).filter((name) => name !== 'open')).toEqual(
    expect.arrayContaining(['mkdir', 'remove', 'write']),
  )
  for (const name of ['mkdir', 'remove', 'write']) {
    expect(pair.requests.filter((request) => request.name === name)).toHaveLength(1)
  }
})

test('a server that means its refusals is believed after a few', async () => {
  const { session, pair } = await serialRig([{ on: 'lstat', act: status(4) }])
  await Promise.allSettled(Array.from({ length: 100 }, (_, index) => session.lstat(`/${index}`)))
  const asked = pair.requests.filter(({ name }) => name === 'lstat').length
  expect(asked).toBeGreaterThan(100)
  expect(asked).toBeLessThan(250)
  await Promise.allSettled(Array.from({ length: 100 }, (_, index) => session.lstat(`/${index}`)))
  expect(pair.requests.filter(({ name }) => name === 'lstat')).toHaveLength(asked + 100)
})

test('a session that was asked to be serial never has two requests in flight', async () => {
  const { session, here, said, there } = await serialRig([{ on: 'any', act: oneAtATime() }], true)
  plant(here(), tree)
  await upload(session, [here('tree')], remotePath('/tree'), { signal })
  expect(contents(there('tree'))).toEqual(contents(here('tree')))
  expect(said()).toEqual([])
})

describe('a server that hangs up on requests beside others', () => {
  const hint = expect.stringContaining('set "requests: 1" in the connection')
  const toTree = remotePath('/tree')

  test('is told with what may help, which does', async () => {
    const faults: Fault[] = [{ on: 'any', act: hangsUp() }]
    const { session, here } = await serialRig(faults, false, { extensions: {} })
    plant(here(), tree)
    await expect(upload(session, [here('tree')], toTree, { signal })).rejects.toMatchObject({
      code: 'connection_lost',
      details: { hint },
    })
    const other = await serialRig([{ on: 'any', act: hangsUp() }], true, { extensions: {} })
    plant(other.here(), tree)
    expect(await upload(other.session, [other.here('tree')], toTree, { signal })).toMatchObject({ failures: [] })
  })

  test.each<[string, number, Fault, Partial<SftpServerOptions>]>([
    ['has answered others before', 9, { on: 'mkdir', after: 5, act: destroy }, { extensions: {} }],
    ["is OpenSSH's own", 0, { on: 'any', act: hangsUp() }, {}],
  ])('and %s is not suspected', async (_why, before, fault, options) => {
    const { session } = await serialRig([fault], false, options)
    await Promise.all(Array.from({ length: before }, () => session.lstat('/')))
    const [first] = await Promise.allSettled(
      Array.from({ length: 9 }, (_, index) => session.mkdir(`/${index}`)).reverse(),
    )
    const error: unknown = first?.status === 'rejected' ? first.reason : undefined
    expect(error).toMatchObject({ code: 'connection_lost' })
    expect(error).not.toMatchObject({ details: { hint } })
  })
})
