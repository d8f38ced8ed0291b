import fc from 'fast-check'
import { dump } from 'js-yaml'
import { describe, expect, test } from 'vitest'
import { composeYaml } from '../../src/manifest/compose-yaml.ts'
import { ProblemList } from '../../src/manifest/problem-list.ts'
import { plainValue, type YamlNode } from '../../src/manifest/yaml-node.ts'
import { YamlSource } from '../../src/manifest/yaml-source.ts'

function compose(text: string): { node: YamlNode | undefined; problems: string[] } {
  const problems = new ProblemList()
  const node = composeYaml(new YamlSource('f', text), problems)
  return { node, problems: problems.errors.map(({ line, column, message }) => `${line}:${column}: ${message}`) }
}

function value(text: string): unknown {
  const { node, problems } = compose(text)
  expect(problems).toEqual([])
  return node === undefined ? undefined : plainValue(node)
}

describe('values', () => {
  test('plain scalars have the types of YAML 1.2, and nothing else does', () => {
    expect(value('[1, 0x1F, 0o17, 1.5, true, null, ~, yes, on, 2026-11-24, 0177, "1", !!str 1]')).toEqual([
      1,
      31,
      15,
      1.5,
      true,
      null,
      null,
      'yes',
      'on',
      '2026-11-24',
      177,
      '1',
      '1',
    ])
  })

  test('JSON is YAML', () => {
    expect(value('{"a": [1, "x\\u0041", {"b": null}], "c": false}')).toEqual({
      a: [1, 'xA', { b: null }],
      c: false,
    })
  })

  test('merge keys give what the map itself does not say, the first map winning', () => {
    expect(value('a: &a {x: 1, y: 1}\nb: &b {x: 2, z: 2}\nc:\n  y: 3\n  <<: [*a, *b]\n')).toMatchObject({
      c: { x: 1, y: 3, z: 2 },
    })
  })

  test('a quoted "<<" is a key like any other', () => {
    expect(value('"<<": 1')).toEqual({ '<<': 1 })
  })

  // promise: hostile-manifest
  test('__proto__ and constructor are only names', () => {
    const found = value('__proto__: {polluted: true}\nconstructor: 1')
    expect(Object.entries(found ?? {})).toEqual([
      ['__proto__', { polluted: true }],
      ['constructor', 1],
    ])
    expect(Object.hasOwn(Object.prototype, 'polluted')).toBe(false)
  })

  test('whatever JSON was dumped comes back', () => {
    fc.assert(
      fc.property(
        fc.dictionary(fc.string({ unit: 'binary' }), fc.jsonValue({ maxDepth: 3 }), { minKeys: 1, maxKeys: 5 }),
        (data) => {
          const plain: unknown = JSON.parse(JSON.stringify(data))
          expect(value(dump(plain, { noRefs: true }))).toEqual(plain)
        },
      ),
    )
  })
})

describe('places', () => {
  test('keys, values and items stand where they are written', () => {
    const text = 'a: 1\nlist:\n  - name: "x"\n    empty:\n'
    const { node } = compose(text)
    const source = new YamlSource('f', text)
    const list = node?.kind === 'map' ? node.entries.get('list') : undefined
    expect(source.place(list?.keyOffset ?? 0)).toEqual({ file: 'f', line: 2, column: 1 })
    const item = list?.value.kind === 'list' ? list.value.items[0] : undefined
    expect(source.place(item?.offset ?? 0)).toEqual({ file: 'f', line: 3, column: 5 })
    const name = item?.kind === 'map' ? item.entries.get('name') : undefined
    expect(source.place(name?.value.offset ?? 0)).toEqual({ file: 'f', line: 3, column: 11 })
    const empty = item?.kind === 'map' ? item.entries.get('empty') : undefined
    expect(source.place(empty?.value.offset ?? 0)).toEqual({ file: 'f', line: 4, column: 5 })
  })

  test('lines end in LF, CR LF or CR', () => {
    const source = new YamlSource('f', 'a\nb\r\nc\rd')
    expect([0, 2, 5, 7].map((offset) => source.place(offset).line)).toEqual([1, 2, 3, 4])
    expect(source.place(7).column).toBe(1)
  })
})

describe('refusals', () => {
  test.each([
    ['a syntax error', 'a: b\n c: d: e\n', '2:3: invalid YAML: bad indentation of a mapping entry'],
    ['a duplicate key', 'a: 1\nb: 2\na: 3\n', '3:1: duplicate key "a", first in line 1'],
    ['a key that repeats another one in other words', '1: x\n"1": y\n', '2:1: duplicate key "1", first in line 1'],
    ['a key that is no text', '? [a]\n: b\n', '1:3: a key must be text'],
    ['an unknown alias', 'a: *b\n', '1:4: unknown alias "b"'],
    ['an alias inside of what it stands for', 'a: &a [*a]\n', '1:8: alias "a" is inside of what it stands for'],
    ['a tag beyond plain data', 'a: !!js/function "x"\n', '1:4: unsupported tag !!js/function'],
    ['a tag of its own', 'a: !secret x\n', '1:4: unsupported tag !secret'],
    ['a tagged map', 'a: !!set {x}\n', '1:4: unsupported tag !!set'],
    ['a value that is not what its tag says', 'a: !!int x\n', '1:10: the value does not fit its tag'],
    ['a merge of something else', 'a:\n  <<: 5\n', '2:7: "<<" takes a map or a list of maps'],
    ['several documents', 'a: 1\n---\nb: 2\n', '3:1: several documents in one file'],
    ['an empty file', '', '1:1: the file is empty'],
    ['a file of comments', '# nothing\n', '1:1: the file is empty'],
    ['an empty document', '---\n', '1:1: the file is empty'],
    ['control characters', 'a: \u0001\n', '1:4: invalid YAML: the stream contains non-printable characters'],
    ['lists in lists', '['.repeat(70) + ']'.repeat(70), '1:65: nested more than 64 deep'],
    ['lists in lists without end', '['.repeat(1000), '1:100: invalid YAML: nesting exceeded maxDepth (100)'],
  ])('%s is refused, with its place', (_what, text, problem) => {
    expect(compose(text).problems).toContain(problem)
  })

  test('all duplicate keys are told at once', () => {
    expect(compose('a: 1\na: 2\nb: {c: 1, c: 2}\n').problems).toHaveLength(2)
  })

  // promise: hostile-manifest
  test('aliases that would stand for billions of values are refused', () => {
    const levels = Array.from({ length: 30 }, (_, level) =>
      level === 0 ? 'a0: &a0 [x, x, x, x, x, x, x, x, x]' : `a${level}: &a${level} [${`*a${level - 1},`.repeat(9)}]`,
    )
    expect(compose(levels.join('\n')).problems).toEqual([
      expect.stringMatching(/^7:\d+: the file stands for too much, aliases expanded$/),
    ])
  })

  test('aliases that nest without end are refused', () => {
    const levels = Array.from({ length: 100 }, (_, level) =>
      level === 0 ? 'a0: &a0 [x]' : `a${level}: &a${level} [*a${level - 1}]`,
    )
    expect(compose(levels.join('\n')).problems).toEqual([expect.stringMatching(/^\d+:\d+: nested more than 64 deep$/)])
  })

  test('merged maps count as what they stand for', () => {
    const keys = Array.from({ length: 1000 }, (_, key) => `k${key}: 1`).join(', ')
    const maps = Array.from({ length: 3000 }, () => '  - <<: *base')
    expect(compose(`base: &base {${keys}}\nmaps:\n${maps.join('\n')}\n`).problems).toEqual([
      expect.stringContaining('stands for too much'),
    ])
  })
})
