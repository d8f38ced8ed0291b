import { access, mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { temporaryDirectory } from './temporary-directory.ts'

test('a temporary directory is gone with all that is in it', async () => {
  const directory = await temporaryDirectory()
  await mkdir(join(directory.path, 'a'))
  await writeFile(join(directory.path, 'a/b'), 'text')
  await directory[Symbol.asyncDispose]()
  await expect(access(directory.path)).rejects.toMatchObject({ code: 'ENOENT' })
})

test('two temporary directories are two', async () => {
  await using one = await temporaryDirectory()
  await using other = await temporaryDirectory()
  expect(one.path).not.toBe(other.path)
})
