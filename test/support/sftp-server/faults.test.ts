import { truncateSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import * as acts from './acts.ts'
import { lstat, mkdir, readable, scene } from './scene.ts'
import { attributes, packetType, string, uint32 } from './wire.ts'

const ok = { type: 'status', code: 0, message: 'Success' }

test('a fault is for the requests and paths that it names', async () => {
  await using one = await scene([{ on: 'mkdir', path: '/no', act: acts.status(3, 'not you') }])
  expect(await mkdir(one.client, 'no')).toMatchObject({ type: 'status', code: 3, message: 'not you' })
  expect(await mkdir(one.client, '/x/../no')).toMatchObject({ code: 3 })
  expect(await mkdir(one.client, 'yes')).toMatchObject(ok)
  expect(await lstat(one.client, 'no')).toMatchObject({ code: 2 })
})

test('a fault can be for several requests, a pattern of paths, and the file behind a handle', async () => {
  await using one = await scene([{ on: ['mkdir', 'read'], path: /^\/(?:a|b.*)$/, act: acts.status(4) }])
  expect(await mkdir(one.client, 'b1')).toMatchObject({ code: 4, message: 'Failure' })
  expect(await mkdir(one.client, 'c')).toMatchObject(ok)
  expect(await one.client.read(await readable(one.client), 0, 5)).toMatchObject({ code: 4 })
})

test('a fault has its turn: after so many, and so often', async () => {
  await using one = await scene([{ on: 'lstat', after: 1, times: 2, act: acts.status(4) }])
  const codes: unknown[] = []
  for (let count = 0; count < 5; count += 1) codes.push((await lstat(one.client, 'a')).type)
  expect(codes).toEqual(['attributes', 'status', 'status', 'attributes', 'attributes'])
})

test('"any" is every request but INIT', async () => {
  await using one = await scene([{ on: 'any', act: acts.status(8) }])
  expect(await one.client.start()).toMatchObject({ version: 3 })
  expect(await lstat(one.client, 'a')).toMatchObject({ code: 8 })
})

test('a status can go without message, and have any code', async () => {
  await using one = await scene([{ on: 'lstat', act: acts.status(12_345, null) }])
  const answer = await lstat(one.client, 'a')
  expect(answer).toMatchObject({ type: 'status', code: 12_345 })
  expect(answer).not.toHaveProperty('message')
})

test('a write that is only said to be done is not done', async () => {
  await using one = await scene([{ on: 'mkdir', act: acts.status(0) }])
  expect(await mkdir(one.client, 'd')).toMatchObject(ok)
  expect(one.exists('d')).toBe(false)
})

test('a dropped request is not answered, and others are', async () => {
  await using one = await scene([{ on: 'mkdir', act: acts.drop }])
  one.client.send(packetType.mkdir, string('d'), attributes({}))
  const id = one.client.send(packetType.lstat, string('a'))
  expect(await one.client.answer()).toMatchObject({ id, type: 'attributes' })
  expect(one.exists('d')).toBe(false)
})

test('a request at a gate waits, is overtaken, and is served when the gate opens', async () => {
  const gate = acts.gate()
  await using one = await scene([{ on: 'mkdir', act: gate.act }])
  const held = one.client.send(packetType.mkdir, string('d'), attributes({}))
  await gate.reached
  expect(await lstat(one.client, 'a')).toMatchObject({ type: 'attributes' })
  expect(one.exists('d')).toBe(false)
  gate.open()
  expect(await one.client.answer()).toMatchObject({ id: held, ...ok })
  expect(one.exists('d')).toBe(true)
})

test('what was done can stay without an answer that arrives', async () => {
  await using one = await scene([{ on: 'mkdir', act: acts.performed(acts.destroy) }])
  await expect(mkdir(one.client, 'd')).rejects.toThrow('the stream ended')
  expect(one.exists('d')).toBe(true)
})

test('the stream ends in place of an answer, and what came with it is not served', async () => {
  await using one = await scene([{ on: 'lstat', act: acts.end }])
  one.pair.channel.stream.cork()
  one.client.send(packetType.lstat, string('a'))
  one.client.send(packetType.mkdir, string('d'), attributes({}))
  one.pair.channel.stream.uncork()
  await expect(one.client.answer()).rejects.toThrow('the stream ended')
  expect(await one.pair.channel.ended).toMatchObject({ code: 'connection_lost' })
  expect(one.exists('d')).toBe(false)
})

test('a server that stops reading leaves its client with full hands', async () => {
  await using one = await scene([{ on: 'lstat', act: acts.stopReading }])
  const { stream } = one.pair.channel
  one.client.send(packetType.lstat, string('a'))
  for (let count = 0; count < 100 && stream.write(Buffer.alloc(65_536)); count += 1);
  expect(stream.writableNeedDrain).toBe(true)
})

test('something can happen on the server just before a request', async () => {
  await using one = await scene([
    { on: 'read', times: 1, act: acts.meanwhile(() => truncateSync(join(one.directory.path, 'a'), 3)) },
  ])
  expect(await one.client.read(await readable(one.client), 0, 100)).toMatchObject({ data: Buffer.from('hel') })
})

test('an answer can have a wrong id, a wrong type, or neither', async () => {
  await using one = await scene([
    { on: 'lstat', path: '/id', act: acts.wrongId(77) },
    { on: 'lstat', path: '/type', act: acts.wrongType(packetType.handle) },
    { on: 'lstat', path: '/answer', act: acts.answer({ type: 'handle', handle: Buffer.of(1) }) },
  ])
  expect(await lstat(one.client, 'id')).toMatchObject({ id: 77, type: 'status', code: 2 })
  one.client.send(packetType.lstat, string('type'))
  expect((await one.client.packet()).readUInt8()).toBe(packetType.handle)
  expect(await lstat(one.client, 'answer')).toMatchObject({ id: 3, handle: Buffer.of(1) })
})

test('packets can be cut, padded, and broken off', async () => {
  await using one = await scene([
    { on: 'lstat', path: '/short', act: acts.shortened(9) },
    { on: 'lstat', path: '/long', act: acts.lengthened(Buffer.from('more')) },
    { on: 'lstat', path: '/own', act: acts.rewritten((packet) => packet.fill(0, 9)) },
    { on: 'lstat', path: '/off', act: acts.brokenOff(6) },
  ])
  const honest = Buffer.concat([Buffer.of(packetType.status), uint32(1), uint32(2), string('No such file'), string('')])
  one.client.send(packetType.lstat, string('short'))
  expect(await one.client.packet()).toEqual(honest.subarray(0, honest.length - 9))
  one.client.send(packetType.lstat, string('long'))
  expect((await one.client.packet()).subarray(5)).toEqual(Buffer.concat([honest.subarray(5), Buffer.from('more')]))
  one.client.send(packetType.lstat, string('own'))
  expect((await one.client.packet()).subarray(5).every((byte) => byte === 0)).toBe(true)
  one.client.send(packetType.lstat, string('off'))
  await expect(one.client.packet()).rejects.toThrow('the stream ended')
})

test('a length can be claimed that is not there, and bytes can be anything', async () => {
  await using one = await scene([
    { on: 'lstat', act: acts.claimedLength(0xffffffff) },
    { on: 'init', act: acts.preceded(Buffer.from('Welcome!\n')) },
    { on: 'stat', act: acts.raw(Buffer.from('garbage')) },
  ])
  const { stream } = one.pair.channel
  stream.removeAllListeners('data')
  const received: Buffer[] = []
  stream.on('data', (chunk: Buffer) => received.push(chunk))
  stream.write(Buffer.concat([uint32(5), Buffer.of(packetType.init), uint32(3)]))
  one.client.send(packetType.stat, string('a'))
  one.client.send(packetType.lstat, string('a'))
  while (!Buffer.concat(received).includes(uint32(0xffffffff)))
    await new Promise((resolve) => stream.once('data', resolve))
  const text = Buffer.concat(received).toString('latin1')
  expect(text.startsWith('Welcome!\n')).toBe(true)
  expect(text).toContain('garbage\xff\xff\xff\xff')
})

test('packets that nobody asked for can follow', async () => {
  await using one = await scene([
    { on: 'lstat', act: acts.followed([{ type: 'data', data: Buffer.of(1) }, undefined]) },
  ])
  expect(await lstat(one.client, 'a')).toMatchObject({ id: 1, type: 'attributes' })
  expect(await one.client.answer()).toMatchObject({ id: 1, type: 'data' })
})

test('a dripped answer arrives whole in the end', async () => {
  await using one = await scene([{ on: 'lstat', act: acts.dripped(0) }])
  expect(await lstat(one.client, 'a')).toMatchObject({ type: 'attributes' })
})

test('a client that goes away ends a drip', async () => {
  await using one = await scene([{ on: 'lstat', act: acts.dripped(60_000) }])
  one.client.send(packetType.lstat, string('a'))
  await one.pair.channel.close()
  await one.pair.closed
})

test('reads can be short, of other data, and without end', async () => {
  await using one = await scene([
    { on: 'read', times: 1, act: acts.shortRead(3) },
    { on: 'read', times: 1, act: acts.data(Buffer.from('much more than was asked for')) },
    { on: 'read', act: acts.endlessData },
  ])
  const handle = await readable(one.client)
  expect(await one.client.read(handle, 0, 5)).toMatchObject({ data: Buffer.from('hel') })
  expect(await one.client.read(handle, 0, 5)).toMatchObject({ data: Buffer.from('much more than was asked for') })
  expect((await one.client.read(handle, 1e12, 7)).data?.length).toBe(7)
})

test('listings can hold any names, and have no end', async () => {
  await using one = await scene([
    { on: 'readdir', times: 1, act: acts.listing('../evil', Buffer.of(0xff), { name: '', longname: 'x' }) },
    { on: 'readdir', act: acts.endlessListing((index) => ({ name: `f${index}` }), 2) },
  ])
  const { handle = Buffer.of() } = await one.client.ask(packetType.opendir, string('.'))
  const names = async (): Promise<string[] | undefined> =>
    (await one.client.ask(packetType.readdir, string(handle))).names?.map(({ name }) => name)
  expect(await names()).toEqual(['../evil', '\udcff', ''])
  expect(await names()).toEqual(['f1', 'f2'])
  expect(await names()).toEqual(['f3', 'f4'])
})

test('a listing can claim a number of entries that it does not have', async () => {
  await using one = await scene([{ on: 'realpath', act: acts.answer({ type: 'name', entries: [], count: 1_000_000 }) }])
  one.client.send(packetType.realpath, string('.'))
  expect(await one.client.packet()).toEqual(Buffer.concat([Buffer.of(packetType.name), uint32(1), uint32(1_000_000)]))
})

test('attributes can lie, alone and in listings', async () => {
  await using one = await scene([
    { on: 'lstat', act: acts.attributes((honest) => ({ ...honest, size: 2n ** 64n - 1n, extended: [['x', 'y']] })) },
    {
      on: 'readdir',
      times: 1,
      act: acts.attributes((honest, name) => (name === 'a' ? { permissions: 0o040755 } : honest)),
    },
  ])
  expect(await lstat(one.client, 'a')).toMatchObject({
    attributes: { size: 2 ** 64, permissions: 0o100644, extended: [['x', 'y']] },
  })
  const { handle = Buffer.of() } = await one.client.ask(packetType.opendir, string('.'))
  const { names } = await one.client.ask(packetType.readdir, string(handle))
  expect(names?.find(({ name }) => name === 'a')?.attributes).toEqual({ permissions: 0o040755 })
})

test('a server that takes one request at a time refuses the second of two', async () => {
  await using one = await scene([{ on: 'any', act: acts.oneAtATime() }])
  const first = one.client.send(packetType.lstat, string('a'))
  const second = one.client.send(packetType.lstat, string('a'))
  expect(await one.client.answer()).toMatchObject({ id: second, code: 4 })
  expect(await one.client.answer()).toMatchObject({ id: first, type: 'attributes' })
  expect(await lstat(one.client, 'a')).toMatchObject({ type: 'attributes' })
})

test('a test can write an act of its own', async () => {
  await using one = await scene([
    { on: 'lstat', act: ({ paths }) => ({ type: 'status', code: 9, message: paths.join() }) },
  ])
  expect(await lstat(one.client, 'x')).toMatchObject({ code: 9, message: '/x' })
})
