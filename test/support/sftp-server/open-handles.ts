import { closeSync } from 'node:fs'
import { errnoError } from './answers.ts'

export interface FileHandle {
  readonly kind: 'file'
  readonly fd: number
  /** As the client sees it, in full. */
  readonly path: string
  /** Writes go to the end, whatever their offset says. */
  readonly appends: boolean
}

export interface DirectoryHandle {
  readonly kind: 'directory'
  readonly path: string
  /** Names that were not listed yet. */
  readonly names: string[]
}

const noSuchHandle = (): Error => new Error('no such handle')

/** What one client holds open. A handle is four bytes, counted up, as sftp-server makes them; the key is their hexadecimal text. */
export class OpenHandles {
  readonly #open = new Map<string, FileHandle | DirectoryHandle>()
  readonly #most: number
  #next = 0

  /** `most` is how many may be open at once, 0 for no limit. */
  constructor(most: number) {
    this.#most = most
  }

  get count(): number {
    return this.#open.size
  }

  assertRoom(): void {
    if (this.#most > 0 && this.#open.size >= this.#most) throw errnoError('EMFILE')
  }

  add(handle: FileHandle | DirectoryHandle): Buffer {
    const id = Buffer.alloc(4)
    id.writeUInt32BE(this.#next)
    this.#next += 1
    this.#open.set(id.toString('hex'), handle)
    return id
  }

  path(key: string): string | undefined {
    return this.#open.get(key)?.path
  }

  file(key: string): FileHandle {
    const handle = this.#open.get(key)
    if (handle?.kind !== 'file') throw noSuchHandle()
    return handle
  }

  directory(key: string): DirectoryHandle {
    const handle = this.#open.get(key)
    if (handle?.kind !== 'directory') throw noSuchHandle()
    return handle
  }

  close(key: string): void {
    const handle = this.#open.get(key)
    // Only here sftp-server tells the errno of a bad file descriptor.
    if (handle === undefined) throw errnoError('EBADF')
    this.#open.delete(key)
    if (handle.kind === 'file') closeSync(handle.fd)
  }

  closeAll(): void {
    for (const key of [...this.#open.keys()]) this.close(key)
  }
}
