import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmod, chown, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { openStateStore } from '../../src/state/open-state-store.ts'
import type { StateStore } from '../../src/state/state-store.ts'
import { withConnection } from '../contract/state-store-contract.ts'
import { describeAsRoot, describeWithDisks } from '../support/requirements.ts'
import { smallDisk } from '../support/small-disk.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'
import { buildWriter } from './build-writer.ts'

const open = (file: string): StateStore =>
  openStateStore(file, { environment: {}, lockTimeoutMs: 5000, signal: new AbortController().signal })
const add = (store: StateStore, name: string, description = 'x'.repeat(1000)) =>
  store.update((state) => withConnection(state, { name, host: 'h', description }))
const failed = (reason: string): unknown =>
  expect.objectContaining({ code: 'state_failed', message: expect.stringMatching(`^write the state .*: ${reason}$`) })
const noSpace = failed('no space left on this machine')

// promise: whole-state
describeWithDisks('a disk', () => {
  test('that gets full holds every change that was told to be there, and takes more when there is room again', async () => {
    using disk = smallDisk(256)
    const filler = join(disk.path, 'filler')
    await writeFile(filler, Buffer.alloc(128 * 1024))
    const store = open(join(disk.path, 'state.json'))
    let written = 0
    const filling = async (): Promise<never> => {
      for (;;) {
        await add(store, `c${written}`)
        written += 1
      }
    }
    await expect(filling()).rejects.toEqual(noSpace)
    expect(written).toBeGreaterThan(10)
    expect((await store.read()).connections.size).toBe(written)
    expect((await readdir(disk.path)).sort()).toEqual(['filler', 'state.json', 'state.json.previous'])
    await rm(filler)
    expect((await add(store, 'more')).serial).toBe(written + 1)
  })

  test('that is full from the start gets no state, and no half of one', async () => {
    using disk = smallDisk(64)
    const filler = join(disk.path, 'filler')
    await writeFile(filler, Buffer.alloc(64 * 1024)).catch(() => undefined)
    await expect(add(open(join(disk.path, 'state.json')), 'a')).rejects.toEqual(noSpace)
    expect(await readdir(disk.path)).toEqual(['filler'])
    expect((await open(join(disk.path, 'state.json')).read()).serial).toBe(0)
  })

  test('that is read-only gives the state and keeps it', async () => {
    using disk = smallDisk(64)
    const file = join(disk.path, 'state.json')
    await add(open(file), 'a')
    const text = await readFile(file, 'utf8')
    disk.makeReadOnly()
    await expect(add(open(file), 'b')).rejects.toEqual(failed('read-only file system'))
    expect((await open(file).read()).connections.size).toBe(1)
    expect(await readFile(file, 'utf8')).toBe(text)
  })
})

// promise: whole-state
describeAsRoot('a state of another user', () => {
  const nobody = 65_534

  /** What becomes of a change that somebody makes who is not the owner. */
  async function changedByNobody(place: string, file: string): Promise<unknown[]> {
    const writer = await buildWriter(join(place, 'writer.mjs'))
    const child = spawn(process.execPath, [writer, file, 'w'], {
      stdio: ['ignore', 'ignore', 'pipe'],
      uid: nobody,
      gid: nobody,
    })
    let stderr = ''
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr += text
    })
    const [code] = await once(child, 'close')
    return [code, stderr.trim()]
  }

  test('that cannot be read is refused, and not taken for an empty one', async () => {
    await using directory = await temporaryDirectory()
    await chmod(directory.path, 0o755)
    const folder = join(directory.path, 'shared')
    const file = join(folder, 'state.json')
    await add(open(file), 'a')
    await chown(folder, nobody, nobody)
    const text = await readFile(file, 'utf8')
    const refused = `state_unreadable: read the state ${file}: permission denied`
    expect(await changedByNobody(directory.path, file)).toEqual([1, refused])
    expect(await readFile(file, 'utf8')).toBe(text)
    expect(await readdir(folder)).toEqual(['state.json'])
  })

  test('in a folder where nothing may be made is refused, and left as it is', async () => {
    await using directory = await temporaryDirectory()
    await chmod(directory.path, 0o755)
    const folder = join(directory.path, 'theirs')
    const file = join(folder, 'state.json')
    await mkdir(folder)
    await add(open(file), 'a')
    await chmod(file, 0o644)
    const text = await readFile(file, 'utf8')
    const refused = `state_failed: write the state ${file}: permission denied`
    expect(await changedByNobody(directory.path, file)).toEqual([1, refused])
    expect(await readFile(file, 'utf8')).toBe(text)
    expect(await readdir(folder)).toEqual(['state.json'])
  })
})
