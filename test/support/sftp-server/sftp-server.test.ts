import { expect, test } from 'vitest'
import { lstat, readable, scene } from './scene.ts'
import type { ServedPair } from './serve-pair.ts'
import { packetType, string, uint32, uint64 } from './wire.ts'

const ok = { type: 'status', code: 0, message: 'Success' }

test('a server can be of another version, and announce what it has not', async () => {
  await using one = await scene([], {
    version: 6,
    extensions: { 'fsync@openssh.com': '9', 'no-such@example.com': '1' },
  })
  expect(await one.client.start()).toEqual({
    version: 6,
    extensions: { 'fsync@openssh.com': '9', 'no-such@example.com': '1' },
  })
  expect(await one.client.extended('no-such@example.com')).toMatchObject({ code: 8 })
  // What is not announced is not served.
  expect(await one.client.extended('hardlink@openssh.com', string('a'), string('b'))).toMatchObject({ code: 8 })
})

test('limits are told and held', async () => {
  await using one = await scene([], { limits: { read: 4, handles: 1 } })
  const { payload } = await one.client.extended('limits@openssh.com')
  expect(payload).toEqual(Buffer.concat([262_144, 4, 261_120, 1].map(uint64)))
  const handle = await readable(one.client)
  expect(await one.client.read(handle, 0, 100)).toMatchObject({ data: Buffer.from('hell') })
  expect(await one.client.open('a', 1)).toMatchObject({ code: 4 })
  expect(await one.client.ask(packetType.close, string(handle))).toMatchObject(ok)
  expect(await one.client.open('a', 1)).toMatchObject({ type: 'handle' })
})

test('a packet that is too long ends the stream, and a malformed one is a bad message', async () => {
  await using one = await scene([], { limits: { packet: 100 } })
  expect(await one.client.ask(packetType.lstat, uint32(50))).toMatchObject({ id: 1, code: 5 })
  expect(await one.client.ask(packetType.lstat, string('a'), string('more'))).toMatchObject({ id: 2, code: 5 })
  await expect(lstat(one.client, 'a'.repeat(100))).rejects.toThrow('the stream ended')
})

test('answers can come in pieces', async () => {
  await using one = await scene([], { pieceBytes: 3 })
  const sizes: number[] = []
  one.pair.channel.stream.on('data', (chunk: Buffer) => sizes.push(chunk.length))
  expect(await lstat(one.client, 'a')).toMatchObject({ type: 'attributes' })
  expect(Math.max(...sizes)).toBe(3)
})

test('requests are recorded as they come, with the paths in full', async () => {
  await using one = await scene([], { startDirectory: '/' })
  await one.client.start()
  const handle = await readable(one.client)
  await one.client.read(handle, 2, 5)
  await one.client.write(handle, 1, 'abc')
  await one.client.ask(packetType.rename, string('x'), string('d/../y'))
  expect(one.pair.requests).toEqual([
    { name: 'init', paths: [] },
    { name: 'open', paths: ['/a'] },
    { name: 'read', paths: ['/a'], offset: 2, length: 5 },
    { name: 'write', paths: ['/a'], offset: 1, length: 3 },
    { name: 'rename', paths: ['/x', '/y'] },
  ])
})

test('a pair that is closed or hung up ends at both ends, and leaves no handle open', async () => {
  for (const finish of [(pair: ServedPair) => pair.channel.close(), (pair: ServedPair) => pair.hangUp()]) {
    await using one = await scene([])
    await readable(one.client)
    expect(one.pair.openHandles()).toBe(1)
    await finish(one.pair)
    await one.pair.closed
    expect(await one.pair.channel.ended).toMatchObject({ code: 'connection_lost' })
    expect(one.pair.openHandles()).toBe(0)
  }
})

test('a client that ends its side gets all answers, and then the end', async () => {
  await using one = await scene([])
  const { stream } = one.pair.channel
  one.client.send(packetType.lstat, string('a'))
  stream.end()
  expect(await one.client.answer()).toMatchObject({ type: 'attributes' })
  await one.pair.closed
})
