import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { parseSecret, parseSecretFlag } from '../../src/secrets/parse-secret.ts'
import { escapeReferences, expandReferences } from '../../src/secrets/references.ts'
import { splitWords } from '../../src/secrets/split-words.ts'

const reference = (inside: string): string => `$${`{${inside}}`}`

describe('parseSecret', () => {
  test('a text that is one reference and nothing else is that reference', () => {
    expect(parseSecret(reference('env:BANK'))).toEqual({ env: 'BANK' })
    expect(parseSecret(reference('BANK'))).toEqual({ env: 'BANK' })
  })

  test('a text that holds a reference, or one with a default, is a template', () => {
    const text = `user:${reference('BANK')}`
    expect(parseSecret(text)).toEqual({ literal: text, template: true })
    const fallback = reference('env:BANK:-none')
    expect(parseSecret(fallback)).toEqual({ literal: fallback, template: true })
  })

  test('any other text is itself, with "$${" for "${"', () => {
    expect(parseSecret('s3cret')).toEqual({ literal: 's3cret' })
    expect(parseSecret(`a$${reference('X')}`)).toEqual({ literal: `a${reference('X')}` })
    expect(parseSecret('env:BANK')).toEqual({ literal: 'env:BANK' })
    expect(parseSecret('')).toEqual({ literal: '' })
  })

  test('the object forms are taken as they are', () => {
    expect(parseSecret({ env: 'BANK' })).toEqual({ env: 'BANK' })
    expect(parseSecret({ file: '/run/secrets/bank' })).toEqual({ file: '/run/secrets/bank' })
    expect(parseSecret({ command: 'pass show bank' })).toEqual({ command: 'pass show bank' })
    expect(parseSecret({ command: ['pass', 'show', 'bank'] })).toEqual({ command: ['pass', 'show', 'bank'] })
    expect(parseSecret({ sealed: 'x', hash: 'y', template: true })).toEqual({ sealed: 'x', hash: 'y', template: true })
    expect(parseSecret({ sealed: 'x', template: false })).toEqual({ sealed: 'x' })
  })

  test.each([
    [null],
    [7],
    [[]],
    [{}],
    [{ env: '' }],
    [{ env: 'A-B' }],
    [{ env: 'A', file: '/b' }],
    [{ file: '' }],
    [{ file: 'a\0b' }],
    [{ command: '' }],
    [{ command: '"open' }],
    [{ command: [] }],
    [{ command: ['pass', 7] }],
    [{ sealed: '' }],
    [{ sealed: 'x', other: 1 }],
    [{ vault: 'x' }],
    [JSON.parse('{"__proto__": "x"}')],
  ])('%j is no secret', (value) => {
    expect(parseSecret(value)).toBeUndefined()
  })
})

describe('parseSecretFlag', () => {
  test('takes references in the flag forms and in the manifest form', () => {
    expect(parseSecretFlag('env:BANK', '--password')).toEqual({ env: 'BANK' })
    expect(parseSecretFlag(reference('BANK'), '--password')).toEqual({ env: 'BANK' })
    expect(parseSecretFlag('file:/run/a:b', '--password')).toEqual({ file: '/run/a:b' })
    expect(parseSecretFlag('command:pass show "a b"', '--password')).toEqual({ command: 'pass show "a b"' })
  })

  test.each(['hunter2', 'env:', 'env:a b', 'file:', 'command:', ''])('refuses %j without repeating it', (text) => {
    const refused = expect.objectContaining({ code: 'usage', message: expect.not.stringContaining('hunter2') })
    expect(() => parseSecretFlag(text, '--password')).toThrow(refused)
  })
})

describe('references', () => {
  test('an unset variable is told, and ":-" stands in for an unset or an empty one', () => {
    const text = `${reference('A')}-${reference('env:B')}-${reference('C:-c')}-${reference('D:-d')}`
    expect(expandReferences(text, { A: 'a', C: '' })).toEqual({ text: `a-${reference('env:B')}-c-d`, missing: ['B'] })
  })

  test('what a variable holds is not expanded again', () => {
    expect(expandReferences(reference('A'), { A: reference('B'), B: 'b' }).text).toBe(reference('B'))
  })

  test('an escaped text expands to itself', () => {
    const texts = fc.array(fc.constantFrom('$', '{', '}', 'A', 'env:', ':-', ' ')).map((parts) => parts.join(''))
    fc.assert(
      fc.property(texts, (text) => {
        expect(expandReferences(escapeReferences(text), { A: 'a' })).toEqual({ text, missing: [] })
      }),
    )
  })
})

describe('splitWords', () => {
  test.each([
    ['pass show bank', ['pass', 'show', 'bank']],
    ['  a\tb\n', ['a', 'b']],
    [`a'b c'd "e f" g\\ h ''`, ['ab cd', 'e f', 'g h', '']],
    ['"a \\"b\\" \\c $HOME" \'\\n\' $(x) *', ['a "b" \\c $HOME', '\\n', '$(x)', '*']],
    ['a\\\nb', ['ab']],
    ['', []],
  ])('%j gives %j', (line, words) => {
    expect(splitWords(line)).toEqual(words)
  })

  test.each(["'open", '"open', 'end\\'])('%j is no command line', (line) => {
    expect(splitWords(line)).toBeUndefined()
  })

  test('words in single quotes come back as they were', () => {
    fc.assert(
      fc.property(fc.array(fc.string()), (words) => {
        const line = words.map((word) => `'${word.replaceAll("'", `'\\''`)}'`).join(' ')
        expect(splitWords(line)).toEqual(words)
      }),
    )
  })
})
