import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { connect, FerryError, ping } from '../../src/api/index.ts'
import { commands } from '../../src/commands/index.ts'
import { servedApi } from './served-api.ts'

const camelCase = (name: string): string => name.replace(/-(\w)/g, (_, letter: string) => letter.toUpperCase())

/** These are for people at a terminal or a browser. */
const forPeople = ['shell', 'completion', 'web']

test('every command on a connection is a method of the same name, aliases too', async () => {
  await using api = await servedApi()
  const connection = await api.open()
  const names = commands
    .filter(({ group, name }) => group !== 'Manage' && !forPeople.includes(name))
    .flatMap(({ name, aliases = [] }) => [name, ...aliases].map(camelCase))
  const methods = new Map<string, unknown>(Object.entries(connection))
  const prototype: object = Object.getPrototypeOf(connection)
  for (const name of Object.getOwnPropertyNames(prototype)) methods.set(name, Reflect.get(connection, name))
  expect(names.filter((name) => typeof methods.get(name) !== 'function')).toEqual([])
})

test('what is written is read back, listed and described', async () => {
  await using api = await servedApi()
  const connection = await api.open()
  expect(await connection.write('näme with\nnewline', 'text')).toBe(4)
  expect((await connection.read('näme with\nnewline')).toString()).toBe('text')
  await connection.mkdir('a/b', { parents: true })
  await connection.symlink('b', 'a/link')
  const entries = await connection.list('a')
  expect(entries.map(({ name, type, target }) => [name, type, target])).toEqual([
    ['b', 'directory', undefined],
    ['link', 'symlink', 'b'],
  ])
  await connection.chmod('u=rw,go=', 'näme with\nnewline')
  expect(await connection.info('näme with\nnewline')).toMatchObject({ size: 4, permissionsOctal: '0600', type: 'file' })
  expect(await connection.isSymlink('a/link')).toBe(true)
  expect(await connection.isDirectory('a/link', { follow: true })).toBe(true)
})

test('upload and download move trees, and move, rename and delete change them', async () => {
  await using api = await servedApi()
  const connection = await api.open()
  await mkdir(join(api.local, 'site'))
  await writeFile(join(api.local, 'site', 'index.html'), '<p>')
  expect(await connection.upload(join(api.local, 'site'), 'www')).toMatchObject({ files: 1, bytes: 3, failures: [] })
  expect(await connection.download('www', join(api.local, 'back'))).toMatchObject({ files: 1, bytes: 3 })
  expect(await readFile(join(api.local, 'back', 'index.html'), 'utf8')).toBe('<p>')
  await expect(connection.downloadFile('www', join(api.local, 'no'))).rejects.toMatchObject({ code: 'wrong_kind' })
  await connection.write('other', 'x')
  await expect(connection.move('other', 'www/index.html')).rejects.toMatchObject({ code: 'already_exists' })
  expect(await connection.move('other', 'www')).toBe('www/other')
  await expect(connection.delete('www')).rejects.toMatchObject({ code: 'not_empty' })
  expect(await connection.delete('www', { recursive: true })).toBe(3)
  expect(await connection.exists('www')).toBe(false)
})

test('a failed operation rejects with its code, and the connection lives on', async () => {
  await using api = await servedApi()
  const connection = await api.open()
  await expect(connection.read('nowhere')).rejects.toMatchObject({ code: 'not_found', exitCode: 1 })
  await expect(connection.deleteFile('.')).rejects.toBeInstanceOf(FerryError)
  await expect(connection.ls()).resolves.toEqual([])
})

test('a script runs with its results, and a failing line rejects at its place', async () => {
  await using api = await servedApi()
  const connection = await api.open()
  const pieces: string[] = []
  const { ok, commands: results } = await connection.execute('mkdir in\ncd in\npwd', {
    onOutput: (text) => pieces.push(text),
  })
  expect(ok).toBe(true)
  expect(results.map(({ command }) => command)).toEqual(['mkdir in', 'cd in', 'pwd'])
  expect(pieces.join('')).toBe('Remote working directory: /in\n')
  await expect(connection.execute('pwd\nrm nowhere')).rejects.toMatchObject({ details: { place: { line: 2 } } })
  const told = await connection.execute('rm nowhere', { throwOnFailure: false })
  expect(told.ok).toBe(false)
  await expect(connection.execute('mkdir x\njajaja')).rejects.toMatchObject({ code: 'script_invalid' })
  expect(await connection.exists('x')).toBe(false)
})

test('parameters are words, whatever they hold', async () => {
  await using api = await servedApi()
  const connection = await api.open()
  await connection.execute('mkdir ${name}', { variables: { name: 'a b; rm *\n"' } })
  expect((await connection.ls()).map(({ name }) => name)).toEqual(['a b; rm *\n"'])
})

test('a ping tells its time, or why it failed', async () => {
  await using api = await servedApi()
  expect(await ping('here', api.options)).toMatchObject({ ok: true, connection: 'here', port: api.server.port })
  const refused = await ping('here', { environment: { ...api.environment, PASSWORD: 'wrong' } })
  expect(refused).toMatchObject({ ok: false, error: { code: 'authentication_failed' } })
  const connection = await api.open()
  expect((await connection.ping()).responseTimeMs).toBeGreaterThan(0)
})

test('a ping that came nowhere names the transport that was declared', async () => {
  await using api = await servedApi()
  const there = { name: 'there', host: '127.0.0.1', port: 1, transport: 'openssh' } as const
  await api.state.update((now) => ({ ...now, connections: new Map([['there', { value: there, origin: {} }]]) }))
  expect(await ping('there', api.options)).toMatchObject({
    ok: false,
    transport: 'openssh',
    error: { code: 'connect_failed' },
  })
})

test.each([
  ['nowhere', 'unknown_connection'],
  ['sftp://', 'usage'],
])('connecting to %j rejects with %s', async (name, code) => {
  await using api = await servedApi()
  await expect(api.open(name)).rejects.toMatchObject({ code })
})

test('an inactive connection is refused at once', async () => {
  await using api = await servedApi()
  await api.state.update((state) => {
    const stored = state.connections.get('here')
    if (stored === undefined) return state
    return {
      ...state,
      connections: new Map([['here', { ...stored, value: { ...stored.value, active: false } }]]),
    }
  })
  await expect(api.open()).rejects.toMatchObject({ code: 'inactive' })
  expect(api.server.accepted()).toBe(0)
})

test('disposing of a connection leaves none at the server', async () => {
  await using api = await servedApi()
  {
    await using connection = await api.open()
    await connection.ls()
    expect(api.server.connections()).toBe(1)
  }
  await api.server.idle()
  expect(api.server.connections()).toBe(0)
})

test('a signal ends one operation, and the reason is what it rejects with', async () => {
  await using api = await servedApi()
  const connection = await api.open()
  const reason = new FerryError('cancelled', 'enough')
  await expect(connection.ls('.', { signal: AbortSignal.abort(reason) })).rejects.toBe(reason)
  await expect(connection.ls()).resolves.toEqual([])
})

test('with retry a connection outlives its line, as often as was said', async () => {
  await using api = await servedApi()
  await writeFile(join(api.remote, 'a'), 'one')
  const notes: string[] = []
  const onNote = (_level: number, text: string): void => void notes.push(text)
  await using connection = await connect('here', { ...api.options, onNote, overrides: { retry: 1 } })
  api.server.dropConnections()
  expect((await connection.read('a')).toString()).toBe('one')
  expect(notes.filter((text) => text.includes('trying again'))).toEqual([
    expect.stringMatching(/^connection lost; trying again in [\d.]+m?s \(1 of 1\)$/),
  ])
  api.server.dropConnections()
  await expect(connection.read('a')).rejects.toMatchObject({
    code: 'connection_lost',
    message: expect.stringMatching(/; given up after 1 retry$/),
  })
})
