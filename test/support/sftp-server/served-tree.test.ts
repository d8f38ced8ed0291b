import { mkdirSync, realpathSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type TemporaryDirectory, temporaryDirectory } from '../temporary-directory.ts'
import { ServedTree } from './served-tree.ts'

let directory: TemporaryDirectory
let root: string
let tree: ServedTree

beforeAll(async () => {
  directory = await temporaryDirectory()
  root = join(directory.path, 'root')
  mkdirSync(join(root, 'd/e'), { recursive: true })
  writeFileSync(join(directory.path, 'secret'), '')
  writeFileSync(join(root, 'd/a'), '')
  for (const [link, target] of [
    ['up', '../../..'],
    ['d/up', '../..'],
    ['absolute', directory.path],
    ['slash', '/'],
    ['d/inner', 'e'],
    ['chain', 'd/up/absolute'],
    ['loop', 'loop'],
  ] as const) {
    symlinkSync(target, join(root, link))
  }
  tree = new ServedTree(root, '/d')
})

afterAll(() => directory[Symbol.asyncDispose]())

test('no path leads out of the tree', () => {
  const names = fc.constantFrom(
    '..',
    '.',
    '',
    'd',
    'e',
    'a',
    'up',
    'absolute',
    'slash',
    'inner',
    'chain',
    'loop',
    'new',
    'secret',
  )
  fc.assert(
    fc.property(fc.array(names, { maxLength: 8 }), fc.boolean(), fc.boolean(), (parts, isAbsolute, followLast) => {
      const path = `${isAbsolute ? '/' : ''}${parts.join('/')}`
      let local: string
      try {
        local = tree.local(path, { followLast })
      } catch (error) {
        expect(error).toMatchObject({ code: expect.stringMatching(/^(?:ENOENT|ENOTDIR|ELOOP)$/) })
        return
      }
      const parent = local === root ? root : realpathSync(join(local, '..'))
      expect(`${parent}/`.startsWith(`${root}/`)).toBe(true)
    }),
  )
})

test.each([
  ['a relative path begins at the start', 'a', '/d/a'],
  ['an absolute path begins at the root', '/d', '/d'],
  ['what does not exist has a place', 'new', '/d/new'],
  ['the root is its own parent', '/../../d', '/d'],
  ['a link that leads up ends at the root', '/d/up/d', '/d'],
  ['an absolute link is of this world', '/slash/d/a', '/d/a'],
  ['the last link is followed', '/d/inner', '/d/e'],
])('%s', (_name, path, served) => {
  expect(tree.served(tree.local(path, { followLast: true }))).toBe(served)
})

test('the last link is not followed where it is meant itself', () => {
  expect(tree.served(tree.local('inner', { followLast: false }))).toBe('/d/inner')
})
