import { describe, expect, onTestFinished, test } from 'vitest'
import { remotePath } from '../../src/model/remote-path.ts'
import { download } from '../../src/operations/download.ts'
import { upload } from '../../src/operations/upload.ts'
import { walkEntries } from '../../src/operations/walk-entries.ts'
import { openSession } from '../../src/sftp/open-session.ts'
import { reconnecting } from '../sftp/reconnecting.ts'
import { later, status } from '../support/sftp-server/acts.ts'
import type { Fault } from '../support/sftp-server/faults.ts'
import { servePair } from '../support/sftp-server/serve-pair.ts'
import { counted, harvest, plant, servedRig, signal } from './rig.ts'

/** A session with a server that allows few open handles and does not say so, and what it notes. */
async function fewRig(handles: number, faults: readonly Fault[] = []) {
  const rig = await servedRig()
  const pair = servePair({ root: rig.there(), extensions: {}, limits: { handles }, batch: 10, faults })
  const notes: string[] = []
  const note = (level: number, text: string): void => void (level === 1 && notes.push(text))
  const session = await openSession(pair.channel, { timeoutMs: 30_000, signal, note })
  onTestFinished(() => session[Symbol.asyncDispose]())
  return { ...rig, session, pair, notes }
}

const contents = (directory: string) => [...harvest(directory)].map(([name, { content }]) => [name, content]).sort()

/** More directories than handles, with more files in each than are in flight at once. */
const tree = Object.fromEntries(
  Array.from({ length: 480 }, (_, index) => [`tree/${index % 6}/${index}`, counted((index % 7) * 100)]),
)
/** Answers take a while, so that all comes at once and handles stay open. */
const slow: readonly Fault[] = [{ on: ['close', 'readdir'], act: later(1) }]

// promise: few-handles
describe.each([1, 4])('a server that allows %i open handles and does not say so', (handles) => {
  const told = [
    expect.stringMatching(/^SFTP version/),
    `the server seems to allow ${handles} open handles at most: files wait for one another`,
  ]

  test.each([
    ['at once', []],
    ['after a while', slow],
  ])('and answers %s gets a tree', async (_name, faults) => {
    const { session, here, there, notes } = await fewRig(handles, faults)
    plant(here(), tree)
    const summary = await upload(session, [here('tree')], remotePath('/tree'), { signal })
    expect(summary).toMatchObject({ files: 480, failures: [] })
    expect(contents(there('tree'))).toEqual(contents(here('tree')))
    expect(notes).toEqual(told)
  })

  test.each([
    ['at once', []],
    ['after a while', slow],
  ])('and answers %s gives a tree', async (_name, faults) => {
    const { session, here, there, notes, pair } = await fewRig(handles, faults)
    plant(there(), tree)
    const summary = await download(session, [remotePath('/tree')], here('tree'), { signal })
    expect(summary).toMatchObject({ files: 480, failures: [] })
    expect(contents(here('tree'))).toEqual(contents(there('tree')))
    expect(notes).toEqual(told)
    expect(pair.openHandles()).toBe(0)
  })

  test.each([
    ['at once', []],
    ['after a while', slow],
  ])('and answers %s lists a tree', async (_name, faults) => {
    const { session, there } = await fewRig(handles, faults)
    plant(there(), tree)
    const names: string[] = []
    for await (const found of walkEntries(session, remotePath('/tree'), { signal })) {
      if ('error' in found) throw found.error
      for (const { path } of found.entries) names.push(path)
    }
    expect(names).toHaveLength(486)
  })
})

const ofItsOwn: readonly Fault[] = [{ on: 'open', path: '/bad', act: status(4) }]

// promise: few-handles
test('an OPEN that fails for a reason of its own is told while other files are open', async () => {
  const { session, there, notes } = await fewRig(8, ofItsOwn)
  plant(there(), { good: 'good' })
  await session.open('/good', { read: true })
  await expect(session.open('/bad', { read: true })).rejects.toMatchObject({ code: 'operation_failed' })
  expect(notes).toHaveLength(1)
})

// promise: few-handles
test('who holds all the handles and wants one more is told that there is none', async () => {
  const { session, there, pair } = await fewRig(2)
  plant(there(), { good: 'good' })
  const held = await Promise.all([session.open('/good', { read: true }), session.open('/good', { read: true })])
  await expect(session.open('/good', { read: true })).rejects.toMatchObject({ code: 'operation_failed' })
  for (const handle of held) await session.close(handle)
  await session.close(await session.open('/good', { read: true }))
  expect(pair.openHandles()).toBe(0)
})

// promise: few-handles
test('a directory that is read to its end ahead gives all its names, and is closed once', async () => {
  const { session, there, pair } = await fewRig(1)
  plant(there(), { ...Object.fromEntries(Array.from({ length: 25 }, (_, index) => [`d/${index}`, ''])), a: 'a' })
  const directory = await session.opendir('/d')
  const first = (await session.readdir(directory)) ?? []
  const file = await session.open('/a', { read: true })
  const names = first.map(({ name }) => name)
  for (;;) {
    const batch = await session.readdir(directory)
    if (batch === null) break
    names.push(...batch.map(({ name }) => name))
  }
  expect(new Set(names).size).toBe(25 + 2)
  await session.close(directory)
  await session.close(file)
  expect(pair.requests.filter(({ name }) => name === 'close')).toHaveLength(2)
})

// promise: few-handles
test('a tree is verified file by file', async () => {
  const { session, here, there } = await fewRig(4, slow)
  plant(here(), tree)
  const gone = await upload(session, [here('tree')], remotePath('/tree'), { verify: true, signal })
  const back = await download(session, [remotePath('/tree')], here('back'), { verify: true, signal })
  expect([gone.failures, back.failures]).toEqual([[], []])
  expect(contents(here('back'))).toEqual(contents(there('tree')))
})

// promise: few-handles
test('a tree goes there and back over a line that is cut, too', async () => {
  const rig = await servedRig()
  const cuts = [20_000, 40_000, 60_000, 80_000]
  const { session, connections } = await reconnecting({
    ...{ root: rig.there(), extensions: {}, limits: { handles: 4 }, batch: 10, faults: slow },
    cuts,
  })
  plant(rig.here(), tree)
  await upload(session, [rig.here('tree')], remotePath('/tree'), { signal })
  await download(session, [remotePath('/tree')], rig.here('back'), { signal })
  expect(contents(rig.here('back'))).toEqual(contents(rig.here('tree')))
  expect(connections()).toBe(cuts.length + 1)
})
