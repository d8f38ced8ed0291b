import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { FerryError } from '../../src/errors/ferry-error.ts'
import { matchesName, parseBraces, parsePattern } from '../../src/script/match.ts'
import { parseScript } from '../../src/script/parse-script.ts'
import type { ScriptLine } from '../../src/script/script.ts'
import { splitWords } from '../../src/script/words.ts'
import { aMegabyteOf, madeOf, readOrRefused } from '../support/hostile-text.ts'

const none = new Map<string, string>()
const text = madeOf(
  ...[
    'put ',
    'get -r ',
    'ls ',
    'chmod 644 ',
    'ln -s ',
    'df ',
    'lls ',
    '!',
    '-',
    '@',
    '#',
    'quit',
    'umask 22',
    'reget ',
  ],
  ...['"', "'", '\\', '*', '?', '[', ']', '{', '}', ',', '$', '${day}', '${', ' ', '\t', '\r', '\n', '\n', 'a', '0x1'],
)
const lines = (content: string, precheck: boolean): readonly ScriptLine[] => [
  ...parseScript(content, { file: 'x', variables: { day: "it's *" }, precheck }).lines,
]

// promise: any-text
describe('a script', () => {
  test('is read, or all that is wrong with it is told, each in its line', async () => {
    await fc.assert(
      fc.asyncProperty(text, async (content) => {
        const read = await readOrRefused(() => lines(content, true))
        if (!(read instanceof FerryError)) return
        expect(read.code).toBe('script_invalid')
        const told = read.details.errors ?? []
        expect(told.length).toBeGreaterThan(0)
        const wrong = lines(content, false).filter(
          ({ command, ignoresFailure }) => command instanceof FerryError && !ignoresFailure,
        )
        expect(told.map(({ line }) => line)).toEqual(wrong.map(({ line }) => line))
      }),
    )
  })

  test('has each of its commands in the line that is told, in their order', () => {
    fc.assert(
      fc.property(text, (content) => {
        const written = content.split('\n')
        let last = 0
        for (const { line, text: shown } of lines(content, false)) {
          expect(line).toBeGreaterThan(last)
          expect(shown).toBe(written[line - 1]?.trim())
          last = line
        }
      }),
    )
  })

  test('names what its words name, however often they are written again', () => {
    const quoted = (plain: string): string => `"${plain.replace(/["\\]/g, '\\$&')}"`
    fc.assert(
      fc.property(text, (line) => {
        const split = splitWords(line.replaceAll('\n', ''), none)
        if ('problem' in split) return
        const again = splitWords(split.words.map(({ plain }) => quoted(plain)).join(' '), none)
        const plains = (words: typeof split.words): string[] => words.map(({ plain }) => plain.replaceAll('\\\\', '\\'))
        expect('words' in again && plains(again.words)).toEqual(plains(split.words))
      }),
    )
  })

  test.each(['ls ', 'ls a\n', '\n', '-', '"', '\\', "''", '$', '${', '${day}', '[', '*', '#', '\0', '\r', '! a '])(
    'a megabyte of %j is read or refused',
    async (piece) => {
      await readOrRefused(() => lines(aMegabyteOf(piece), true))
      await readOrRefused(() => lines(`ls ${aMegabyteOf(piece)}`, true))
    },
  )
})

// promise: any-text
describe('a pattern', () => {
  const pattern = madeOf(
    '*',
    '?',
    '[',
    ']',
    '[!',
    '[:',
    ':]',
    '[:alpha:]',
    '[a-',
    '-',
    '{',
    '}',
    ',',
    '\\',
    '/',
    '.',
    'a',
  )

  test('is one, with braces and without, and a name is like it or is not', async () => {
    await fc.assert(
      fc.asyncProperty(pattern, fc.string({ unit: 'binary' }), async (typed, name) => {
        const braces = await readOrRefused(() => parseBraces(typed))
        const all = [parsePattern(typed, { unknownClass: 'is plain' }), ...(braces instanceof FerryError ? [] : braces)]
        for (const { components } of all) {
          for (const { match } of components) {
            if (typeof match !== 'string') expect(typeof matchesName(match, name)).toBe('boolean')
          }
        }
      }),
    )
  })

  test.each(['*', '*a', '?', '[', '[a', '[[:', '[:', '{', '{a', '{,', '{}', '\\', '/', '-'])(
    'a megabyte of %j is one or is refused',
    async (piece) => {
      const { components } = parsePattern(aMegabyteOf(piece), { unknownClass: 'is plain' })
      for (const { match } of components.slice(0, 3)) {
        if (typeof match !== 'string') matchesName(match, 'a'.repeat(1000))
      }
      await readOrRefused(() => parseBraces(aMegabyteOf(piece)))
    },
  )

  test('of many stars is held against a name as long as a packet', () => {
    const [component] = parsePattern('*a*a*a*a*a*b', { unknownClass: 'is plain' }).components
    if (component === undefined || typeof component.match === 'string') throw new Error('that is no pattern')
    expect(matchesName(component.match, 'a'.repeat(262_144))).toBe(false)
  })
})
