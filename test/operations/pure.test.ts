import { posix } from 'node:path'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { landings } from '../../src/operations/landing.ts'
import { leadsOut } from '../../src/operations/place-local-link.ts'
import { joinLocal } from '../../src/transfer/local-target.ts'

const land = (sources: string[], to: string, is: 'directory' | 'other' | 'absent') =>
  landings('upload', sources, to, is, joinLocal)

test.each([
  ['a file into a directory', 'x/a', '/d', 'directory', 'x/a', '/d/a'],
  ['a trailing slash is no name', 'x/a//', '/d', 'directory', 'x/a//', '/d/a'],
  ['a new name', 'x/a', '/b', 'absent', 'x/a', '/b'],
  ['contents', 'x/.', '/d', 'directory', 'x', '/d'],
  ['contents with a slash', 'x/./', '/d', 'directory', 'x', '/d'],
  ['contents as a new name', 'x/.', '/n', 'absent', 'x', '/n'],
  ['the current directory', '.', '/d', 'directory', '.', '/d'],
  ['the directory above', '..', '/d', 'directory', '..', '/d'],
  ['everything', '/', '/d', 'directory', '/', '/d'],
  ['a hidden name', '.a', '.', 'directory', '.a', '.a'],
  ['dots', '...', '/d', 'directory', '...', '/d/...'],
] as const)('%s lands where cp -r puts it', (_, source, to, is, from, expected) => {
  expect(land([source], to, is)).toMatchObject([{ from, to: expected }])
})

test('only what is named as the destination, and was there, keeps its own attributes', () => {
  expect(land(['x/.'], '/d', 'directory')).toMatchObject([{ intoExisting: true }])
  expect(land(['x/.'], '/d', 'absent')).toMatchObject([{ intoExisting: false }])
  expect(land(['x'], '/d', 'directory')).toMatchObject([{ intoExisting: false }])
})

test('nothing to copy, and nowhere to copy it, are wrong usage', () => {
  const usage = expect.objectContaining({ code: 'usage' })
  expect(() => land([], '/d', 'directory')).toThrow(usage)
  expect(() => land(['a'], '', 'absent')).toThrow(usage)
  expect(() => land(['x/a', 'y/a/'], '/d', 'directory')).toThrow(usage)
})

// promise: inside-target
test('a link that is let through cannot leave its tree, whatever other such links are in it', () => {
  const part = fc.constantFrom('..', '.', 'a', 'b', 'c', '')
  const link = fc.record({
    at: fc.array(fc.constantFrom('a', 'b', 'c'), { minLength: 1, maxLength: 3 }),
    to: fc.array(part, { minLength: 1, maxLength: 5 }),
  })
  fc.assert(
    fc.property(fc.array(link, { maxLength: 6 }), (links) => {
      const allowed = new Map<string, string>()
      for (const { at, to } of links) {
        const target = to.join('/')
        if (leadsOut(target, at.length - 1) === undefined) allowed.set(at.join('/'), target)
      }
      for (const at of allowed.keys()) expect(resolve(allowed, at)).not.toBe('outside')
    }),
  )
})

/** Where a link in a tree leads, as the system would follow it; what is not a link is a real directory. */
function resolve(links: ReadonlyMap<string, string>, start: string): string {
  let left = start.split('/')
  let here: string[] = []
  for (let steps = 0; steps < 200; steps += 1) {
    const [next, ...rest] = left
    if (next === undefined) return posix.join('/', ...here)
    left = rest
    if (next === '' || next === '.') continue
    if (next === '..') {
      if (here.length === 0) return 'outside'
      here = here.slice(0, -1)
      continue
    }
    const target = links.get([...here, next].join('/'))
    // Directories on the way to a link that the tree holds are real ones: a link's own name is a leaf.
    if (target === undefined || [...links.keys()].some((other) => other.startsWith(`${[...here, next].join('/')}/`)))
      here = [...here, next]
    else if (target.startsWith('/')) return 'outside'
    else left = [...target.split('/'), ...left]
  }
  return 'a cycle'
}

test.each([
  ['/etc', 3],
  ['..', 0],
  ['../..', 1],
  ['a/..', 5],
  ['', 0],
  ['a\0b', 0],
])('%s from %i directories deep is refused', (target, depth) => {
  expect(leadsOut(target, depth)).toBeDefined()
})

test.each([
  ['a', 0],
  ['../a', 1],
  ['.././..//b/c', 2],
  ['..', 1],
  ['..a/...', 0],
])('%s from %i directories deep stays inside', (target, depth) => {
  expect(leadsOut(target, depth)).toBeUndefined()
})
