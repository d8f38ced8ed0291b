import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { FerryError } from '../../src/errors/ferry-error.ts'
import type { Attributes } from '../../src/model/attributes.ts'
import { decodeName } from '../../src/model/name-bytes.ts'
import { FieldWriter } from '../../src/sftp/fields.ts'
import {
  decodeAnswer,
  decodeVersion,
  type Field,
  initPacket,
  requestType,
  writePacket,
} from '../../src/sftp/packets.ts'
import { attributes, size, uint32 } from '../support/any-attributes.ts'
import { answer, packet, str, u32, u64 } from './raw-peer.ts'

const bytes = fc.uint8Array({ maxLength: 300 }).map((array) => Buffer.from(array))
const names = fc.uint8Array({ maxLength: 60 }).map((array) => decodeName(array.filter((byte) => byte !== 0)))

function requestPacket(type: number, id: number, fields: readonly Field[], payloadBytes?: number): Buffer {
  const packet = new FieldWriter()
  writePacket(packet, type, id, fields, payloadBytes)
  return packet.view()
}

/** Without its length, as the packet reader gives it. */
const body = (whole: Buffer): Buffer => whole.subarray(4)
const protocolError = expect.objectContaining({ name: 'FerryError', code: 'protocol_error' })

/** Attributes as an answer carries them: what a request's fields say, behind an id. */
const echoed = (fields: Attributes): Buffer => packet(105, body(requestPacket(0, 1, [fields])).subarray(1))

describe('requests', () => {
  test('INIT asks for version 3', () => {
    expect(initPacket().toString('hex')).toBe('000000050100000003')
  })

  test('every field is written as the draft has it', () => {
    fc.assert(
      fc.property(uint32, uint32, names, bytes, size, (id, number, name, string, big) => {
        const whole = requestPacket(requestType.rename, id, [name, string, number, { uint64: big }])
        expect(whole.readUInt32BE()).toBe(whole.length - 4)
        expect(whole[4]).toBe(18)
        expect(whole.readUInt32BE(5)).toBe(id)
        let at = 9
        const nameBytes = whole.subarray(at + 4, at + 4 + whole.readUInt32BE(at))
        expect(decodeName(nameBytes)).toBe(name)
        at += 4 + nameBytes.length
        expect(whole.subarray(at, at + 4 + string.length)).toEqual(str(string))
        at += 4 + string.length
        expect(whole.readUInt32BE(at)).toBe(number)
        expect(whole.readBigUInt64BE(at + 4)).toBe(BigInt(big))
        expect(whole.length).toBe(at + 12)
      }),
    )
  })

  test('READ and the head of WRITE carry handle, offset and length', () => {
    fc.assert(
      fc.property(uint32, bytes, size, fc.nat({ max: 261_120 }), (id, handle, offset, length) => {
        const read = Buffer.concat([Buffer.of(5), u32(id), str(handle), u64(offset), u32(length)])
        expect(requestPacket(5, id, [handle, { uint64: offset }, length])).toEqual(str(read))
        const write = Buffer.concat([Buffer.of(6), u32(id), str(handle), u64(offset), u32(length)])
        const head = requestPacket(6, id, [handle, { uint64: offset }], length)
        expect(head).toEqual(Buffer.concat([u32(write.length + length), write]))
      }),
    )
  })

  test.each([-1, 1.5, Number.NaN, 2 ** 53])('an offset of %d is refused', (offset) => {
    expect(() => requestPacket(1, 1, [{ uint64: offset }])).toThrow(FerryError)
  })

  test.each([-1, 0.5, 2 ** 32])('%d is refused as a user id', (uid) => {
    expect(() => requestPacket(requestType.setstat, 1, ['x', { owner: { uid, gid: 0 } }])).toThrow(FerryError)
  })

  test('times that 32 bits do not hold become the nearest that they do', () => {
    const changed = decodeAnswer(body(echoed({ times: { atime: -5, mtime: 2 ** 33 } })))
    expect(changed).toMatchObject({ attributes: { times: { atime: 0, mtime: 0xffff_ffff } } })
    const whole = decodeAnswer(body(echoed({ times: { atime: 10.9, mtime: 0.1 } })))
    expect(whole).toMatchObject({ attributes: { times: { atime: 10, mtime: 0 } } })
  })

  test('a name with a NUL byte is refused', () => {
    expect(() => requestPacket(requestType.remove, 1, ['a\0b'])).toThrow(
      expect.objectContaining({ code: 'usage', message: 'the name contains a NUL byte' }),
    )
  })
})

describe('answers', () => {
  test('attributes survive encoding and decoding', () => {
    fc.assert(
      fc.property(attributes, (before) => {
        expect(decodeAnswer(body(echoed(before)))).toEqual({ type: 'ATTRS', id: 1, attributes: before })
      }),
    )
  })

  test('extended attributes are skipped, whatever they hold', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(bytes, bytes), { maxLength: 5 }), (pairs) => {
        const extended = Buffer.concat([u32(pairs.length), ...pairs.flat().map(str)])
        const name = packet(
          104,
          u32(7),
          u32(2),
          ...['a', 'b'].flatMap((text) => [str(text), str(''), u32(0x8000_0004), u32(0o644), extended]),
        )
        const entries = ['a', 'b'].map((text) => ({ name: text, attributes: { permissions: 0o644 } }))
        expect(decodeAnswer(body(name))).toEqual({ type: 'NAME', id: 7, entries })
      }),
    )
  })

  test('every kind of answer is decoded to what it says', () => {
    fc.assert(
      fc.property(
        uint32,
        fc.integer({ min: 1, max: 0xffff_ffff }),
        bytes,
        fc.array(names),
        (id, code, string, listed) => {
          expect(decodeAnswer(body(answer.status(id, code)))).toEqual({ type: 'STATUS', id, code })
          expect(decodeAnswer(body(answer.status(id, code, 'why')))).toEqual({
            type: 'STATUS',
            id,
            code,
            message: 'why',
          })
          expect(decodeAnswer(body(answer.status(id, 0, 'fine')))).toEqual({ type: 'STATUS', id, code: 0 })
          expect(decodeAnswer(body(answer.data(id, string)))).toEqual({ type: 'DATA', id, data: string })
          expect(decodeAnswer(body(answer.extended(id, string)))).toEqual({ type: 'EXTENDED_REPLY', id, body: string })
          const handle = string.subarray(0, 256)
          expect(decodeAnswer(body(answer.handle(id, handle)))).toEqual({ type: 'HANDLE', id, handle })
          const wire = listed.map((name) => body(requestPacket(0, 0, [name])).subarray(9))
          expect(decodeAnswer(body(answer.names(id, ...wire)))).toMatchObject({
            type: 'NAME',
            id,
            entries: listed.map((name) => ({ name })),
          })
        },
      ),
    )
  })

  test('data is a view of the packet, a handle is a copy', () => {
    const data = body(answer.data(1, 'hello'))
    const decoded = decodeAnswer(data)
    data.fill('x', 9)
    expect(decoded).toMatchObject({ data: Buffer.from('xxxxx') })
    const handle = body(answer.handle(1, 'hello'))
    const kept = decodeAnswer(handle)
    handle.fill('x', 9)
    expect(kept).toMatchObject({ handle: Buffer.from('hello') })
  })

  test.each([
    ['a status that ends within its message', body(answer.status(1, 4, 'message')).subarray(0, 14)],
    ['a status without its code', packet(101, u32(1)).subarray(4)],
    ['data that is shorter than it says', body(answer.data(1, 'hello')).subarray(0, -1)],
    ['a handle of 257 bytes', body(answer.handle(1, Buffer.alloc(257)))],
    ['a listing that claims 2^32-1 names', body(packet(104, u32(1), u32(0xffff_ffff), Buffer.alloc(100)))],
    ['a listing with one name less than it says', body(packet(104, u32(1), u32(2), str('a'), str(''), u32(0)))],
    ['a name that is longer than the packet', body(packet(104, u32(1), u32(1), u32(0xffff_ffff), Buffer.alloc(60)))],
    ['attributes that end early', body(answer.attributes(1, u32(15), u64(5)))],
    ['a size of 2^53', body(answer.attributes(1, u32(1), u64(2n ** 53n)))],
    ['a size of 2^64-1', body(answer.attributes(1, u32(1), u64(2n ** 64n - 1n)))],
    ['2^32-1 extended attributes', body(answer.attributes(1, u32(0x8000_0000), u32(0xffff_ffff)))],
    ['an id cut short', Buffer.of(101, 0, 0)],
    ['a packet of an unknown type', body(packet(99, u32(1)))],
    ['a request where an answer is due', body(packet(3, u32(1)))],
    ['a second version', body(answer.version(3))],
  ])('%s is a protocol_error', (_what, bytes) => {
    expect(() => decodeAnswer(bytes)).toThrow(protocolError)
  })

  test('the largest size that a number holds exactly is taken', () => {
    const decoded = decodeAnswer(body(answer.attributes(1, u32(1), u64(2n ** 53n - 1n))))
    expect(decoded).toMatchObject({ attributes: { size: Number.MAX_SAFE_INTEGER } })
  })

  test('bytes after the last field are ignored', () => {
    expect(decodeAnswer(body(packet(103, u32(1), str('data'), Buffer.alloc(9))))).toMatchObject({
      data: Buffer.from('data'),
    })
  })

  // promise: any-bytes
  test('any bytes either decode or are a protocol_error', () => {
    const types = fc.constantFrom(2, 101, 102, 103, 104, 105, 201, 7)
    fc.assert(
      fc.property(types, fc.uint8Array({ minLength: 4, maxLength: 80 }), (type, rest) => {
        for (const decode of [decodeAnswer, decodeVersion]) {
          try {
            decode(Buffer.from([type, ...rest]))
          } catch (error) {
            expect(error).toEqual(protocolError)
          }
        }
      }),
    )
  })

  // promise: claims-checked
  test('an answer that is cut anywhere before its last field ends is a protocol_error', () => {
    const whole = body(
      packet(
        104,
        u32(1),
        u32(1),
        str('name'),
        str('long'),
        u32(0x8000_000f),
        u64(1),
        ...[1, 2, 3, 4, 5].map(u32),
        u32(1),
        str('k'),
        str('v'),
      ),
    )
    expect(decodeAnswer(whole).type).toBe('NAME')
    for (let length = 1; length < whole.length; length += 1) {
      expect(() => decodeAnswer(whole.subarray(0, length)), `at ${length}`).toThrow(protocolError)
    }
  })
})

describe('version', () => {
  test('extensions are a map of what the server announced first', () => {
    const bytes = packet(2, u32(3), ...['a', '1', 'b', '2', 'a', '3', '__proto__', 'x'].map(str))
    expect(decodeVersion(body(bytes))).toEqual({
      version: 3,
      extensions: new Map([
        ['a', '1'],
        ['b', '2'],
        ['__proto__', 'x'],
      ]),
    })
  })

  test('what follows another version is not looked at', () => {
    expect(decodeVersion(body(packet(2, u32(6), Buffer.of(1, 2, 3))))).toEqual({ version: 6, extensions: new Map() })
  })

  test('an extension without its value is a protocol_error', () => {
    expect(() => decodeVersion(body(packet(2, u32(3), str('a'))))).toThrow(protocolError)
  })

  test('another packet in its place is a protocol_error', () => {
    expect(() => decodeVersion(body(answer.status(1, 4, 'no')))).toThrow(protocolError)
  })
})
