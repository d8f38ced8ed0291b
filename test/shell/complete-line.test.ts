import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { decodeName } from '../../src/model/name-bytes.ts'
import { matchesName, parseBraces } from '../../src/script/match.ts'
import { unfinishedLine } from '../../src/script/unfinished-line.ts'
import { completeLine } from '../../src/shell/complete-line.ts'
import { editableText, typedText } from '../../src/shell/editable.ts'
import type { Name, Side } from '../../src/shell/names.ts'

const side = (...names: (string | Name)[]): Side => ({
  list: async (directory) =>
    directory === '' ? names.map((name) => (typeof name === 'string' ? { name, kind: 'other' } : name)) : [],
  leadsToDirectory: async () => true,
})
const complete = (text: string, remote: Side, local: Side = side()) =>
  completeLine(text, { remote, local }, new AbortController().signal)

const bytes = fc.uint8Array({ minLength: 1, maxLength: 6 }).map((array) => decodeName(array))
const odd = fc.string({ unit: fc.constantFrom(...' \'"\\*?[]{},#-~$!a\x1b\u202e'), minLength: 1, maxLength: 8 })
const names = fc
  .oneof(bytes, odd, fc.string({ unit: 'binary', minLength: 1 }))
  .filter(
    (name) =>
      (!/[\n/\0]/.test(name) && decodeName(Buffer.from(name)) === name) ||
      (/^[\x20-\x7e]+$/.test(name) && !name.includes('/')),
  )
  .filter((name) => !name.startsWith('.'))

describe('a completed name', () => {
  test.each(['', '"', "'"])('is read back as that name, from a word that begins with %j', async (quote) => {
    await fc.assert(
      fc.asyncProperty(names, async (name) => {
        const completion = await complete(`cd ${quote}`, side(name))
        if (completion === undefined || !('word' in completion)) throw new Error('nothing was completed')
        const line = `cd ${completion.word}`
        const [, word] = unfinishedLine(typedText(`${line}x`))?.words ?? []
        expect(word?.plain.replace(/^\.\//, '')).toBe(name)
      }),
    )
  })

  test('of ls matches that name, braces among its characters', async () => {
    await fc.assert(
      fc.asyncProperty(
        odd.filter((name) => !/[\x1b\u202e]/.test(name)),
        async (name) => {
          const completion = await complete('ls ', side(name))
          if (completion === undefined || !('word' in completion)) throw new Error('nothing was completed')
          const [, word] = unfinishedLine(`ls ${completion.word}x`)?.words ?? []
          const patterns = parseBraces(word?.pattern ?? '')
          expect(patterns).toHaveLength(1)
          const last = patterns[0]?.components.at(-1)?.match ?? ''
          expect(typeof last === 'string' ? last === name : matchesName(last, name)).toBe(true)
        },
      ),
    )
  })

  test('has nothing in the line that a terminal acts on', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(editableText(text)).not.toMatch(/[\0-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u206f]/)
      }),
    )
  })
})

describe('a line', () => {
  test.each([
    ['mkd', { start: 0, word: 'mkdir ' }],
    ['MKD', { start: 0, word: 'mkdir ' }],
    ['-@mkd', { start: 2, word: 'mkdir ' }],
    ['pw', { start: 0, word: 'pwd ' }],
    ['log', { start: 0, word: 'loglevel ' }],
    ['loglevel ', { choices: ['0', '1', '2', '3', '4'] }],
    ['lm', { start: 0, word: 'lmkdir ' }],
    ['get -', { choices: ['-a', '-f', '-P', '-p', '-R', '-r'] }],
    ['get remote', { start: 4, word: 'remote.txt ' }],
    ['get -p x lo', { start: 9, word: 'local.txt ' }],
    ['put lo', { start: 4, word: 'local.txt ' }],
    ['put -- x re', { start: 9, word: 'remote.txt ' }],
    ['chmod 644 re', { start: 10, word: 'remote.txt ' }],
    ['lls lo', { start: 4, word: 'local.txt ' }],
    ['chmod ', undefined],
    ['pwd ', undefined],
    ['nonsense re', undefined],
    ['!cat lo', undefined],
    ['get re # re', undefined],
  ])('%j becomes %j', async (text, expected) => {
    expect(await complete(text, side('remote.txt'), side('local.txt'))).toEqual(expected)
  })

  test('becomes what all names have in common, and then shows them escaped', async () => {
    const there = side('data 1', 'data 2\x1b', { name: 'other', kind: 'directory' })
    expect(await complete('get da', there)).toEqual({ start: 4, word: 'data\\ ' })
    expect(await complete('get data\\ ', there)).toEqual({ choices: ['data 1', 'data 2\\x1b'] })
    expect(await complete('get "da', there)).toEqual({ start: 4, word: '"data ' })
    expect(await complete('cd o', there)).toEqual({ start: 3, word: 'other/' })
    expect(await complete('cd l', side({ name: 'link', kind: 'link' }))).toEqual({ start: 3, word: 'link/' })
  })

  test('leaves hidden names out until a dot is typed', async () => {
    expect(await complete('get ', side('.hidden', 'seen'))).toEqual({ start: 4, word: 'seen ' })
    expect(await complete('get .', side('.hidden', 'seen'))).toEqual({ start: 4, word: '.hidden ' })
  })
})
