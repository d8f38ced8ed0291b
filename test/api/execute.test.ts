import { readdir, readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { servedApi } from './served-api.ts'

test('keepGoing runs what follows a line that failed, and throws what failed at the end', async () => {
  await using api = await servedApi()
  const connection = await api.open()
  const script = 'rmdir nothing\nmkdir one\nrm none\n-rm ignored\nmkdir two'
  await expect(connection.execute(script, { keepGoing: true })).rejects.toMatchObject({
    code: 'partial',
    message: 'execute here: 2 of 5 lines failed',
    cause: { code: 'not_found', details: { place: { line: 1 } } },
  })
  expect(await readdir(api.remote)).toEqual(['one', 'two'])
  const told = await connection.execute(script, { keepGoing: true, throwOnFailure: false })
  expect(told.commands.map(({ ok }) => ok)).toEqual([false, false, false, false, false])
})

test('without keepGoing nothing runs behind a line that failed', async () => {
  await using api = await servedApi()
  const connection = await api.open()
  const told = await connection.execute('rmdir nothing\nmkdir one', { throwOnFailure: false })
  expect(told.commands).toHaveLength(1)
  expect(await readdir(api.remote)).toEqual([])
})

test('precheck: false looks at a line when its turn comes, also where it keeps going', async () => {
  await using api = await servedApi()
  const connection = await api.open()
  await expect(connection.execute('mkdir one\nmk x\nmkdir two')).rejects.toMatchObject({ code: 'script_invalid' })
  expect(await readdir(api.remote)).toEqual([])
  const told = await connection.execute('mkdir one\nmk x\nmkdir two', { precheck: false, throwOnFailure: false })
  expect(told.commands.map(({ error }) => error?.message)).toEqual([undefined, 'invalid command "mk"'])
  expect(await readdir(api.remote)).toEqual(['one'])
  await connection.execute('mk x\nmkdir two', { precheck: false, keepGoing: true, throwOnFailure: false })
  expect(await readdir(api.remote)).toEqual(['one', 'two'])
})

test('atomic gives the name to another file, and without it the file that is there is written', async () => {
  await using api = await servedApi()
  const connection = await api.open()
  await writeFile(join(api.local, 'a'), 'new')
  await writeFile(join(api.remote, 'a'), 'old content')
  const { ino } = await stat(join(api.remote, 'a'))
  await connection.execute('put a', { localDirectory: api.local })
  expect((await stat(join(api.remote, 'a'))).ino).toBe(ino)
  await connection.execute('put a', { localDirectory: api.local, atomic: true })
  expect((await stat(join(api.remote, 'a'))).ino).not.toBe(ino)
  expect(await readFile(join(api.remote, 'a'), 'utf8')).toBe('new')
  expect(await readdir(api.remote)).toEqual(['a'])
})
