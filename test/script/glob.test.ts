import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { describeWithSshd } from '../support/requirements.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'
import { openLocalSession, runFerry, runSftp } from './twin-trees.ts'

const pieces = [
  'a',
  'b',
  'B',
  '1',
  '-',
  '!',
  '^',
  ']',
  '[',
  '*',
  '?',
  '.',
  '[a-c]',
  '[!a]',
  '[[:alpha:]]',
  '[[:digit:]]',
]
const files = [
  'a',
  'b',
  'B',
  'aB',
  'ab1',
  'a-b',
  '.a',
  '.b1',
  '!',
  '^a',
  ']',
  '[',
  '[a',
  'a]b',
  '1',
  '11',
  'ü',
  'a.b',
  'c',
]

describeWithSshd('patterns on a server', () => {
  test("match what OpenSSH's match", async () => {
    await using directory = await temporaryDirectory()
    const roots = ['1', '2'].map((name) => join(directory.path, name))
    for (const root of roots) {
      for (const name of ['', 'remote', 'local', 'remote/da', 'remote/db', 'remote/.hid']) mkdirSync(join(root, name))
      for (const name of files) writeFileSync(join(root, 'remote', name), '')
      for (const name of ['da/a', 'da/b', 'db/a', '.hid/a']) writeFileSync(join(root, 'remote', name), '')
      symlinkSync('da', join(root, 'remote', 'dl'))
      symlinkSync('nowhere', join(root, 'remote', 'gone'))
    }
    const name = fc.array(fc.constantFrom(...pieces), { minLength: 1, maxLength: 5 }).map((parts) => parts.join(''))
    const pattern = fc.oneof(
      { weight: 3, arbitrary: name },
      fc.tuple(fc.constantFrom('d*/', '*/', '.h*/', 'd?/'), name).map((parts) => parts.join('')),
    )
    const patterns = fc.sample(pattern, { numRuns: 200, seed: 7 })
    const script = patterns.map((one) => `-ls -1 ./${one}\nls -1 ./c`).join('\n')
    await using session = await openLocalSession()
    const [expected, got] = await Promise.all([
      runSftp(roots[0] ?? '', script),
      runFerry(session, roots[1] ?? '', script),
    ])
    expect(answers(got.output, patterns)).toEqual(answers(expected.output, patterns))
  })
})

/** What each pattern was answered with. */
const answers = (output: string, patterns: readonly string[]): string[] =>
  output.split('./c\n').map((names, index) => `${patterns[index]}: ${names.split('\n').join(' ')}`)
