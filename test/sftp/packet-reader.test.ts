import fc from 'fast-check'
import { expect, test } from 'vitest'
import { PacketReader } from '../../src/sftp/packet-reader.ts'
import { str } from './raw-peer.ts'

function collector(): { reader: PacketReader; packets: Buffer[] } {
  const packets: Buffer[] = []
  const reader = new PacketReader((bytes, start, end) => packets.push(Buffer.from(bytes.subarray(start, end))))
  return { reader, packets }
}

const contents = fc.array(
  fc.uint8Array({ minLength: 5, maxLength: 200 }).map((bytes) => Buffer.from(bytes)),
  { maxLength: 20 },
)

/** The bytes in pieces that end at these places. */
function cut(bytes: Buffer, places: readonly number[]): Buffer[] {
  const at = [0, ...places.map((place) => place % (bytes.length + 1)), bytes.length].sort((a, b) => a - b)
  return at.slice(1).map((end, index) => bytes.subarray(at[index], end))
}

test('packets are the same however the stream is cut', () => {
  fc.assert(
    fc.property(contents, fc.array(fc.nat()), (wanted, places) => {
      const { reader, packets } = collector()
      for (const chunk of cut(Buffer.concat(wanted.map(str)), places)) reader.push(chunk)
      expect(packets).toEqual(wanted)
      expect(reader.partialBytes).toBe(0)
    }),
  )
})

test('byte by byte, a packet comes with its last byte, and what is there before is told', () => {
  const { reader, packets } = collector()
  const bytes = str('hello')
  for (const [index, byte] of bytes.entries()) {
    expect(reader.partialBytes).toBe(index)
    expect(packets).toEqual([])
    reader.push(Buffer.of(byte))
  }
  expect(packets).toEqual([Buffer.from('hello')])
})

test('a small packet within one chunk is not copied, a large one is put together in memory of its own', () => {
  const chunk = Buffer.concat([str('first'), str('second')])
  const packets: unknown[][] = []
  new PacketReader((...packet) => packets.push(packet)).push(chunk)
  expect(packets).toEqual([
    [chunk, 4, 9],
    [chunk, 13, 19],
  ])
  expect(packets.every(([bytes]) => bytes === chunk)).toBe(true)
  const large = str(Buffer.alloc(20_000))
  new PacketReader((...packet) => packets.push(packet)).push(large)
  expect(packets[2]).toEqual([large.subarray(4), 0, 20_000])
})

test('random bytes are packets or a protocol_error, never anything else', () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 100 })), (chunks) => {
      const { reader } = collector()
      try {
        for (const chunk of chunks) reader.push(Buffer.from(chunk))
      } catch (error) {
        expect(error).toMatchObject({ name: 'FerryError', code: 'protocol_error' })
      }
    }),
  )
})

// promise: claims-checked
test('a packet of 256 KiB is taken, a huge one is refused before a byte of it is there', () => {
  const { reader, packets } = collector()
  const largest = Buffer.alloc(256 * 1024, 1)
  for (let at = 0; at < largest.length + 4; at += 50_000) reader.push(str(largest).subarray(at, at + 50_000))
  expect(packets[0]?.equals(largest)).toBe(true)
  for (const head of ['00041000', '7fffffff', '80000000', 'ffffffff']) {
    expect(() => collector().reader.push(Buffer.from(head, 'hex')), head).toThrow(
      expect.objectContaining({
        code: 'protocol_error',
        message: expect.stringMatching(/^the server sent a packet of \d+ bytes$/),
      }),
    )
  }
})

// promise: claims-checked
test('a packet too short for a type and an id is refused', () => {
  for (const length of [0, 1, 4]) {
    expect(() => collector().reader.push(str(Buffer.alloc(length)))).toThrow(
      expect.objectContaining({ code: 'protocol_error', message: `the server sent a packet of ${length} bytes` }),
    )
  }
})

test.each([
  ['Welcome to bank.example!\r\n', 'Welcome to bank.example!'],
  ['ok\n\0\0\0\x05\x02\0\0\0\x03', 'ok'],
  ['\x1b[32mgreen\x1b[0m', '\x1b[32mgreen\x1b[0m'],
  ['Überraschung', 'Überraschung'],
  ['x'.repeat(500), `${'x'.repeat(200)}…`],
])('%j where a packet is due is told as text, with a hint', (text, quoted) => {
  const { reader } = collector()
  expect(() => reader.push(Buffer.from(text))).toThrow(
    expect.objectContaining({
      code: 'protocol_error',
      message: `the server sent text instead of SFTP: "${quoted}"`,
      details: { hint: expect.stringContaining('.bashrc') },
    }),
  )
})

test('text is told as text when it comes after a packet, and when its start came alone', () => {
  const { reader } = collector()
  reader.push(Buffer.concat([str('hello'), Buffer.from('Br')]))
  expect(() => reader.push(Buffer.from('oadcast message'))).toThrow('text instead of SFTP: "Broadcast message"')
})
