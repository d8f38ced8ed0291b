import fc from 'fast-check'
import { expect, test } from 'vitest'
import { decodeName, encodeName, fsPath } from '../../src/model/name-bytes.ts'

test('any bytes come back as the same bytes', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
      expect([...encodeName(decodeName(bytes))]).toEqual([...bytes])
    }),
  )
})

test('any well-formed text comes back as the same text', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      expect(decodeName(encodeName(text))).toBe(text)
    }),
  )
})

test('names that differ only in bytes that are not UTF-8 stay different', () => {
  expect(decodeName(Buffer.from([0x61, 0xff]))).not.toBe(decodeName(Buffer.from([0x61, 0xfe])))
})

test('a byte order mark is part of the name', () => {
  expect(decodeName(Buffer.from('\ufeffa'))).toBe('\ufeffa')
})

test.each([
  ['an encoded surrogate', [0xed, 0xb2, 0x80]],
  ['an overlong slash', [0xc0, 0xaf]],
  ['a sequence that is cut short', [0xe2, 0x82]],
])('%s is kept as bytes, not decoded', (_, bytes) => {
  const name = decodeName(Buffer.from(bytes))
  expect(name).toHaveLength(bytes.length)
  expect([...encodeName(name)]).toEqual(bytes)
})

test('fs is given bytes only where the name is not UTF-8', () => {
  expect(fsPath('plain ü')).toBe('plain ü')
  expect(fsPath(decodeName(Buffer.from([0xff])))).toEqual(Buffer.from([0xff]))
})
