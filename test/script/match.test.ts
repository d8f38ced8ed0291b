import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { matchesName, parseBraces, parsePattern } from '../../src/script/match.ts'

function matches(pattern: string, name: string): boolean {
  const { components } = parsePattern(pattern, { unknownClass: 'matches nothing' })
  const [component, ...others] = components
  if (component === undefined || others.length > 0) throw new Error(`${pattern} is not one component`)
  return typeof component.match === 'string' ? component.match === name : matchesName(component.match, name)
}

const alternatives = (pattern: string): string[] => parseBraces(pattern).map(({ plain }) => plain)

describe('patterns of names', () => {
  test.each([
    ['*', 'a', true],
    ['*', '.a', false],
    ['.*', '.a', true],
    ['\\.*', '.a', true],
    ['[.]a', '.a', false],
    ['?a', '.a', false],
    ['a*', 'a', true],
    ['a*b*c', 'a-b-b-c', true],
    ['a*b*c', 'a-b-c-d', false],
    ['**', 'x', true],
    ['?', 'ä', false],
    ['??', 'ä', true],
    ['[a-c]', 'b', true],
    ['[!a-c]', 'b', false],
    ['[!a-c]', 'd', true],
    ['[^b]', 'b', true],
    ['[^b]', 'a', false],
    ['[]a]', ']', true],
    ['[!]a]', ']', false],
    ['[a-]', '-', true],
    ['[\\]]', ']', true],
    ['[a\\-c]', 'b', false],
    ['[[:digit:]x]', '7', true],
    ['[[:digit:]-z]', '-', true],
    ['[![:alpha:]]', 'é', false],
    ['[![:alpha:]]?', 'é', true],
    ['[[:nope:]]', 'n', false],
    ['[[:al]', 'a', true],
    ['[', '[', true],
    ['[ab', '[ab', true],
    ['a[b', 'a[b', true],
    ['\\*', '*', true],
    ['\\*', 'a', false],
    ['a\\', 'a\\', true],
    ['\\a', 'a', true],
    ['{a,b}', '{a,b}', true],
  ])('%j and %j: %s', (pattern, name, expected) => {
    expect(matches(pattern, name)).toBe(expected)
  })

  test('an unknown class is taken for its characters where a name has to come out', () => {
    const { components } = parsePattern('[[:nope:]]', { unknownClass: 'is plain' })
    const match = components[0]?.match ?? ''
    expect(typeof match !== 'string' && matchesName(match, 'n]')).toBe(true)
  })

  test('components and their slashes are kept apart, and an escaped slash is one', () => {
    const { components, slashesAtEnd, plain } = parsePattern('//a\\/b*//c/', { unknownClass: 'is plain' })
    expect(components.map(({ slashes }) => slashes)).toEqual(['//', '/', '//'])
    expect(components.map(({ match }) => typeof match === 'string' && match)).toEqual(['a', false, 'c'])
    expect(slashesAtEnd).toBe('/')
    expect(plain).toBe('//a/b*//c/')
  })

  test('a set that holds a slash matches nothing', () => {
    expect(matches('[a/b]', 'a')).toBe(false)
  })

  test('names that are not UTF-8 match by their bytes', () => {
    expect(matches('a?b', 'a\udcffb')).toBe(true)
    expect(matches('a\udcffb', 'a\udcffb')).toBe(true)
    expect(matches('a[!x]b', 'a\udcffb')).toBe(true)
  })

  test('stars agree with a regular expression, for any name', () => {
    const letters = fc.string({ unit: fc.constantFrom('a', 'b', 'c'), minLength: 1, maxLength: 12 })
    const pattern = fc.string({ unit: fc.constantFrom('a', 'b', '*', '?'), minLength: 1, maxLength: 10 })
    fc.assert(
      fc.property(pattern, letters, (text, name) => {
        const expression = new RegExp(`^${text.replaceAll('*', '.*').replaceAll('?', '.')}$`)
        expect(matches(text, name)).toBe(expression.test(name))
      }),
    )
  })

  test('many stars take no more than linear time for each', () => {
    expect(matches(`${'a*'.repeat(40)}b`, 'a'.repeat(20_000))).toBe(false)
  })

  test('no pattern breaks the parser', () => {
    const unit = fc.constantFrom(...'[]!-:*?\\{},/.a^', '[:', ':]', 'alpha')
    fc.assert(
      fc.property(fc.string({ unit }), fc.string({ unit, minLength: 1 }), (pattern, name) => {
        for (const { components } of [
          parsePattern(pattern, { unknownClass: 'matches nothing' }),
          ...parseBraces(pattern),
        ]) {
          for (const { match } of components) if (typeof match !== 'string') matchesName(match, name)
        }
      }),
    )
  })
})

describe('braces', () => {
  test.each([
    ['a', ['a']],
    ['{}', ['{}']],
    ['a{b,c}d', ['abd', 'acd']],
    ['{a,b}{c,d}', ['ac', 'ad', 'bc', 'bd']],
    ['{a,{b,c}x}y', ['ay', 'bxy', 'cxy']],
    ['{,a}', ['', 'a']],
    ['{a}', ['a']],
    ['{a', ['{a']],
    ['a}', ['a}']],
    ['\\{a,b\\}', ['{a,b}']],
    ['{a\\,b,c}', ['a,b', 'c']],
    ['{[,],a}', ['[,]', 'a']],
  ])('%j gives %j', (pattern, expected) => {
    expect(alternatives(pattern)).toEqual(expected)
  })

  test('more alternatives than a person writes are refused, not made', () => {
    expect(() => parseBraces('{a,b}'.repeat(40))).toThrow(/more than 1024 alternatives/)
  })
})
