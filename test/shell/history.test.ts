import { appendFile, chmod, readFile, stat, writeFile } from 'node:fs/promises'
import fc from 'fast-check'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { type History, openHistory } from '../../src/shell/history.ts'
import { type TemporaryDirectory, temporaryDirectory } from '../support/temporary-directory.ts'

let place: TemporaryDirectory
beforeEach(async () => {
  place = await temporaryDirectory()
})
afterEach(() => place[Symbol.asyncDispose]())

const file = (): string => `${place.path}/state/ferry/history`
const open = (): Promise<History> => openHistory(file(), new AbortController().signal)
const modeOf = async (path: string): Promise<number> => (await stat(path)).mode & 0o777

test('the newest line comes first, for its owner alone', async () => {
  const history = await open()
  for (const line of ['ls', 'get "a b"', '!date', 'latin\udce9']) await history.add(line)
  expect((await open()).lines).toEqual(['latin\udce9', '!date', 'get "a b"', 'ls'])
  expect(await modeOf(file())).toBe(0o600)
  expect(await modeOf(`${place.path}/state/ferry`)).toBe(0o700)
  await chmod(file(), 0o644)
  await open()
  expect(await modeOf(file())).toBe(0o600)
})

test('lines that begin with a blank, are too long, or are two, are not kept', async () => {
  const history = await open()
  for (const line of [' secret', '', 'a\nb', 'x'.repeat(5000), 'kept']) await history.add(line)
  expect(await readFile(file(), 'utf8')).toBe('kept\n')
})

test('it is bounded, and shells that run at once lose nothing of each other', async () => {
  const one = await open()
  await writeFile(file(), 'old line\n'.repeat(20_000))
  await one.add('of one')
  const [two, three] = await Promise.all([open(), open()])
  await Promise.all([one.add('later'), two.add('of two'), three.add('of three')])
  const { lines } = await open()
  expect(lines).toHaveLength(1000)
  expect(lines.slice(0, 3).sort()).toEqual(['later', 'of three', 'of two'])
  expect(lines[3]).toBe('of one')
  expect((await stat(file())).size).toBeLessThan(100)
  await appendFile(file(), 'x')
})

test('whatever bytes a file holds, it is read as lines without line feeds, and a line that is added is the newest', async () => {
  await open()
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 200 }), async (bytes) => {
      await writeFile(file(), Buffer.concat([bytes, Buffer.from('\n')]))
      const history = await open()
      expect(history.lines.filter((line) => line === '' || line.includes('\n'))).toEqual([])
      await history.add('ls')
      expect((await open()).lines).toEqual(['ls', ...history.lines])
    }),
  )
})
