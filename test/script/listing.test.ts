import fc from 'fast-check'
import { expect, test } from 'vitest'
import { columnsText, type Listed, listingView, ordered } from '../../src/script/listing.ts'

test.each([
  ['', { form: 'columns', order: 'name' }],
  ['l1', { form: 'names' }],
  ['1l', { form: 'long' }],
  ['hn1', { form: 'names', numeric: false, human: false }],
  ['1hn', { form: 'long', numeric: true, human: true }],
  ['tS', { order: 'size' }],
  ['St', { order: 'time' }],
  ['tSf', { order: 'none' }],
  ['ft', { order: 'time' }],
  ['ra', { reverse: true, hidden: true }],
])('of the flags %j the last counts', (flags, expected) => {
  expect(listingView(flags)).toMatchObject(expected)
})

const listed = fc
  .array(fc.record({ key: fc.string({ unit: 'binary', minLength: 1 }), size: fc.nat(5), mtime: fc.nat(5) }))
  .map((entries) =>
    entries.map(
      ({ key, size, mtime }): Listed => ({ key, shown: key, attributes: { size, times: { atime: 0, mtime } } }),
    ),
  )

test('an order loses nothing, and what is equal keeps its place in both directions', () => {
  fc.assert(
    fc.property(listed, fc.constantFrom('S', 't', 'Sr', 'tr', '', 'r', 'f'), (entries, flags) => {
      const sorted = ordered(entries, listingView(flags))
      expect(new Set(sorted)).toEqual(new Set(entries))
      const weight = ({ attributes }: Listed): number =>
        (flags.startsWith('S') ? attributes.size : attributes.times?.mtime) ?? 0
      const sign = flags.includes('r') ? -1 : 1
      if (/^[St]/.test(flags)) {
        for (const [index, entry] of sorted.entries()) {
          const next = sorted[index + 1]
          if (next === undefined) continue
          expect(sign * (weight(entry) - weight(next))).toBeGreaterThanOrEqual(0)
          if (weight(entry) === weight(next)) expect(entries.indexOf(entry)).toBeLessThan(entries.indexOf(next))
        }
      }
      if (flags === 'f') expect(sorted).toEqual(entries)
    }),
  )
})

test('cells fill rows of the width, the last one padded too, counted in bytes', () => {
  expect(columnsText(['a', 'bb', 'ccc'], 3, 10)).toBe('a    bb   \nccc  \n')
  expect(columnsText(['é', 'b'], 2, 8)).toBe('é  b   \n')
  expect(columnsText(['longer than the width'], 21, 10)).toBe('longer than the width\n')
})
