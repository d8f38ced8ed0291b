import { readdir, readFile } from 'node:fs/promises'
import { dirname, join, normalize } from 'node:path'
import { expect, test } from 'vitest'
import { codeRows, inCode } from './documentation.ts'

const root = dirname(import.meta.dirname)

/** `// promise: one, another` stands above a test, or a group of tests. */
const marks = /^ *\/\/ promise: (.+)\n(.*)/gm

/** Which files have tests for each promise: `name file`. */
async function proofs(): Promise<string[]> {
  const files = (await readdir(join(root, 'test'), { recursive: true })).filter((file) => file.endsWith('.ts'))
  const found = new Set<string>()
  for (const file of files) {
    const text = await readFile(join(root, 'test', file), 'utf8')
    for (const [, names = '', below = ''] of text.matchAll(marks)) {
      if (!/^ *(test|describe)\w*\b/.test(below))
        throw new Error(`test/${file}: a promise above what is no test: ${below}`)
      for (const name of names.split(', ')) found.add(`${name} test/${file}`)
    }
  }
  return [...found]
}

test('docs/reliability.md lists exactly the promises that tests prove, with the files of these tests', async () => {
  const rows = codeRows(await readFile(join(root, 'docs/reliability.md'), 'utf8'))
  const named = rows.map(([promise = '']) => inCode(promise)[0])
  expect(named).toEqual([...new Set(named)])
  const listed = rows.flatMap(([promise = '', tests = '']) =>
    [...tests.matchAll(/\]\(([^)]+)\)/g)].map(([, to = '']) => `${inCode(promise)[0]} ${normalize(join('docs', to))}`),
  )
  expect(listed.sort()).toEqual((await proofs()).sort())
})

test('each promise of docs/reliability.md has a sentence, tests and a figure or a dash', async () => {
  const rows = codeRows(await readFile(join(root, 'docs/reliability.md'), 'utf8'))
  expect(rows.filter((cells) => cells.length !== 3 || cells.includes(''))).toEqual([])
  expect(
    rows.filter(([promise = '', tests = '']) => !/^`[a-z0-9-]+`: \S.*\.$/.test(promise) || !tests.includes('](')),
  ).toEqual([])
})
