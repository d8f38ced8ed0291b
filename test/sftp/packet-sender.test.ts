import { Writable } from 'node:stream'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { FieldWriter } from '../../src/sftp/fields.ts'
import { joinedBytesMax, PacketSender } from '../../src/sftp/packet-sender.ts'

/** A channel that takes a chunk when the test says so. */
class SlowChannel extends Writable {
  readonly chunks: Buffer[] = []
  take: () => void = () => undefined

  constructor() {
    super({ highWaterMark: 1 })
  }

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.chunks.push(Buffer.from(chunk))
    this.take = () => {
      this.take = () => undefined
      done()
    }
  }
}

/** Writes these bytes. */
const raw =
  (bytes: Buffer) =>
  (packet: FieldWriter): void =>
    packet.raw(bytes)

const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))
const quiet = { onAccepted: () => undefined, onClosed: () => undefined }

test('what is sent within one turn leaves as one chunk', async () => {
  const channel = new SlowChannel()
  const sender = new PacketSender(channel, 1000, quiet)
  for (let index = 0; index < 64; index += 1) sender.send(raw(Buffer.alloc(40, index)))
  await Promise.resolve().then(() => sender.send(raw(Buffer.alloc(40, 64))))
  await nextTurn()
  expect(channel.chunks.map((chunk) => chunk.length)).toEqual([65 * 40])
})

test('nothing more is handed over until the channel has taken what it was given', async () => {
  const channel = new SlowChannel()
  const sender = new PacketSender(channel, 1000, quiet)
  sender.send(raw(Buffer.from('one')))
  await nextTurn()
  sender.send(raw(Buffer.from('two')))
  sender.send(raw(Buffer.from('three')))
  await nextTurn()
  expect(channel.chunks.map(String)).toEqual(['one'])
  expect(channel.writableLength).toBe(3)
  channel.take()
  await nextTurn()
  expect(channel.chunks.map(String)).toEqual(['one', 'twothree'])
})

test('a chunk is never longer than 32 KiB, whatever waits', async () => {
  const channel = new SlowChannel()
  const sender = new PacketSender(channel, 1000, quiet)
  for (let index = 0; index < 3000; index += 1) sender.send(raw(Buffer.alloc(40)))
  for (let total = 0; total < 120_000; total = channel.chunks.reduce((sum, chunk) => sum + chunk.length, 0)) {
    await nextTurn()
    expect(channel.chunks.at(-1)?.length).toBeLessThanOrEqual(32 * 1024)
    channel.take()
  }
})

test('bytes leave in the order in which they were sent, and the payload of each is counted', async () => {
  const item = fc.record({ head: fc.integer({ min: 1, max: 300 }), payload: fc.option(fc.nat({ max: 100_000 })) })
  await fc.assert(
    fc.asyncProperty(fc.array(item, { maxLength: 12 }), fc.boolean(), async (items, isSlow) => {
      const channel = new SlowChannel()
      let accepted = 0
      // Every chunk takes longer than a limit below zero.
      const sender = new PacketSender(channel, isSlow ? -1 : 1000, {
        ...quiet,
        onAccepted: (bytes) => {
          accepted += bytes
        },
      })
      const sent: Buffer[] = []
      for (const [index, { head, payload }] of items.entries()) {
        const bytes = Buffer.alloc(head, index)
        const data = payload === null ? undefined : Buffer.alloc(payload, 100 + index)
        sent.push(bytes, ...(data === undefined ? [] : [data]))
        sender.send(raw(bytes), data)
      }
      const whole = Buffer.concat(sent)
      while (channel.chunks.reduce((sum, chunk) => sum + chunk.length, 0) < whole.length) {
        await nextTurn()
        channel.take()
      }
      channel.take()
      await nextTurn()
      expect(Buffer.concat(channel.chunks).equals(whole)).toBe(true)
      expect(accepted).toBe(items.reduce((sum, { payload }) => sum + (payload ?? 0), 0))
    }),
  )
})

test('a slow channel is given a long payload by the KiB, a quick one by 32 KiB without a copy', async () => {
  for (const [slowMs, largest] of [
    [-1, 1024],
    [1000, 32 * 1024],
  ] as const) {
    const lengths: number[] = []
    const payload = Buffer.alloc(200_000)
    const channel = new Writable({
      write: (chunk: Buffer, _encoding, done) => {
        lengths.push(chunk.length)
        if (chunk.length > joinedBytesMax) expect(chunk.buffer).toBe(payload.buffer)
        done()
      },
    })
    const sender = new PacketSender(channel, slowMs, quiet)
    sender.send(raw(Buffer.alloc(30)), payload)
    while (lengths.reduce((sum, length) => sum + length, 0) < 200_030) await nextTurn()
    expect(Math.max(...lengths)).toBe(largest)
  }
})

test('a channel that takes nothing more is told, and what waits is forgotten', async () => {
  for (const channel of [
    new Writable({ write: (_chunk, _encoding, done) => done(new Error('gone')) }),
    new Writable().end(),
  ]) {
    channel.on('error', () => undefined)
    const closed = new Promise<void>((resolve) => {
      new PacketSender(channel, 1000, { ...quiet, onClosed: resolve }).send(raw(Buffer.from('one')))
    })
    await expect(closed).resolves.toBeUndefined()
  }
})

test('after stop nothing leaves', async () => {
  const channel = new SlowChannel()
  const sender = new PacketSender(channel, 1000, quiet)
  sender.send(raw(Buffer.from('one')))
  sender.stop()
  await nextTurn()
  expect(channel.chunks).toEqual([])
})

test('a packet that cannot be written leaves nothing, and the others leave whole', async () => {
  const channel = new SlowChannel()
  const sender = new PacketSender(channel, 1000, quiet)
  sender.send(raw(Buffer.from('one')))
  const failing = (packet: FieldWriter): void => {
    packet.raw(Buffer.from('half a'))
    throw new Error('no number of 32 bits')
  }
  expect(() => sender.send(failing)).toThrow('no number of 32 bits')
  sender.send(raw(Buffer.from('two')))
  await nextTurn()
  expect(channel.chunks.map(String)).toEqual(['onetwo'])
})

test('what waits while the channel has a chunk is not written over by what comes later', async () => {
  const channel = new SlowChannel()
  const sender = new PacketSender(channel, 1000, quiet)
  const sent: Buffer[] = []
  for (let round = 0; round < 50; round += 1) {
    for (let index = 0; index < 40; index += 1) {
      const bytes = Buffer.alloc(900, sent.length)
      sent.push(bytes)
      sender.send(raw(bytes))
    }
    await nextTurn()
    channel.take()
  }
  while (channel.chunks.reduce((sum, chunk) => sum + chunk.length, 0) < sent.length * 900) {
    channel.take()
    await nextTurn()
  }
  expect(Buffer.concat(channel.chunks).equals(Buffer.concat(sent))).toBe(true)
})

// promise: own-memory
test('a short payload is a copy from when it is sent, however long the channel keeps it waiting', async () => {
  const channel = new SlowChannel()
  const sender = new PacketSender(channel, 1000, quiet)
  const payload = Buffer.alloc(joinedBytesMax, 'p')
  sender.send(raw(Buffer.from('head')), payload)
  payload.fill('S')
  await nextTurn()
  expect(Buffer.concat(channel.chunks).toString()).toBe(`head${'p'.repeat(joinedBytesMax)}`)
})
