import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { thisProcess } from '../../src/state/holder.ts'
import { openStateStore } from '../../src/state/open-state-store.ts'
import type { StateStore } from '../../src/state/state-store.ts'
import { type TemporaryDirectory, temporaryDirectory } from '../support/temporary-directory.ts'
import { buildWriter, onFailingFileSystem } from './build-writer.ts'

/** Dozens of processes, on a machine that may be busy. */
const timeout = 180_000

let directory: TemporaryDirectory
beforeAll(async () => {
  directory = await temporaryDirectory()
  await buildWriter(join(directory.path, 'writer.mjs'))
  await buildWriter(join(directory.path, 'failing-writer.mjs'), [onFailingFileSystem])
})
afterAll(() => directory[Symbol.asyncDispose]())

const startWriter = (file: string, ...args: string[]) =>
  spawn(process.execPath, [join(directory.path, 'writer.mjs'), file, ...args], { stdio: ['ignore', 'pipe', 'inherit'] })

const open = (file: string) =>
  openStateStore(file, { environment: {}, lockTimeoutMs: 5000, signal: new AbortController().signal })

// promise: no-lost-change
test('of thirty processes that write at once none loses its change', { timeout }, async () => {
  const file = join(directory.path, 'parallel/state.json')
  const ends = Array.from({ length: 30 }, (_, index) => once(startWriter(file, `p${index}-`), 'close'))
  expect((await Promise.all(ends)).map(([code]) => code)).toEqual(ends.map(() => 0))
  const state = await open(file).read()
  expect(state.connections.size).toBe(30)
  expect(state.serial).toBe(30)
  expect((await readdir(join(directory.path, 'parallel'))).sort()).toEqual(['state.json', 'state.json.previous'])
})

// promise: whole-state
test('a writer that is killed leaves the old state or the new one, and a lock that the next writer takes over', {
  timeout,
}, async () => {
  const file = join(directory.path, 'killed/state.json')
  let least = 0
  for (let round = 1; round <= 6; round += 1) {
    const writer = startWriter(file, `r${round}-`, '10000')
    let printed = 0
    for await (const _ of createInterface({ input: writer.stdout })) {
      printed += 1
      if (printed === round) writer.kill('SIGKILL')
    }
    least += printed
    const state = await open(file).read()
    expect(state.serial).toBeGreaterThanOrEqual(least)
    expect(state.connections.size).toBe(state.serial)
    least = state.serial
    const next = await open(file).update((current) => ({ ...current, scripts: new Map(current.scripts) }))
    expect(next).toEqual(state)
  }
})

const add = (store: StateStore, name: string) =>
  store.update((state) => ({
    ...state,
    connections: new Map(state.connections).set(name, { value: { name, host: 'h' }, origin: {} }),
  }))

// promise: whole-state
test('a writer may die at any step of taking over a lock and writing: the state is whole, and the next writer goes on', {
  timeout,
}, async () => {
  const folder = join(directory.path, 'dying')
  const file = join(folder, 'state.json')
  await add(open(file), 'first')
  await add(open(file), 'second')
  for (let call = 1, code: unknown = null; code === null; call += 1) {
    const before = await open(file).read()
    await leaveLock(`${file}.lock`)
    const child = spawn(process.execPath, [join(directory.path, 'failing-writer.mjs'), file, `c${call}-`], {
      stdio: 'ignore',
      env: { ...process.env, FAIL_CALL: String(call) },
    })
    ;[code] = await once(child, 'close')
    const after = await open(file).read()
    expect([before.serial, before.serial + 1]).toContain(after.serial)
    expect(after.connections.size).toBe(after.serial)
    if (after.serial === before.serial) expect(after).toEqual(before)
    const previous = await open(`${file}.previous`).read()
    expect(previous.connections.size).toBe(previous.serial)
    if (code === 0) expect(call).toBeGreaterThan(20)
    expect(await add(open(file), `after${call}`)).toMatchObject({ serial: after.serial + 1 })
  }
  const left = (await readdir(folder)).filter((name) => !name.endsWith('.new'))
  expect(left.sort()).toEqual(['state.json', 'state.json.previous'])
})

// promise: whole-state
test.each([
  ['ENOSPC', 'no space left on this machine', 'the first write', []],
  ['EIO', 'input/output error', 'a later write', ['one', 'two']],
])(
  '%s (%s) at any step of %s: the state is the old one or the new one, why is told, and the next writer goes on',
  {
    timeout,
  },
  async (errno, reason, _which, names) => {
    for (let call = 1, isOver = false; !isOver; call += 1) {
      const folder = join(directory.path, `${errno}-${call}`)
      const file = join(folder, 'state.json')
      for (const name of names) await add(open(file), name)
      const before = await open(file).read()
      const { code, stderr } = await failingWriter(file, call, errno)
      const after = await open(file).read()
      isOver = code === 0 && call > 20
      expect([before.serial, before.serial + 1]).toContain(after.serial)
      expect(after.connections.size).toBe(after.serial)
      if (code === 0) expect(after.serial).toBe(before.serial + 1)
      else expect(stderr).toMatch(new RegExp(`^state_(failed|unreadable): (read|write) the state.*: ${reason}\\n$`))
      expect(await add(open(file), 'next')).toMatchObject({ serial: after.serial + 1 })
      const left = (await readdir(folder)).filter((name) => !name.endsWith('.new'))
      expect(left.filter((name) => !['state.json', 'state.json.previous'].includes(name))).toEqual([])
    }
  },
)

/** A writer of one connection, whose nth call of the file system fails. */
async function failingWriter(file: string, call: number, errno: string): Promise<{ code: unknown; stderr: string }> {
  const child = spawn(process.execPath, [join(directory.path, 'failing-writer.mjs'), file, 'w'], {
    stdio: ['ignore', 'ignore', 'pipe'],
    env: { ...process.env, FAIL_CALL: String(call), FAIL_WITH: errno },
  })
  let stderr = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text
  })
  const [code] = await once(child, 'close')
  return { code, stderr }
}

async function leaveLock(path: string): Promise<void> {
  const holder = await thisProcess()
  await writeFile(path, JSON.stringify({ ...holder, startTime: '1' }))
}
