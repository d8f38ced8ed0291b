import { lstatSync, readlinkSync, realpathSync } from 'node:fs'
import { posix } from 'node:path'
import { decodeName, fsPath } from '../../../src/model/name-bytes.ts'
import { errnoError } from './answers.ts'

const linksMax = 40

/** A local directory that is the whole world to a client: `/` is its root, and no path, `..` or link leads out of it. */
export class ServedTree {
  readonly #root: string
  readonly #start: string

  /** `start` is where relative paths begin, as the client sees it. */
  constructor(root: string, start: string) {
    this.#root = decodeName(realpathSync(fsPath(root), 'buffer')).replace(/\/$/, '')
    this.#start = posix.resolve('/', start)
  }

  get start(): string {
    return this.#start
  }

  /** The path as the client would write it in full, taken by its letters: links are not looked at. */
  absolute(path: string): string {
    return posix.resolve(this.#start, path)
  }

  /** The client's path of a local one. */
  served(local: string): string {
    return local.slice(this.#root.length) || '/'
  }

  /** The local path, none of whose directories is a link. Its last component need not exist. */
  local(path: string, options: { readonly followLast: boolean }): string {
    if (path === '') throw errnoError('ENOENT')
    const trailing = /\/\.?$/.test(path)
    let pending = components(path.startsWith('/') ? path : `${this.#start}/${path}`)
    let at = this.#root
    let links = 0
    for (let name = pending.shift(); name !== undefined; name = pending.shift()) {
      if (name === '..') {
        at = at === this.#root ? at : at.slice(0, at.lastIndexOf('/'))
        continue
      }
      const next = `${at}/${name}`
      const isLast = pending.length === 0
      const stats = lstatSync(fsPath(next), { throwIfNoEntry: false })
      if (stats?.isSymbolicLink() && (!isLast || trailing || options.followLast)) {
        links += 1
        if (links > linksMax) throw errnoError('ELOOP')
        const target = decodeName(readlinkSync(fsPath(next), 'buffer'))
        if (target.startsWith('/')) at = this.#root
        pending = [...components(target), ...pending]
        continue
      }
      if (!isLast && stats === undefined) throw errnoError('ENOENT')
      if (stats !== undefined && !stats.isDirectory() && (!isLast || trailing)) throw errnoError('ENOTDIR')
      at = next
    }
    // What does not exist keeps its slash, so that the system decides: mkdir takes it, open does not.
    return at === '' ? '/' : trailing && !lstatSync(fsPath(at), { throwIfNoEntry: false }) ? `${at}/` : at
  }
}

const components = (path: string): string[] => path.split('/').filter((name) => name !== '' && name !== '.')
