import fc from 'fast-check'
import { expect, test } from 'vitest'
import { jsonListText, jsonText } from '../../src/cli/json-text.ts'

test('the pieces of a list are the text of it', () => {
  fc.assert(
    fc.property(fc.array(fc.jsonValue()), fc.constantFrom(0, 60_000), (values, padding) => {
      const documents = values.map((value) => ({ value, name: 'x'.repeat(padding) }))
      const text = [...jsonListText(documents.keys(), (index) => documents[index])].join('')
      expect(text).toBe(`${jsonText(documents)}\n`)
    }),
    { numRuns: 50 },
  )
})

test('a piece is there before the list has been gone through', () => {
  function* names(): Generator<string, void, undefined> {
    yield 'x'.repeat(200_000)
    expect.unreachable()
  }
  const { value } = jsonListText(names(), (name) => ({ name })).next()
  expect(value).toMatch(/^\[\{"name":"x+"\}$/)
})
