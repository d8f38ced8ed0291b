import { setTimeout } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { FerryError } from '../../src/errors/ferry-error.ts'
import type { DirectoryEntry } from '../../src/model/attributes.ts'
import { HandleRoom } from '../../src/sftp/handle-room.ts'
import type { Handle } from '../../src/sftp/session.ts'

/** A server that allows so many handles, and says FAILURE to more. */
class FewHandles {
  readonly room: HandleRoom
  readonly #allowed: number
  #open = 0
  #inFlight = 0
  peak = 0

  constructor(allowed: number, batches = 0) {
    this.#allowed = allowed
    let left = batches
    this.room = new HandleRoom(
      {
        openOwn: () => this.open(),
        readdir: () =>
          this.#serve((): DirectoryEntry[] | null => (left-- > 0 ? [{ name: `${left}`, attributes: {} }] : null)),
        close: () => this.#serve(() => void this.#open--),
        isBusy: () => this.#inFlight > 0,
        isDead: () => false,
      },
      () => undefined,
    )
  }

  open(isRefused = false): Promise<Handle> {
    return this.#serve(() => {
      if (isRefused || this.#open >= this.#allowed) throw new FerryError('operation_failed', 'open: failed')
      this.#open += 1
      this.peak = Math.max(this.peak, this.#open)
      return { id: Buffer.from('h'), path: '/' }
    })
  }

  async #serve<T>(act: () => T): Promise<T> {
    this.#inFlight += 1
    await setTimeout(1)
    this.#inFlight -= 1
    return act()
  }

  /** Opens a file, and closes it a little later. */
  async file(isRefused = false): Promise<void> {
    const handle = await this.room.take(() => this.open(isRefused), false)
    await setTimeout(2)
    await this.room.close(handle)
  }

  /** How many of so many files at once failed. */
  async files(count: number, isRefused: (index: number) => boolean = () => false): Promise<number> {
    const outcomes = await Promise.allSettled(Array.from({ length: count }, (_, index) => this.file(isRefused(index))))
    return outcomes.filter(({ status }) => status === 'rejected').length
  }
}

// promise: few-handles
test('files that cannot be opened for another reason leave the others as much room as there is', async () => {
  const server = new FewHandles(16)
  expect(await server.files(100)).toBe(0)
  const refused = (index: number): boolean => index >= 40 && index < 70
  expect(await server.files(200, refused)).toBe(30)
  server.peak = 0
  expect(await server.files(100)).toBe(0)
  expect(server.peak).toBe(16)
})

// promise: few-handles
test('a directory of more than a thousand answers gives its handle back to its files', async () => {
  const server = new FewHandles(1, 1100)
  const directory = await server.room.take(() => server.open(), true)
  let names = 0
  for (let batch = await server.room.readdir(directory); batch !== null; batch = await server.room.readdir(directory)) {
    names += batch.length
    if (names % 100 === 1) await server.file()
  }
  await server.room.close(directory)
  expect(names).toBe(1100)
})
