import { chmod, lstat, mkdir, readdir, readFile, readlink, stat, symlink, utimes, writeFile } from 'node:fs/promises'
import { hostname } from 'node:os'
import { dirname, join } from 'node:path'
import { beforeEach, describe, expect, test } from 'vitest'
import { Audit } from '../../src/audit/audit.ts'
import { AuditLog } from '../../src/audit/audit-log.ts'
import type { State } from '../../src/model/state.ts'
import { openStateStore } from '../../src/state/open-state-store.ts'
import type { StateStore } from '../../src/state/state-store.ts'
import { type StatePlace, stateStoreContract, withConnection } from '../contract/state-store-contract.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'

stateStoreContract('file', async (): Promise<StatePlace> => {
  const directory = await temporaryDirectory()
  return {
    open: ({ signal = new AbortController().signal, ...options } = {}) =>
      openStateStore(join(directory.path, 'deep/er/state.json'), { environment: {}, signal, ...options }),
    [Symbol.asyncDispose]: () => directory[Symbol.asyncDispose](),
  }
})

stateStoreContract('file, where changes are recorded', async (): Promise<StatePlace> => {
  const directory = await temporaryDirectory()
  const audit = new Audit(new AuditLog(join(directory.path, 'audit.log')), { user: 'u', command: 'test' })
  return {
    open: ({ signal = new AbortController().signal, ...options } = {}) =>
      openStateStore(join(directory.path, 'state.json'), { environment: {}, signal, audit, ...options }),
    [Symbol.asyncDispose]: () => directory[Symbol.asyncDispose](),
  }
})

let folder = ''
beforeEach(async () => {
  const directory = await temporaryDirectory()
  folder = directory.path
  return () => directory[Symbol.asyncDispose]()
})

const signal = new AbortController().signal
const stateFile = (): string => join(folder, 'state.json')
const open = (file = stateFile(), lockTimeoutMs = 5000): StateStore =>
  openStateStore(file, { environment: {}, lockTimeoutMs, signal })
const add =
  (name: string) =>
  (state: State): State =>
    withConnection(state, { name, host: 'h' })
const names = async (store = open()): Promise<string[]> => [...(await store.read()).connections.keys()]

describe('location', () => {
  const locationOf = (location: string | undefined, environment: Record<string, string>): string =>
    openStateStore(location, { environment, signal }).location

  test('is what is given, else FERRY_STATE, else below XDG_STATE_HOME, else below ~/.local/state', () => {
    const environment = { HOME: '/home/ann', XDG_STATE_HOME: '/var/ann', FERRY_STATE: '/fleet.json' }
    expect(locationOf('/given.json', environment)).toBe('/given.json')
    expect(locationOf(undefined, environment)).toBe('/fleet.json')
    expect(locationOf('', { ...environment, FERRY_STATE: '' })).toBe('/var/ann/ferry/state.json')
    expect(locationOf(undefined, { HOME: '/home/ann' })).toBe('/home/ann/.local/state/ferry/state.json')
    expect(locationOf(undefined, { HOME: '/home/ann', XDG_STATE_HOME: 'var' })).toBe(
      '/home/ann/.local/state/ferry/state.json',
    )
    expect(() => locationOf(undefined, {})).toThrow(expect.objectContaining({ code: 'usage' }))
  })

  test.each(['postgres://ann:hunter2@db:x/ferry', 's3://ann:hunter2@bucket/state'])(
    '%s is wrong usage, and its password is not repeated',
    (location) => {
      const refused = expect.objectContaining({ code: 'usage', message: expect.not.stringContaining('hunter2') })
      expect(() => open(location)).toThrow(refused)
    },
  )
})

describe('the file', () => {
  test('is 0600 in a 0700 directory that is made at need, with nothing left beside it', async () => {
    const file = join(folder, 'a/b/state.json')
    await open(file).update(add('x'))
    expect((await stat(file)).mode & 0o777).toBe(0o600)
    expect((await stat(join(folder, 'a/b'))).mode & 0o777).toBe(0o700)
    expect(await readdir(dirname(file))).toEqual(['state.json'])
  })

  test('is closed again to others with the next write', async () => {
    await open().update(add('x'))
    await chmod(stateFile(), 0o644)
    await open().update(add('y'))
    expect((await stat(stateFile())).mode & 0o777).toBe(0o600)
  })

  test('has the state before the last change beside it', async () => {
    await open().update(add('one'))
    const first = await readFile(stateFile(), 'utf8')
    await open().update(add('two'))
    expect(await readFile(`${stateFile()}.previous`, 'utf8')).toBe(first)
    const second = await readFile(stateFile(), 'utf8')
    await open().update(add('three'))
    expect(await readFile(`${stateFile()}.previous`, 'utf8')).toBe(second)
    expect((await readdir(folder)).sort()).toEqual(['state.json', 'state.json.previous'])
    expect(await names(open(`${stateFile()}.previous`))).toEqual(['one', 'two'])
  })

  // promise: current-files
  test('is read anew whenever its bytes are others, whatever its size and its times say', async () => {
    await open().update(add('one'))
    const store = open()
    const before = await store.read()
    expect(await store.read()).toBe(before)
    const { atime, mtime } = await stat(stateFile())
    await writeFile(stateFile(), (await readFile(stateFile(), 'utf8')).replace('"one"', '"two"'))
    await utimes(stateFile(), atime, mtime)
    expect(await names(store)).toEqual(['two'])
  })

  // promise: refused-state
  test('that is a symbolic link stays one, and its target is replaced, also where that is still to be made', async () => {
    await mkdir(join(folder, 'real'))
    await symlink('real/target.json', stateFile())
    for (const name of ['one', 'two']) await open().update(add(name))
    expect(await readlink(stateFile())).toBe('real/target.json')
    expect((await lstat(join(folder, 'real/target.json'))).isFile()).toBe(true)
    expect(await names()).toEqual(['one', 'two'])
    expect((await readdir(join(folder, 'real'))).sort()).toEqual(['target.json', 'target.json.previous'])
  })

  test('is locked for whoever comes by a link and for whoever does not', async () => {
    await open().update(add('one'))
    const link = join(folder, 'link.json')
    await symlink(stateFile(), link)
    await open().update(async (state) => {
      await expect(open(link, 0).update((other) => other)).rejects.toMatchObject({ code: 'state_locked' })
      return state
    })
  })

  test('a link that leads to itself is state_failed', async () => {
    await symlink('state.json', stateFile())
    await expect(open().update(add('x'))).rejects.toMatchObject({ code: 'state_failed' })
  })

  test('what a writer that died left behind is in nobody’s way', async () => {
    await open().update(add('one'))
    for (const suffix of ['.next', '.previous.next']) await writeFile(`${stateFile()}${suffix}`, 'half a st')
    await open().update(add('two'))
    await open().update(add('three'))
    expect(await names()).toEqual(['one', 'two', 'three'])
    expect((await readdir(folder)).sort()).toEqual(['state.json', 'state.json.previous'])
  })

  test('in a place where nothing can be made is state_failed and says why', async () => {
    await writeFile(join(folder, 'file'), '')
    const file = join(folder, 'file/state.json')
    await expect(open(file).update(add('x'))).rejects.toMatchObject({
      code: 'state_failed',
      message: expect.stringMatching(/^write the state: make .*: not a directory$/),
    })
  })

  test('whose lock was taken away while it was changed is not written', async () => {
    await open().update(add('one'))
    const stolen = open().update(async (state) => {
      await writeFile(`${stateFile()}.lock`, '')
      return add('two')(state)
    })
    await expect(stolen).rejects.toMatchObject({ code: 'state_failed' })
    expect(await names()).toEqual(['one'])
    expect(await readFile(`${stateFile()}.lock`, 'utf8')).toBe('')
  })
})

describe('a state that cannot be read', () => {
  const head = '"lineage":"l","serial":1'
  const connection = (fields: string): string =>
    `{"format":1,${head},"connections":[{"value":{${fields}},"origin":{}}],"scripts":[]}`
  test.each([
    ['', 'it is empty'],
    ['{"format":1,"lineage"', 'cut off'],
    ['[]', 'no JSON object'],
    ['null', 'no JSON object'],
    ['{}', '"format"'],
    ['{"format":"1"}', '"format"'],
    [`{"format":1,"serial":1}`, '"lineage"'],
    [`{"format":1,"lineage":"l","serial":0}`, '"serial"'],
    [`{"format":1,${head},"connections":{},"scripts":[]}`, '"connections" is no list'],
    [`{"format":1,${head},"connections":[]}`, '"scripts" is no list'],
    [`{"format":1,${head},"connections":[],"scripts":[],"extra":1}`, 'unknown key "extra"'],
    [connection('"name":"a"'), 'connections[0]: "host" is missing'],
    [connection('"name":"a","host":"h","port":"22"'), '"port" has a value of the wrong kind'],
    [connection('"name":"-a","host":"h"'), '"name" has a value of the wrong kind'],
    [connection('"name":"a","host":"h","pasword":{"env":"X"}'), 'unknown key "pasword"'],
    [connection('"name":"a","host":"h","__proto__":{}'), 'unknown key "__proto__"'],
    [connection('"name":"a","host":"h","password":"clear"'), '"password" has a value of the wrong kind'],
    [connection('"name":"a","host":"h","password":{"literal":"clear"}'), '"password" has a value of the wrong kind'],
    [
      `{"format":1,${head},"connections":[{"value":{"name":"a","host":"h"},"origin":{}},{"value":{"name":"a","host":"h"},"origin":{}}],"scripts":[]}`,
      'a second "a"',
    ],
    [`{"format":1,${head},"connections":[{"value":{"name":"a","host":"h"}}],"scripts":[]}`, '"origin" is no object'],
  ])('%s', async (text, reason) => {
    await writeFile(stateFile(), text)
    const refused = { code: 'state_unreadable', message: expect.stringContaining(`read the state ${stateFile()}: `) }
    await expect(open().read()).rejects.toMatchObject(refused)
    await expect(open().read()).rejects.toMatchObject({ message: expect.stringContaining(reason) })
    await expect(open().update(add('x'))).rejects.toMatchObject(refused)
    expect(await readFile(stateFile(), 'utf8')).toBe(text)
    expect(await readdir(folder)).toEqual(['state.json'])
  })

  test('says where the state before the last change is', async () => {
    for (const name of ['one', 'two']) await open().update(add(name))
    await writeFile(stateFile(), (await readFile(stateFile(), 'utf8')).slice(0, -10))
    await expect(open().read()).rejects.toMatchObject({
      code: 'state_unreadable',
      details: { hint: expect.stringContaining(`${stateFile()}.previous`) },
    })
  })

  // promise: refused-state
  test('cut off at any byte, it is never taken for a whole one', async () => {
    await open().update(add('one'))
    const whole = (await readFile(stateFile(), 'utf8')).trimEnd()
    for (let length = 0; length < whole.length; length += 7) {
      await writeFile(stateFile(), whole.slice(0, length))
      await expect(open().read()).rejects.toMatchObject({ code: 'state_unreadable' })
    }
  })

  test('bytes that are not UTF-8, and a directory, are state_unreadable', async () => {
    await writeFile(stateFile(), Buffer.of(0x7b, 0xff, 0x7d))
    await expect(open().read()).rejects.toMatchObject({ code: 'state_unreadable' })
    await mkdir(join(folder, 'directory'))
    await expect(open(join(folder, 'directory')).read()).rejects.toMatchObject({ code: 'state_unreadable' })
  })

  // promise: refused-state
  test('a newer format is state_newer and is not rewritten', async () => {
    const text = '{"format":2,"anything":["new"]}'
    await writeFile(stateFile(), text)
    await expect(open().read()).rejects.toMatchObject({ code: 'state_newer' })
    await expect(open().update(add('x'))).rejects.toMatchObject({ code: 'state_newer' })
    expect(await readFile(stateFile(), 'utf8')).toBe(text)
  })
})

describe('a lock that somebody left', () => {
  const lockFile = (): string => `${stateFile()}.lock`
  const bootId = async (): Promise<string> => (await readFile('/proc/sys/kernel/random/boot_id', 'utf8')).trim()
  const leave = async (holder: object): Promise<void> => {
    const whole = {
      token: '0123456789abcdef',
      pid: process.pid,
      host: hostname(),
      since: '2026-01-01T00:00:00.000Z',
      bootId: await bootId(),
      pidNamespace: await readlink('/proc/self/ns/pid'),
      ...holder,
    }
    await writeFile(lockFile(), JSON.stringify(whole))
  }

  // promise: named-lock
  test('is taken over from a process that is gone, from another one with its number, and from before a restart', async () => {
    for (const holder of [{ pid: 2 ** 22 + 1 }, { startTime: '1' }, { bootId: 'another' }]) {
      await leave(holder)
      await open(stateFile(), 0).update((state) => state)
      expect(await readdir(folder)).toEqual([])
    }
  })

  // promise: named-lock
  test('is not taken over from a process that lives, from another machine or from another container', async () => {
    const host = 'elsewhere'
    for (const holder of [
      {},
      { host, bootId: 'another', pid: 2 ** 22 + 1 },
      { pidNamespace: 'pid:[1]', pid: 2 ** 22 + 1 },
    ]) {
      await leave(holder)
      await expect(open(stateFile(), 0).update(add('x'))).rejects.toMatchObject({
        code: 'state_locked',
        message: expect.stringMatching(/^lock the state .*: process \d+ on \S+ holds it since 2026-01-01/),
        details: { hint: expect.stringContaining(lockFile()) },
      })
    }
  })

  test('and that is no lock of ours is waited for, never removed', async () => {
    await writeFile(lockFile(), 'rubbish')
    await expect(open(stateFile(), 0).update(add('x'))).rejects.toMatchObject({ code: 'state_locked' })
    expect(await readFile(lockFile(), 'utf8')).toBe('rubbish')
  })

  test('is taken over by one of many that see it, and none of their updates is lost', async () => {
    await leave({ pid: 2 ** 22 + 1 })
    const wanted = Array.from({ length: 20 }, (_, index) => `c${index}`)
    await Promise.all(wanted.map((name) => open(stateFile(), 60_000).update(add(name))))
    expect((await names()).sort()).toEqual([...wanted].sort())
    expect((await readdir(folder)).sort()).toEqual(['state.json', 'state.json.previous'])
  })

  test('is taken over also where a taker died in the middle of it', async () => {
    await leave({ pid: 2 ** 22 + 1 })
    const guard = `${lockFile()}.0123456789abcdef`
    const dead = { token: 'fedcba9876543210', pid: 2 ** 22 + 2, host: hostname(), since: 'x', bootId: await bootId() }
    await writeFile(guard, JSON.stringify({ ...dead, pidNamespace: await readlink('/proc/self/ns/pid') }))
    await open(stateFile(), 0).update(add('x'))
    expect(await readdir(folder)).toEqual(['state.json'])
  })
})
