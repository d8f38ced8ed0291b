import { expect, onTestFinished, test } from 'vitest'
import { openSession } from '../../src/sftp/open-session.ts'
import type { SftpSession } from '../../src/sftp/session.ts'
import * as acts from '../support/sftp-server/acts.ts'
import type { Act, Fault } from '../support/sftp-server/faults.ts'
import { type ServedPair, servePair } from '../support/sftp-server/serve-pair.ts'
import type { SftpServerOptions } from '../support/sftp-server/sftp-server.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'

/** A session with a server that serves an empty directory honestly, but for these faults. */
async function served(
  faults: readonly Fault[],
  options: Partial<SftpServerOptions> & { timeoutMs?: number } = {},
): Promise<{ session: SftpSession; server: ServedPair }> {
  const { timeoutMs = 30_000, ...rest } = options
  const directory = await temporaryDirectory()
  const server = servePair({ root: directory.path, faults, ...rest })
  const session = await openSession(server.channel, { timeoutMs, signal: new AbortController().signal })
  onTestFinished(async () => {
    await session[Symbol.asyncDispose]()
    await directory[Symbol.asyncDispose]()
  })
  return { session, server }
}

/** How these requests end: an error's code, or `done`. */
const codesOf = async (requests: readonly Promise<unknown>[]): Promise<string[]> =>
  (await Promise.allSettled(requests)).map((one) => (one.status === 'rejected' ? one.reason.code : 'done'))

const twenty = (ask: (index: number) => Promise<unknown>): Promise<unknown>[] =>
  Array.from({ length: 20 }, (_, index) => ask(index))

test.each<[string, Act, string]>([
  ['ends the stream', acts.end, 'connection_lost'],
  ['breaks the line', acts.destroy, 'connection_lost'],
  ['breaks off in the middle of an answer', acts.brokenOff(9), 'connection_lost'],
  ['answers under another id', acts.wrongId(4_000_000), 'protocol_error'],
  ['answers with another type', acts.wrongType(102), 'protocol_error'],
  ['answers with a packet that is cut short', acts.shortened(3), 'protocol_error'],
  ['claims a huge length', acts.claimedLength(0x7fff_ffff), 'protocol_error'],
  ['claims no length', acts.claimedLength(0), 'protocol_error'],
  ['prints text in between', acts.preceded(Buffer.from('Killed\n')), 'protocol_error'],
  ['answers twice', acts.followed(Buffer.from('0000000d6900000001', 'hex')), 'protocol_error'],
])('when the server %s, what came before holds, and all that follows is %s', async (_what, act, code) => {
  const { session } = await served([{ on: 'lstat', after: 5, act }])
  for (let index = 0; index < 5; index += 1) await session.lstat('.')
  const codes = await codesOf(twenty(() => session.lstat('.')))
  const first = codes.findIndex((one) => one !== 'done')
  expect(first).toBeLessThan(2)
  expect(new Set(codes.slice(first))).toEqual(new Set([code]))
  expect(await codesOf([session.stat('.'), session.opendir('.')])).toEqual([code, code])
})

// promise: lost-settles
test('when the line breaks while hundreds of writes are in flight, each of them ends', async () => {
  const { session, server } = await served([{ on: 'write', after: 50, act: acts.destroy }])
  const file = await session.open('file', { write: true, create: true })
  const block = Buffer.alloc(32 * 1024)
  const codes = await codesOf(
    Array.from({ length: 300 }, (_, index) => session.write(file, index * block.length, block)),
  )
  expect(codes.at(-1)).toBe('connection_lost')
  expect(new Set(codes)).toEqual(new Set(codes.includes('done') ? ['done', 'connection_lost'] : ['connection_lost']))
  await server.closed
  expect(server.openHandles()).toBe(0)
})

// promise: silent-sftp
test('when the server takes no more bytes, writes and all behind them are timed_out', async () => {
  const { session } = await served([{ on: 'write', act: acts.stopReading }], { timeoutMs: 100 })
  const file = await session.open('file', { write: true, create: true })
  const writes = twenty((index) => session.write(file, index * 200_000, Buffer.alloc(200_000)))
  expect(new Set(await codesOf([...writes, session.lstat('.')]))).toEqual(new Set(['timed_out']))
})

// promise: silent-sftp
test('when one request is never answered, it is timed_out, and the session with it', async () => {
  const { session } = await served([{ on: 'opendir', act: acts.drop }], { timeoutMs: 100 })
  await session.lstat('.')
  expect(await codesOf([session.opendir('.')])).toEqual(['timed_out'])
  expect(await codesOf([session.lstat('.')])).toEqual(['timed_out'])
})

test('while another request is answered again and again, one that waits longer than the timeout lives on', async () => {
  const gate = acts.gate()
  const { session } = await served([{ on: 'stat', act: gate.act }], { timeoutMs: 100 })
  const slow = session.stat('.')
  const startedAt = performance.now()
  while (performance.now() - startedAt < 250) await session.lstat('.')
  gate.open()
  await expect(slow).resolves.toBeDefined()
})

test('disposing while the server is stuck settles all that is in flight', async () => {
  const { session } = await served([{ on: 'any', after: 1, act: acts.stopReading }])
  const codes = codesOf(twenty((index) => session.realpath(`x${index}`)))
  await session[Symbol.asyncDispose]()
  expect(new Set(await codes)).toEqual(new Set(['connection_lost']))
})

test('a short read is given as it is', async () => {
  const { session } = await served([{ on: 'read', act: acts.shortRead(3) }])
  const file = await session.open('file', { read: true, write: true, create: true })
  await session.write(file, 0, Buffer.from('hello'))
  expect(await session.read(file, 0, 100)).toEqual(Buffer.from('hel'))
  expect(await session.read(file, 5, 100)).toBeNull()
})

test('fields that a server does not send are absent', async () => {
  const { session } = await served([{ on: ['lstat', 'readdir'], act: acts.attributes(() => ({})) }])
  expect(await session.lstat('.')).toEqual({})
  const entries = await session.readdir(await session.opendir('.'))
  expect(entries?.every((entry) => Object.keys(entry.attributes).length === 0)).toBe(true)
})

test('a server with few handles refuses the next one, and the session lives on', async () => {
  const { session } = await served([], { limits: { handles: 2 } })
  expect(session.limits.handles).toBe(2)
  const first = await session.opendir('.')
  await session.opendir('.')
  await expect(session.opendir('.')).rejects.toMatchObject({ name: 'FerryError' })
  await session.close(first)
  await expect(session.opendir('.')).resolves.toBeDefined()
})

test('an extension that is announced and not there is unsupported, and the session lives on', async () => {
  const { session } = await served([{ on: 'fsync@openssh.com', act: acts.status(8) }])
  const file = await session.open('file', { write: true, create: true })
  await expect(session.fsync(file)).rejects.toMatchObject({ code: 'unsupported' })
  await expect(session.close(file)).resolves.toBeUndefined()
})
