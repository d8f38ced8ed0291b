import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { FerryError } from '../../src/errors/ferry-error.ts'
import { durationMs, durationText, elapsedText } from '../../src/model/duration.ts'
import { longLine, scaledSize } from '../../src/model/long-line.ts'
import { octal, parseMode, permissionText, typeLetter } from '../../src/model/mode.ts'
import { pathFilter } from '../../src/model/path-filter.ts'
import { baseName, directoryName } from '../../src/model/remote-path.ts'
import { sizeText } from '../../src/model/size.ts'
import { suggest } from '../../src/model/suggest.ts'
import { attributes, size, uint32 } from '../support/any-attributes.ts'
import { aMegabyteOf, madeOf, readOrRefused } from '../support/hostile-text.ts'

// promise: any-text
test('any text is a duration that can be waited for and written down, or none', () => {
  fc.assert(
    fc.property(madeOf('1', '9', '0', '.', 'ms', 's', 'm', 'h', 'd', ' ', '9'.repeat(400)), (text) => {
      const ms = durationMs(text)
      if (ms === undefined) return
      expect(Number.isSafeInteger(ms)).toBe(true)
      expect(durationMs(durationText(ms))).toBe(ms)
      expect(elapsedText(ms)).toMatch(/^[\d.]+(ms|s|m\d\ds|h\d\dm)$/)
    }),
  )
})

// promise: any-text
test('any text is a mode that keeps to its twelve bits, or is refused', async () => {
  const text = madeOf('u', 'g', 'o', 'a', '+', '-', '=', 'r', 'w', 'x', 'X', 's', 't', ',', '7', '0644')
  await fc.assert(
    fc.asyncProperty(text, uint32, fc.boolean(), async (typed, before, isDirectory) => {
      const change = await readOrRefused(() => parseMode(typed))
      if (change instanceof FerryError) {
        expect(change.code).toBe('usage')
        return
      }
      const after = change(before, isDirectory)
      expect(after & ~0o7777).toBe(0)
      expect(change(after, isDirectory)).toBe(change(change(after, isDirectory), isDirectory))
    }),
  )
})

// promise: any-text
test('the octal text of a mode is read back as its bits', () => {
  fc.assert(fc.property(uint32, (mode) => parseMode(octal(mode))(0, false) === (mode & 0o7777)))
})

// promise: any-text
describe('a long line', () => {
  const now = new Date('2026-11-27T12:00:00Z')

  test('has its columns and then the name, whatever a server says of the file', () => {
    fc.assert(
      fc.property(attributes, fc.string({ unit: 'binary' }), fc.boolean(), (all, name, human) => {
        const line = longLine({ attributes: all }, name, { now, human })
        expect(line.endsWith(` ${name}`)).toBe(true)
        expect(line.slice(0, line.length - name.length)).toMatch(
          /^[-pcdbls?][-rwxsStT]{9} {4}\? (\d+|\?) +(\d+|\?) +[\d.]+[BKMGTPE]? (\? {11}|[A-Z][a-z]{2} [ \d]\d ( \d{4}|\d\d:\d\d)) $/,
        )
      }),
    )
  })

  test('and sizes for people are short, whatever the number is', () => {
    fc.assert(
      fc.property(size, fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }), (one, big) => {
        expect(sizeText(one)).toMatch(/^(\d{1,4} B|\d{1,4}\.\d [KMGTP]iB)$/)
        expect(scaledSize(big)).toMatch(/^(\d{1,4}|\d{1,2}\.\d)[BKMGTPE]$/)
      }),
    )
  })

  test('permissions are nine letters and a type is one, whatever the mode is', () => {
    fc.assert(
      fc.property(uint32, (mode) => {
        expect(permissionText(mode) + typeLetter(mode)).toMatch(/^[-rwxsStT]{9}[-pcdbls?]$/)
      }),
    )
  })
})

// promise: any-text
describe('globs of paths', () => {
  const patterns = madeOf(
    '*',
    '**',
    '?',
    '[',
    ']',
    '!',
    '^',
    '{',
    '}',
    ',',
    '(',
    ')',
    '|',
    '+',
    '@',
    '/',
    '\\',
    '.',
    'a',
  )
  const paths = fc
    .array(fc.string({ unit: 'binary', minLength: 1 }), { minLength: 1, maxLength: 4 })
    .map((names) => names.map((name) => name.replaceAll('/', '_')).join('/'))

  test('any text is one or wrong usage, and then any path is taken or is not', async () => {
    await fc.assert(
      fc.asyncProperty(patterns, patterns, paths, fc.boolean(), async (exclude, include, path, isDirectory) => {
        const filter = await readOrRefused(() => pathFilter({ exclude: [exclude], include: [include] }))
        if (filter instanceof FerryError) {
          expect(filter.code).toBe('usage')
          return
        }
        expect(typeof filter.takes(path, isDirectory)).toBe('boolean')
      }),
    )
  })

  test.each(['*-*.log', '*a*b*c', '*a?a*b'])(
    '%s is not held against a name that a server made as long as it could',
    (pattern) => {
      const { takes } = pathFilter({ exclude: [pattern] })
      for (const piece of ['-', 'a', 'ab']) {
        expect(takes(`d/${piece.repeat(400)}`, false)).toBe(pattern !== '*a?a*b' || piece !== 'ab')
        expect(() => takes(`d/${piece.repeat(100_000)}`, false)).toThrow(
          expect.objectContaining({
            code: 'operation_failed',
            message: expect.stringContaining('characters fits no pattern'),
          }),
        )
      }
    },
  )
})

// promise: any-text
test.each(['/', 'a/', './', '\n', '\\'])('a path of %j without end has a name and a directory', (piece) => {
  const path = `${aMegabyteOf(piece)}x`
  expect(baseName(path).endsWith('x')).toBe(true)
  expect(path.startsWith(directoryName(path).replace(/^\.$/, ''))).toBe(true)
})

// promise: any-text
test('nothing is near to a text without end', () => {
  expect(suggest(aMegabyteOf('a'), ['aaaa', 'b'])).toBeUndefined()
})
