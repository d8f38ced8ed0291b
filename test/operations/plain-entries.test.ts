import fc from 'fast-check'
import { expect, test } from 'vitest'
import { fileType } from '../../src/model/attributes.ts'
import { decodeName, encodeName } from '../../src/model/name-bytes.ts'
import { PlainEntries } from '../../src/operations/plain-entries.ts'
import { attributes } from '../support/any-attributes.ts'

const name = fc
  .oneof(
    fc.string({ unit: 'binary', minLength: 1, maxLength: 4 }),
    fc.uint8Array({ minLength: 1, maxLength: 4 }).map(decodeName),
    fc.constantFrom('a', 'a.', 'ab', '\ud7ff', '\uffff', '😀'),
  )
  .filter((text) => !/[\0/]/.test(text))
const batches = fc.array(fc.array(fc.record({ name, attributes }), { maxLength: 5 }), { maxLength: 5 })

test('names and kinds are kept as they were, in the order of the names’ bytes', () => {
  fc.assert(
    fc.property(batches, (added) => {
      const entries = new PlainEntries('/d')
      for (const batch of added) entries.add(batch)
      entries.sort()
      const expected = added
        .flat()
        .map((entry) => ({ ...entry, bytes: encodeName(entry.name) }))
        .sort((one, other) => Buffer.compare(one.bytes, other.bytes))
      expect(entries).toHaveLength(expected.length)
      expect(Array.from(entries, ({ name, path, attributes }) => [name, path, fileType(attributes)])).toEqual(
        expected.map(({ name, attributes }) => [name, `/d/${name}`, fileType(attributes)]),
      )
    }),
  )
})

// promise: endless-listing
test('more names than a text can hold are refused', () => {
  const entries = new PlainEntries('/d', 12)
  entries.add([{ name: 'first', attributes: {} }])
  expect(() => entries.add([{ name: 'other', attributes: {} }])).toThrow(
    expect.objectContaining({
      code: 'protocol_error',
      message: 'list /d: the server sends more names than can be kept',
    }),
  )
})
