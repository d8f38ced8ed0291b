import fc from 'fast-check'
import { expect, test } from 'vitest'
import { PacketSplitter } from './packet-splitter.ts'
import { uint32 } from './wire.ts'

test('packets come out whole and in order, wherever the stream is cut', () => {
  fc.assert(
    fc.property(
      fc.array(fc.uint8Array({ minLength: 1, maxLength: 20 }), { maxLength: 8 }),
      fc.array(fc.nat(200), { maxLength: 10 }),
      (packets, cuts) => {
        const stream = Buffer.concat(packets.flatMap((packet) => [uint32(packet.length), packet]))
        const edges = [
          0,
          ...cuts.map((cut) => Math.min(cut, stream.length)).sort((one, other) => one - other),
          stream.length,
        ]
        const splitter = new PacketSplitter(20)
        const out = edges.slice(1).flatMap((edge, index) => splitter.push(stream.subarray(edges[index], edge)))
        expect(out.map((packet) => [...packet])).toEqual(packets.map((packet) => [...packet]))
      },
    ),
  )
})

test.each([0, 21, 0xffffffff])('a length of %d is an error', (length) => {
  expect(() => new PacketSplitter(20).push(uint32(length))).toThrow(RangeError)
})
