import { mkdirSync, readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { remotePath } from '../../src/model/remote-path.ts'
import { download } from '../../src/operations/download.ts'
import { upload } from '../../src/operations/upload.ts'
import { attributes, destroy, performed, status } from '../support/sftp-server/acts.ts'
import { extensionVersions } from '../support/sftp-server/extension-requests.ts'
import type { Fault } from '../support/sftp-server/faults.ts'
import type { RequestName } from '../support/sftp-server/requests.ts'
import { counted, harvest, namesIn, outcomeOf, plant, remembered, servedRig, signal } from './rig.ts'

const rename = 'posix-rename@openssh.com'
const without = (...names: string[]): Record<string, string> =>
  Object.fromEntries(Object.entries(extensionVersions).filter(([name]) => !names.includes(name)))
const noSpace = 14
const failure = 4
const denied = 3

/** Uploads `new` over `old`, and gives what came of it. */
async function replaced(
  faults: Fault[],
  options: { size?: number; extensions?: Record<string, string>; fsync?: boolean } = {},
) {
  const rig = await servedRig({ faults, ...(options.extensions && { extensions: options.extensions }) })
  const content = options.size === undefined ? Buffer.from('new') : counted(options.size)
  plant(rig.here(), { a: content })
  plant(rig.there(), { 'w/a': 'old' })
  const { events, listener } = remembered()
  const { fsync = false } = options
  const outcome = await outcomeOf(upload(rig.session, [rig.here('a')], remotePath('/w/a'), { listener, fsync, signal }))
  return { ...rig, ...outcome, events, act: `upload ${rig.here('a')} -> /w/a` }
}

type Replaced = Awaited<ReturnType<typeof replaced>>

function expectAsItWas({ there }: Pick<Replaced, 'there'>): void {
  expect(readFileSync(there('w/a'), 'utf8')).toBe('old')
  expect(namesIn(there('w'))).toEqual(['a'])
}

// promise: all-or-nothing
describe('an upload that fails leaves the old file as it was and nothing beside it', () => {
  test('where the server cannot replace in one step, which is said before any data is sent', async () => {
    const outcome = await replaced([], { extensions: without(rename) })
    expect(outcome.error).toMatchObject({
      code: 'unsupported',
      message: `${outcome.act}: the server cannot replace a file in one step`,
      details: { hint: '--no-atomic writes it in place' },
    })
    expect(outcome.pair.requests.some(({ name }) => name === 'write')).toBe(false)
    expectAsItWas(outcome)
  })

  test('where no file can be made beside it', async () => {
    const outcome = await replaced([{ on: 'open', act: status(denied) }])
    expect(outcome.error).toMatchObject({
      code: 'permission_denied',
      details: { hint: '--no-atomic writes it in place' },
    })
    expectAsItWas(outcome)
  })

  test.each<[string, RequestName]>([
    ['a WRITE', 'write'],
    ['CLOSE', 'close'],
    ['the rename', rename],
  ])('where %s is refused for want of space', async (_, on) => {
    const outcome = await replaced([{ on, act: status(noSpace) }])
    expect(outcome.error).toMatchObject({
      code: 'no_space',
      message: `${outcome.act}: no space left on the server, /w/a is as it was`,
    })
    expectAsItWas(outcome)
  })

  test('where one WRITE of many is refused', async () => {
    const outcome = await replaced([{ on: 'write', after: 5, times: 1, act: status(noSpace) }], { size: 3_000_000 })
    expect(outcome.error).toMatchObject({ code: 'no_space' })
    expect(outcome.pair.openHandles()).toBe(0)
    expectAsItWas(outcome)
  })

  test('where a plain FAILURE means that the disk is full', async () => {
    const full: Fault = {
      on: 'statvfs@openssh.com',
      act: ({ perform }) => {
        const honest = perform()
        return honest.type === 'extendedReply' ? { ...honest, payload: withoutRoom(honest.payload) } : honest
      },
    }
    const outcome = await replaced([{ on: 'write', act: status(failure) }, full])
    expect(outcome.error).toMatchObject({ code: 'no_space' })
    expectAsItWas(outcome)
  })

  // promise: checked-upload
  test('where the server lost some of the data without a word', async () => {
    const lossy: Fault = {
      on: 'stat',
      path: /ferry/,
      act: attributes((honest) => ({ ...honest, size: 2n })),
    }
    const outcome = await replaced([lossy])
    expect(outcome.error).toMatchObject({
      code: 'operation_failed',
      message: `${outcome.act}: the server holds 2 bytes of 3, /w/a is as it was`,
    })
    expectAsItWas(outcome)
  })

  // promise: checked-upload
  test('where fsync fails', async () => {
    const outcome = await replaced([{ on: 'fsync@openssh.com', act: status(failure, 'Input/output error') }], {
      fsync: true,
    })
    expect(outcome.error).toMatchObject({
      code: 'operation_failed',
      message: expect.stringContaining('Input/output error'),
    })
    expectAsItWas(outcome)
  })
})

/** statvfs answers are eleven 64-bit numbers; the fifth is the free blocks that users may have. */
function withoutRoom(statistics: Uint8Array): Buffer {
  const changed = Buffer.from(statistics)
  changed.writeBigUInt64BE(0n, 4 * 8)
  return changed
}

test('a server without posix-rename still takes a new file', async () => {
  const { session, here, there } = await servedRig({ extensions: without(rename) })
  plant(here(), { a: 'new' })
  await upload(session, [here('a')], remotePath('/a'), { signal })
  expect(harvest(there()).get('a')?.content).toBe('new')
})

test('a drop box takes what it does not show', async () => {
  const { session, here, there } = await servedRig({
    faults: [{ on: ['stat', 'lstat', 'opendir'], act: status(denied) }],
  })
  plant(here(), { a: 'new' })
  await upload(session, [here('a')], remotePath('/a'), { signal })
  expect(harvest(there()).get('a')?.content).toBe('new')
})

// promise: niceties
test('a refused FSETSTAT is a warning', async () => {
  const outcome = await replaced([{ on: 'fsetstat', act: status(denied) }])
  expect(outcome).toMatchObject({ summary: { files: 1, failures: [] } })
  expect(outcome.events).toContainEqual({
    kind: 'warning',
    path: '/w/a',
    message: 'attributes not kept: permission denied',
  })
  expect(readFileSync(outcome.there('w/a'), 'utf8')).toBe('new')
})

// promise: niceties
test('an owner that cannot be kept is a warning', async () => {
  const outcome = await replaced([
    { on: 'lstat', act: attributes((honest) => ({ ...honest, owner: { uid: 12, gid: 34 } })) },
    { on: 'setstat', act: status(denied) },
  ])
  expect(outcome).toMatchObject({ summary: { files: 1, failures: [] } })
  expect(outcome.events).toContainEqual({ kind: 'warning', path: '/w/a', message: 'owner not kept: permission denied' })
})

// promise: checked-upload
test('an fsync that the server cannot do is said once', async () => {
  const { session, here } = await servedRig({ extensions: without('fsync@openssh.com') })
  plant(here(), { 'd/a': '1', 'd/b': '2' })
  const { events, listener } = remembered()
  await upload(session, [here('d')], remotePath('/d'), { fsync: true, listener, signal })
  expect(events.filter(({ kind }) => kind === 'warning')).toHaveLength(1)
})

test('a size that a server tells too early is asked for once more', async () => {
  const early: Fault = { on: 'stat', path: /ferry/, times: 1, act: attributes((honest) => ({ ...honest, size: 0n })) }
  expect(await replaced([early])).toMatchObject({ summary: { files: 1 } })
})

// promise: unknown-outcome
test('a rename whose answer is lost is an unknown outcome, and the temporary file is named', async () => {
  for (const act of [destroy, performed(destroy)]) {
    const outcome = await replaced([{ on: rename, act }])
    expect(outcome.error).toMatchObject({
      code: 'outcome_unknown',
      message: expect.stringContaining(`${outcome.act}: the answer to the last step`),
      details: { hint: expect.stringContaining('/w/.a.ferry-') },
    })
  }
})

test.each<RequestName>(['lstat', 'open', 'write', 'fsetstat', 'close', 'stat'])(
  'a connection that is cut at %s of an upload leaves the old file, and ends everything',
  async (on) => {
    const outcome = await replaced([{ on, act: destroy, path: /\/w\// }])
    expect(outcome.error).toMatchObject({ code: 'connection_lost' })
    expect(readFileSync(outcome.there('w/a'), 'utf8')).toBe('old')
  },
)

test('a cut connection ends a whole tree with one error', async () => {
  const { session, here } = await servedRig({ faults: [{ on: 'write', after: 20, act: destroy }] })
  for (let n = 0; n < 100; n += 1) plant(here(), { [`d/${n}`]: 'x' })
  const { events, listener } = remembered()
  await expect(upload(session, [here('d')], remotePath('/d'), { listener, signal })).rejects.toMatchObject({
    code: expect.stringMatching(/^(connection_lost|outcome_unknown)$/),
  })
  expect(events.filter(({ kind }) => kind === 'failed')).toEqual([])
})

test('a tree goes through few handles', async () => {
  const { session, here, there, pair } = await servedRig({ limits: { handles: 6 } })
  for (let n = 0; n < 60; n += 1) plant(here(), { [`d/${n % 7}/${n}`]: 'x' })
  mkdirSync(here('back'))
  await upload(session, [here('d')], remotePath('/d'), { signal })
  await download(session, [remotePath('/d')], here('back'), { signal })
  expect(harvest(there('d'))).toEqual(harvest(here('d')))
  expect(harvest(here('back/d'))).toEqual(harvest(here('d')))
  expect(pair.openHandles()).toBe(0)
})

test('of several faults only those files fail that they hit', async () => {
  const { session, here, there } = await servedRig({
    faults: [
      { on: 'open', path: /\.7\.ferry/, act: status(denied) },
      { on: 'write', path: /\.8\.ferry/, act: status(noSpace) },
      { on: 'mkdir', path: '/d/sub', act: status(denied) },
    ],
  })
  for (let n = 0; n < 20; n += 1) plant(here(), { [`d/${n}`]: 'x', [`d/sub/${n}`]: 'y' })
  const { failures, files } = await upload(session, [here('d')], remotePath('/d'), { signal })
  expect(failures.map(({ path, error }) => [path, error.code]).sort()).toEqual([
    [here('d/7'), 'permission_denied'],
    [here('d/8'), 'no_space'],
    [here('d/sub'), 'permission_denied'],
  ])
  expect(files).toBe(18)
  expect(namesIn(there('d'))).toHaveLength(18)
})
