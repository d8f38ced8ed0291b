import fc from 'fast-check'
import { expect, test } from 'vitest'
import { nameProblem } from '../../src/model/connection.ts'
import { durationMs, durationText, elapsedText } from '../../src/model/duration.ts'
import { decodeName } from '../../src/model/name-bytes.ts'
import {
  baseName,
  directoryName,
  joinRemote,
  remotePath,
  resolveRemote,
  suspectName,
} from '../../src/model/remote-path.ts'
import { sizeText } from '../../src/model/size.ts'
import { suggest } from '../../src/model/suggest.ts'
import { visible } from '../../src/model/visible.ts'

// promise: safe-text
test('visible text is one line without anything that a terminal acts on', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 60 }), fc.uint8Array({ maxLength: 20 }), (text, bytes) => {
      expect(visible(text + decodeName(bytes))).not.toMatch(
        /[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]/u,
      )
    }),
  )
})

test.each([
  ['a\nb', 'a\\nb'],
  ['a\\nb', 'a\\\\nb'],
  ['\u001b[2J', '\\x1b[2J'],
  ['\u009b2J', '\\x9b2J'],
  ['\u202egpj', '\\u202egpj'],
  [decodeName(Buffer.from([0xff])), '\\xff'],
  ['naïve 文件 😀', 'naïve 文件 😀'],
])('%j is shown as %s', (text, shown) => {
  expect(visible(text)).toBe(shown)
})

test('different names never look the same', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }), (one, other) => {
      fc.pre(one !== other)
      expect(visible(one)).not.toBe(visible(other))
    }),
  )
})

test('a duration that was written is read back as the same number', () => {
  fc.assert(fc.property(fc.integer({ min: 0, max: 1e9 }), (ms) => durationMs(durationText(ms)) === ms))
})

test.each([
  ['30', 30_000],
  ['1m30s', 90_000],
  ['250ms', 250],
  ['1.5h', 5_400_000],
  ['0', 0],
])('%s is %i ms', (text, ms) => {
  expect(durationMs(text)).toBe(ms)
})

test.each(['', '-1', '1x', 's', '1 s', '1m 2s'])('"%s" is no duration', (text) => {
  expect(durationMs(text)).toBeUndefined()
})

test.each([
  [31.2, '31ms'],
  [3900, '3.9s'],
  [125_000, '2m05s'],
  [3_780_000, '1h03m'],
  [59_960, '1m00s'],
  [999.7, '1.0s'],
])('%f ms is shown as %s', (ms, text) => {
  expect(elapsedText(ms)).toBe(text)
})

test.each([
  [812, '812 B'],
  [1024, '1.0 KiB'],
  [4198, '4.1 KiB'],
  [31_561_000, '30.1 MiB'],
  [1_048_575, '1.0 MiB'],
])('%i bytes are %s', (bytes, text) => {
  expect(sizeText(bytes)).toBe(text)
})

test('a misspelt word finds its neighbour, and nonsense finds nothing', () => {
  expect(suggest('pasword', ['port', 'password', 'host'])).toBe('password')
  expect(suggest('pnig', ['ping', 'exec'])).toBe('ping')
  expect(suggest('zzzzzz', ['ping', 'exec'])).toBeUndefined()
  expect(suggest('x', ['ls'])).toBeUndefined()
  expect(suggest('sync', ['ping', 'ls'])).toBeUndefined()
})

test.each(['', ' a', 'a ', '-a', '@a', 'sftp://a', 'a\nb', 'a'.repeat(256)])('%j is refused as a name', (name) => {
  expect(nameProblem(name)).toBeDefined()
})

test.each(['Partner A', '__proto__', 'a/b', 'x*', 'ü'.repeat(255)])('%j may be a name', (name) => {
  expect(nameProblem(name)).toBeUndefined()
})

test('remote paths join and part as paths do', () => {
  expect(resolveRemote('/out', 'a')).toBe('/out/a')
  expect(resolveRemote('/out', '/a')).toBe('/a')
  expect(resolveRemote('', 'a')).toBe('a')
  expect(joinRemote('/', 'a')).toBe('/a')
  expect([baseName('/a/b/'), baseName('/'), baseName('a')]).toEqual(['b', '/', 'a'])
  expect([directoryName('/a/b/'), directoryName('/a'), directoryName('a')]).toEqual(['/a', '/', '.'])
  expect(() => remotePath('a\0b')).toThrow('NUL')
})

test.each(['', 'a/b', '..', '.', 'a\0'])('a listed name %j is suspect', (name) => {
  expect(suspectName(name)).toBeDefined()
})

test('of ASCII, letters, digits, marks and blanks show as they are, and nothing else', () => {
  const ascii = Array.from({ length: 128 }, (_, code) => String.fromCharCode(code))
  expect(ascii.filter((one) => visible(one) === one && visible(`a${one}\u200b`) === `a${one}\\u200b`)).toEqual(
    ascii.filter((one) => one >= ' ' && one <= '~' && one !== '\\'),
  )
})
