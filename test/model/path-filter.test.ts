import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { pathFilter } from '../../src/model/path-filter.ts'

describe('a filter', () => {
  test.each([
    [['*.log'], [], 'a.log', false, false],
    [['*.log'], [], 'deep/down/a.log', false, false],
    [['*.log'], [], 'a.logs', false, true],
    [['*'], [], '.hidden', false, false],
    [['build'], [], 'build/x/y', false, false],
    [['build/'], [], 'build', false, true],
    [['build/'], [], 'build', true, false],
    [['build/'], [], 'build/x', false, false],
    [['css/*.map'], [], 'css/a.map', false, false],
    [['css/*.map'], [], 'other/css/a.map', false, true],
    [['**/css/*.map'], [], 'other/css/a.map', false, false],
    [['*'], ['*.csv'], 'in/a.csv', false, true],
    [['*'], ['*.csv'], 'in/a.txt', false, false],
    [['in'], ['in/keep'], 'in/keep/deep', false, true],
    [['{a,b}'], [], 'a', false, true],
    [['{a,b}'], [], '{a,b}', false, false],
    [['!a'], [], 'b', false, true],
    [['+(a)'], [], 'aa', false, true],
    [[], ['x'], 'y', false, true],
  ] as const)(
    'exclude %j, include %j: %s (directory: %s) is taken: %s',
    (exclude, include, path, isDirectory, taken) => {
      expect(pathFilter({ exclude, include }).takes(path, isDirectory)).toBe(taken)
    },
  )

  test('refuses an empty pattern as wrong usage', () => {
    expect(() => pathFilter({ exclude: [''] })).toThrow(expect.objectContaining({ code: 'usage' }))
  })

  test('leaves out all below what it leaves out, unless something is included', () => {
    const name = fc.constantFrom('a', 'b', 'c.x', '.d')
    const path = fc.array(name, { minLength: 1, maxLength: 3 }).map((parts) => parts.join('/'))
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom('a', '*', 'b/c.x', '**/a', '*.x'), { maxLength: 3 }),
        path,
        (exclude, at) => {
          const filter = pathFilter({ exclude })
          if (!filter.takes(at, true)) expect(filter.takes(`${at}/below`, false)).toBe(false)
        },
      ),
    )
  })
})
