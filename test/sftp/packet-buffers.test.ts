import { expect, test } from 'vitest'
import { giveBack, owned, packetBuffer } from '../../src/sftp/packet-buffers.ts'

const length = 100_013

test('what is given back by any of its parts is used again, once, and for packets of that length', () => {
  const first = packetBuffer(length)
  giveBack(first.subarray(13, 20))
  giveBack(first)
  const other = packetBuffer(length - 1)
  const again = packetBuffer(length)
  const next = packetBuffer(length)
  expect(again.buffer).toBe(first.buffer)
  expect(new Set([again.buffer, other.buffer, next.buffer]).size).toBe(3)
  expect([again, other, next].map((buffer) => buffer.length)).toEqual([length, length - 1, length])
})

test('what is not given back is nobody else’s, and what did not come from here is never taken', () => {
  const kept = packetBuffer(length)
  const own = Buffer.allocUnsafeSlow(length)
  giveBack(own)
  expect([kept.buffer, own.buffer]).not.toContain(packetBuffer(length).buffer)
})

test('no more than a few wait to be used again, all of one length', () => {
  const many = Array.from({ length: 20 }, () => packetBuffer(length))
  for (const one of many) giveBack(one)
  const known = new Set(many.map(({ buffer }) => buffer))
  const taken = Array.from({ length: 20 }, () => packetBuffer(length))
  expect(taken.filter(({ buffer }) => known.has(buffer)).length).toBe(4)
  giveBack(taken[0] ?? Buffer.of())
  giveBack(packetBuffer(length + 1))
  expect(packetBuffer(length).buffer).not.toBe(taken[0]?.buffer)
})

test('bytes of a packet that may be given back are kept as they are, others are copied', () => {
  const packet = packetBuffer(length)
  expect(owned(packet.subarray(5)).buffer).toBe(packet.buffer)
  const chunk = Buffer.from('of a chunk')
  const copy = owned(chunk)
  chunk.fill(0)
  expect(String(copy)).toBe('of a chunk')
})
