import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { matchesName, parsePattern } from '../../src/script/match.ts'
import { escapePattern, splitWords, type Values, type Word } from '../../src/script/words.ts'

const none: Values = new Map()

function words(line: string, values: Values = none): readonly Word[] {
  const split = splitWords(line, values)
  if ('problem' in split) throw new Error(split.problem)
  return split.words
}

const plain = (line: string, values?: Values): string[] => words(line, values).map((word) => word.plain)
const patterns = (line: string): string[] => words(line).map((word) => word.pattern)

/** Whether the pattern of a word matches that name and nothing else that looks like it. */
function matchesOnly(word: Word | undefined, name: string): boolean {
  const { components } = parsePattern(word?.pattern ?? '', { unknownClass: 'is plain' })
  return components.length === 1 && components[0]?.match === name
}

describe('splitting a line into words', () => {
  test('blanks of every kind part words, and carriage returns are blanks', () => {
    expect(plain(' get\ta\v b\f c\r')).toEqual(['get', 'a', 'b', 'c'])
  })

  test('adjacent pieces join, and an empty pair of quotes is a word', () => {
    expect(plain('ab"c d"e\'f g\' "" x')).toEqual(['abc def g', '', 'x'])
  })

  test('a # ends the line inside a word too, unless quoted or escaped', () => {
    expect(plain('get foo#bar baz')).toEqual(['get', 'foo'])
    expect(plain("get 'foo#bar' foo\\#bar")).toEqual(['get', 'foo#bar', 'foo#bar'])
  })

  test('an unquoted backslash goes, but keeps a wildcard literal', () => {
    expect(plain('n\\ame a\\ b \\* \\? \\[ \\\\ \\"')).toEqual(['name', 'a b', '*', '?', '[', '\\', '"'])
    expect(patterns('n\\ame \\* \\? \\[ \\\\')).toEqual(['name', '\\*', '\\?', '\\[', '\\\\'])
  })

  test('in quotes only the quote itself can be escaped', () => {
    expect(plain('"a\\nb" "a\\\\b" "it\\"s" \'it\\\'s\' "\\\'"')).toEqual(['a\\nb', 'a\\b', 'it"s', "it's", "\\'"])
  })

  test('in quotes a wildcard is literal, and a backslash before it stays', () => {
    expect(plain('"b*" "b\\*c"')).toEqual(['b*', 'b\\*c'])
    expect(patterns('"b*?[" "b\\*c"')).toEqual(['b\\*\\?\\[', 'b\\\\\\*c'])
  })

  test('matching drops a backslash that quotes kept, as sftp does', () => {
    expect(matchesOnly(words('"a\\xb"')[0], 'axb')).toBe(true)
    expect(matchesOnly(words('"a\\\\b"')[0], 'a\\b')).toBe(true)
  })

  test.each(['get "a', "it's", 'a\\', '"a\\'])('%j is not terminated', (line) => {
    expect(splitWords(line, none)).toEqual({ problem: 'unterminated quoted argument' })
  })

  test('128 words fit a line, and no more', () => {
    expect(words('a '.repeat(128))).toHaveLength(128)
    expect(splitWords('a '.repeat(129), none)).toHaveProperty('problem')
  })

  test('every name can be written in quotes, with a backslash before the quote and before a backslash', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.constantFrom('"', "'"), (name, quote) => {
        const escaped = name.replaceAll('\\', '\\\\').replaceAll(quote, `\\${quote}`)
        const [word, ...others] = words(`${quote}${escaped}${quote}`)
        expect(others).toEqual([])
        expect(word?.plain).toBe(name)
        if (name !== '' && !name.includes('/')) expect(matchesOnly(word, name)).toBe(true)
      }),
    )
  })

  test('any text is words or a problem, and plain words are what they look like', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary' }), (line) => splitWords(line, none) !== undefined))
    const simple = fc.array(fc.stringMatching(/^[A-Za-z0-9_./-]+$/), { maxLength: 20 })
    fc.assert(
      fc.property(simple, (list) => {
        expect(plain(list.join(' '))).toEqual(list)
      }),
    )
  })
})

describe('parameters', () => {
  const day: Values = new Map([['day', 'a b']])

  test('only declared ones are replaced, and any other $ is itself', () => {
    expect(plain(`get \${day} $day \${night} $ \${ $\${day}`, day)).toEqual([
      'get',
      'a b',
      '$day',
      `\${night}`,
      '$',
      `\${`,
      '$a b',
    ])
  })

  test('a backslash before the $ keeps it', () => {
    expect(plain(`\\\${day} "\\\${day}"`, day)).toEqual([`\${day}`, `\\\${day}`])
  })

  test('each is part of one word, literally, whatever it holds and however it is quoted', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.constantFrom('', '"', "'"), (value, quote) => {
        const [word, ...others] = words(`${quote}x-\${day}-y${quote}`, new Map([['day', value]]))
        expect(others).toEqual([])
        expect(word?.plain).toBe(`x-${value}-y`)
        expect(word?.hasParameter).toBe(true)
        if (!value.includes('/')) expect(matchesOnly(word, `x-${value}-y`)).toBe(true)
      }),
    )
  })

  test('an empty value is an empty word', () => {
    expect(plain(`get \${x} b`, new Map([['x', '']]))).toEqual(['get', '', 'b'])
  })

  test('a name on the object prototype is none', () => {
    expect(plain(`\${constructor} \${__proto__}`)).toEqual([`\${constructor}`, `\${__proto__}`])
  })
})

test('an escaped text matches itself alone', () => {
  const name = fc.string({ unit: 'binary', minLength: 1 }).filter((text) => !/[/\0]/.test(text))
  fc.assert(
    fc.property(name, name, (text, other) => {
      const { components } = parsePattern(`${escapePattern(text)}*`, { unknownClass: 'is plain' })
      const match = components[0]?.match ?? ''
      if (typeof match === 'string') throw new Error('a star is a pattern')
      expect(matchesName(match, text)).toBe(true)
      if (!other.startsWith(text)) expect(matchesName(match, other)).toBe(false)
    }),
  )
})
