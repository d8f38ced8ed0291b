import { chmod, readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeEach, describe, expect, test } from 'vitest'
import { openStateStore } from '../../src/state/open-state-store.ts'
import { type Outcome, runInProcess } from '../cli/run-in-process.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'

let home = ''
let own = ''
let other = ''
beforeEach(async () => {
  const directory = await temporaryDirectory()
  home = directory.path
  own = join(home, '.local/state/ferry/state.json')
  other = join(home, 'elsewhere/state.json')
  return () => directory[Symbol.asyncDispose]()
})

const store = (file: string) => openStateStore(file, { environment: {}, signal: new AbortController().signal })
const ferry = (...args: string[]): Promise<Outcome> => runInProcess(['state', ...args], { environment: { HOME: home } })
async function done(...args: string[]): Promise<string> {
  const { status, stdout, stderr } = await ferry(...args)
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
  return stdout
}
/** A state at `file` with one more connection. */
const add = (file: string, name: string) =>
  store(file).update((state) => ({
    ...state,
    connections: new Map(state.connections).set(name, { value: { name, host: 'h' }, origin: {} }),
  }))

describe('show', () => {
  test('says what the state is and where, without what it holds', async () => {
    const { lineage } = await add(own, 'bank')
    expect(JSON.parse(await done('show', '--json'))).toEqual({
      format: 1,
      lineage,
      serial: 1,
      connections: 1,
      scripts: 0,
      location: own,
    })
    expect(await done('show')).toContain(`lineage\t${lineage}\nserial\t1\n`)
  })

  test('a state that was never written has serial 0, and is not made', async () => {
    expect(JSON.parse(await done('show', '--json'))).toMatchObject({ serial: 0, connections: 0 })
    await expect(stat(own)).rejects.toThrow('ENOENT')
  })
})

describe('check', () => {
  test('a sound state is called so', async () => {
    await add(own, 'bank')
    expect(await done('check')).toBe(`${own}: sound (1 connection, 0 scripts, serial 1)\n`)
  })

  test('a text that is not what its hash says, and a file that others may read, are told, with 11', async () => {
    const script = { value: { name: 'nightly', body: 'ls\n', sha256: '0'.repeat(64) }, origin: {} }
    await store(own).update((state) => ({ ...state, scripts: new Map([['nightly', script]]) }))
    await chmod(own, 0o644)
    const { status, stdout, stderr } = await ferry('check', '--json')
    expect(status).toBe(11)
    expect(JSON.parse(stdout)).toMatchObject({
      ok: false,
      problems: [expect.stringContaining('script nightly'), `${own}: its mode is 0644, it should be 0600`],
    })
    expect(JSON.parse(stderr)).toMatchObject({ error: { code: 'state_failed', exit_code: 11 } })
  })

  test('a damaged state is told with what is wrong, and stays as it is', async () => {
    await add(own, 'bank')
    await writeFile(own, '{"format":1')
    expect((await ferry('check')).status).toBe(11)
    expect(await readFile(own, 'utf8')).toBe('{"format":1')
  })
})

describe('backup and restore', () => {
  test('a restored backup is the next change of the same state', async () => {
    const before = await add(own, 'bank')
    expect(await done('backup', other)).toBe('Backed up: 1 connection, 0 scripts, serial 1\n')
    expect((await stat(other)).mode & 0o777).toBe(0o600)
    await add(own, 'second')
    expect(await done('restore', other)).toBe('Restored: 1 connection, 0 scripts, serial 3\n')
    expect(await store(own).read()).toEqual({ ...before, serial: 3 })
  })

  test('a state that was changed before is backed up to a new file', async () => {
    await add(own, 'bank')
    const state = await add(own, 'second')
    expect(await done('backup', other)).toBe('Backed up: 2 connections, 0 scripts, serial 2\n')
    expect(await store(other).read()).toEqual(state)
  })

  test('a backup does not replace a file unless it is forced', async () => {
    await add(own, 'bank')
    await add(other, 'precious')
    const { status, stderr } = await ferry('backup', other)
    expect({ status, stderr }).toMatchObject({ status: 1, stderr: expect.stringContaining('already exists') })
    expect((await store(other).read()).connections.has('precious')).toBe(true)
    await done('backup', other, '--force')
    expect(await store(other).read()).toEqual(await store(own).read())
  })

  test('where there is no state, a backup becomes it, lineage and serial included', async () => {
    const backup = await add(other, 'bank')
    await done('restore', other)
    expect(await store(own).read()).toEqual(backup)
  })

  test('a backup of another state is refused unless it is forced, and then the lineage here stays', async () => {
    const present = await add(own, 'bank')
    await add(other, 'foreign')
    expect((await ferry('restore', other)).status).toBe(11)
    expect(await store(own).read()).toEqual(present)
    await done('restore', other, '--force')
    expect(await store(own).read()).toMatchObject({ lineage: present.lineage, serial: 2 })
  })

  test.each(['backup', 'restore'])('%s of a state that is not there is 11 and makes nothing', async (command) => {
    expect((await ferry(command, other)).status).toBe(11)
    await expect(stat(other)).rejects.toThrow('ENOENT')
    await expect(stat(own)).rejects.toThrow('ENOENT')
  })

  test('a damaged state is not replaced, and the hint says where its predecessor is', async () => {
    await add(other, 'bank')
    await add(own, 'a')
    await add(own, 'b')
    await writeFile(own, 'damaged')
    const { status, stderr } = await ferry('restore', other)
    expect({ status, stderr }).toMatchObject({ status: 11, stderr: expect.stringContaining(`${own}.previous`) })
    expect(await readFile(own, 'utf8')).toBe('damaged')
  })
})

describe('push and pull', () => {
  test('push makes the other store equal, again and again', async () => {
    await add(own, 'bank')
    expect(await done('push', other)).toBe('Pushed: 1 connection, 0 scripts, serial 1\n')
    await add(own, 'second')
    await done('push', other)
    await done('push', other)
    expect(await store(other).read()).toEqual(await store(own).read())
  })

  test('pull is push the other way', async () => {
    const state = await add(other, 'bank')
    expect(await done('pull', other)).toBe('Pulled: 1 connection, 0 scripts, serial 1\n')
    expect(await store(own).read()).toEqual(state)
  })

  test('another lineage, a newer serial, or another state of the same serial is refused, unless it is forced', async () => {
    await add(own, 'bank')
    await add(other, 'foreign')
    expect(await ferry('push', other)).toMatchObject({ status: 11, stderr: expect.stringContaining('another one') })
    await done('push', other, '--force')
    await add(other, 'newer')
    expect(await ferry('push', other)).toMatchObject({ status: 11, stderr: expect.stringContaining('a newer one') })
    await add(own, 'different')
    expect(await ferry('push', other)).toMatchObject({ status: 11, stderr: expect.stringContaining('same serial') })
    expect((await store(other).read()).connections.has('newer')).toBe(true)
    await done('push', other, '--force')
    expect(await store(other).read()).toEqual(await store(own).read())
  })

  test('a store of a kind that is not known is 2', async () => {
    await add(own, 'bank')
    expect((await ferry('push', 'mysql://h/db')).status).toBe(2)
  })
})
