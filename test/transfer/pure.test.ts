import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { FerryError } from '../../src/errors/ferry-error.ts'
import { localError } from '../../src/errors/local-error.ts'
import { compareNames } from '../../src/model/byte-order.ts'
import { decodeName, encodeName } from '../../src/model/name-bytes.ts'
import { Contiguous } from '../../src/transfer/contiguous.ts'
import { temporaryName } from '../../src/transfer/temporary-name.ts'
import { endsAll, reasonOf, told } from '../../src/transfer/transfer-error.ts'

const names = fc
  .uint8Array({ minLength: 1, maxLength: 255 })
  .map((bytes) => decodeName(bytes.map((byte) => (byte === 47 || byte === 0 ? 65 : byte))))

test('a temporary name is in the same directory, hidden, never too long, and never twice', () => {
  fc.assert(
    fc.property(names, fc.constantFrom('', '/', 'd/', '/a/b/', '../'), (name, directory) => {
      const [one, other] = [temporaryName(directory + name), temporaryName(directory + name)]
      expect(one).not.toBe(other)
      expect(one.slice(0, directory.length + 1)).toBe(`${directory}.`)
      const last = one.slice(directory.length)
      expect(last).not.toContain('/')
      expect(encodeName(last).length).toBeLessThanOrEqual(255)
      expect(last).toMatch(/\.ferry-[0-9a-f]{12}$/)
      if (encodeName(name).length < 200) expect(last.startsWith(`.${name}.`)).toBe(true)
    }),
  )
})

test('names are ordered as their bytes are', () => {
  const character = fc.oneof(fc.nat(0xd7ff), fc.integer({ min: 0xe000, max: 0x10ffff }))
  const short = fc.oneof(
    fc.array(character, { maxLength: 6 }).map((codes) => String.fromCodePoint(...codes)),
    fc.uint8Array({ maxLength: 6 }).map((bytes) => decodeName(bytes)),
  )
  fc.assert(
    fc.property(short, short, short, (common, one, other) => {
      const [a, b] = [common + one, common + other]
      expect(Math.sign(compareNames(a, b))).toBe(Math.sign(Buffer.compare(encodeName(a), encodeName(b))))
    }),
  )
})

test('however the pieces arrive, what is whole ends before the first hole', () => {
  const pieces = fc.uniqueArray(fc.nat(30), { maxLength: 30 })
  fc.assert(
    fc.property(pieces, fc.nat(5), (order, start) => {
      const file = new Contiguous(start)
      const there = new Set<number>()
      for (const piece of order) {
        file.add(start + piece * 3, 3)
        there.add(piece)
        let whole = 0
        while (there.has(whole)) whole += 1
        expect(file.reached).toBe(start + whole * 3)
        expect(file.furthest).toBe(start + (Math.max(...there) + 1) * 3)
      }
    }),
  )
})

describe('a failure that is told of another object', () => {
  test.each([
    [
      "a session's",
      new FerryError('no_space', 'write /w/.a.ferry-1: no space left on the server', { path: '/w/.a.ferry-1' }),
      'no space left on the server',
    ],
    [
      'one with the words of a server',
      new FerryError('operation_failed', 'open /x: the server reported a failure: "no: really"', { path: '/x' }),
      'the server reported a failure: "no: really"',
    ],
    [
      'one of this machine',
      localError('open', '/y', Object.assign(new Error('x'), { code: 'EACCES' })),
      'permission denied on this machine',
    ],
    [
      'one that says already where',
      localError('open', '/y', Object.assign(new Error('x'), { code: 'ENOSPC' })),
      'no space left on this machine',
    ],
    ['one about no path', new FerryError('not_found', 'something'), 'no such file or directory'],
  ])('%s keeps its reason', (_, error, reason) => {
    expect(reasonOf(error)).toBe(reason)
    expect(told('upload a -> /b', error, { path: '/b', state: '/b is as it was' })).toMatchObject({
      code: error.code,
      message: `upload a -> /b: ${reason}, /b is as it was`,
      details: { path: '/b', cause: error },
    })
    const twice = told('upload a -> /b', told('upload a -> /b', error, { path: '/b' }), { path: '/b' })
    expect(twice.message).toBe(`upload a -> /b: ${reason}`)
  })

  test('what the user did stays what it is', () => {
    const reasons = [
      new FerryError('cancelled', 'interrupted'),
      new FerryError('timed_out', 'the deadline of 3s is over'),
      new FerryError('outcome_unknown', 'who knows', { path: '/b' }),
    ]
    for (const reason of reasons) {
      expect(told('upload a -> /b', reason, { path: '/b' })).toBe(reason)
      expect(endsAll(reason)).toBe(true)
    }
  })
})
