import {
  chmodSync,
  chownSync,
  constants,
  fchmodSync,
  fchownSync,
  fstatSync,
  ftruncateSync,
  futimesSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readlinkSync,
  readSync,
  renameSync,
  rmdirSync,
  statSync,
  symlinkSync,
  truncateSync,
  unlinkSync,
  utimesSync,
  writeSync,
} from 'node:fs'
import { decodeName, fsPath } from '../../../src/model/name-bytes.ts'
import { type Answer, errnoError, statusAnswer, statusCode } from './answers.ts'
import type { NamesById } from './names-by-id.ts'
import type { OpenHandles } from './open-handles.ts'
import type { Request } from './requests.ts'
import type { ServedTree } from './served-tree.ts'
import { attributesOf, entryOf } from './stats.ts'
import type { WireAttributes } from './wire.ts'

/** 0 is no limit. */
export interface ServerLimits {
  readonly packet: number
  readonly read: number
  readonly write: number
  readonly handles: number
}

/** What requests work on. */
export interface Served {
  readonly tree: ServedTree
  readonly handles: OpenHandles
  readonly names: NamesById
  readonly limits: ServerLimits
  /** Entries in an answer to READDIR. */
  readonly batch: number
}

/** Does what the draft's own requests ask, as sftp-server does it; `undefined` where the request is an extension's. Throws errno errors. */
export function performFileRequest(served: Served, request: Request): Answer | undefined {
  const { tree, handles } = served
  const follow = (path: string): string | Buffer => fsPath(tree.local(path, { followLast: true }))
  const itself = (path: string): string | Buffer => fsPath(tree.local(path, { followLast: false }))
  switch (request.name) {
    case 'open':
      return open(served, request)
    case 'close':
      handles.close(request.handle)
      return ok
    case 'read':
      return read(served, request)
    case 'write': {
      const { fd, appends } = handles.file(request.handle)
      for (let at = 0; at < request.data.length; ) {
        at += writeSync(fd, request.data, at, request.data.length - at, appends ? null : request.offset + at)
      }
      return ok
    }
    case 'lstat':
      return { type: 'attributes', attributes: attributesOf(lstatSync(itself(request.path))) }
    case 'stat':
      return { type: 'attributes', attributes: attributesOf(statSync(follow(request.path))) }
    case 'fstat':
      return { type: 'attributes', attributes: attributesOf(fstatSync(handles.file(request.handle).fd)) }
    case 'setstat':
      changePath(follow(request.path), request.attributes)
      return ok
    case 'fsetstat':
      changeFile(handles.file(request.handle).fd, request.attributes)
      return ok
    case 'opendir': {
      handles.assertRoom()
      const names = readdirSync(follow(request.path), 'buffer').map((name) => decodeName(name))
      const path = tree.served(tree.local(request.path, { followLast: true }))
      return { type: 'handle', handle: handles.add({ kind: 'directory', path, names: ['.', '..', ...names] }) }
    }
    case 'readdir':
      return readBatch(served, request.handle)
    case 'remove':
      unlinkSync(itself(request.path))
      return ok
    case 'mkdir':
      mkdirSync(itself(request.path), { mode: (request.attributes.permissions ?? 0o777) & 0o7777 })
      return ok
    case 'rmdir':
      rmdirSync(itself(request.path))
      return ok
    case 'realpath':
      return names([tree.served(tree.local(request.path === '' ? '.' : request.path, { followLast: true }))])
    case 'rename':
      return rename(itself(request.path), itself(request.to))
    case 'readlink':
      return names([decodeName(readlinkSync(itself(request.path), 'buffer'))])
    case 'symlink':
      symlinkSync(fsPath(request.target), itself(request.path))
      return ok
    default:
      return undefined
  }
}

const ok = statusAnswer(statusCode.ok)
const endOfFile = statusAnswer(statusCode.eof)

/** Names with the empty attributes that REALPATH and READLINK carry (draft §6.11). */
export const names = (list: readonly string[]): Answer => ({ type: 'name', entries: list.map((name) => ({ name })) })

/** Draft §6.3. */
const openFlag = { read: 1, write: 2, append: 4, create: 8, truncate: 16, exclusive: 32 } as const

function open(served: Served, request: Extract<Request, { name: 'open' }>): Answer {
  served.handles.assertRoom()
  const has = (bit: number): boolean => (request.flags & bit) !== 0
  const access = has(openFlag.write) ? (has(openFlag.read) ? constants.O_RDWR : constants.O_WRONLY) : constants.O_RDONLY
  const exclusive = has(openFlag.create) && has(openFlag.exclusive)
  const flags =
    access |
    (has(openFlag.append) ? constants.O_APPEND : 0) |
    (has(openFlag.create) ? constants.O_CREAT : 0) |
    (has(openFlag.truncate) ? constants.O_TRUNC : 0) |
    (exclusive ? constants.O_EXCL : 0) |
    // Nobody may hang this process with a FIFO.
    constants.O_NONBLOCK
  const local = served.tree.local(request.path, { followLast: !exclusive })
  const fd = openSync(fsPath(local), flags, (request.attributes.permissions ?? 0o666) & 0o7777)
  const path = served.tree.served(local)
  return { type: 'handle', handle: served.handles.add({ kind: 'file', fd, path, appends: has(openFlag.append) }) }
}

function read(served: Served, request: Extract<Request, { name: 'read' }>): Answer {
  const { fd } = served.handles.file(request.handle)
  const most = served.limits.read === 0 ? request.length : Math.min(request.length, served.limits.read)
  const data = Buffer.allocUnsafe(most)
  const count = readSync(fd, data, 0, most, request.offset)
  return count === 0 && request.length > 0 ? endOfFile : { type: 'data', data: data.subarray(0, count) }
}

function readBatch(served: Served, handle: string): Answer {
  const directory = served.handles.directory(handle)
  const batch = directory.names.splice(0, served.batch)
  if (batch.length === 0) return endOfFile
  const entries = batch.flatMap((name) => {
    const path = served.tree.local(name === '..' ? `${directory.path}/..` : `${directory.path}/${name}`, {
      followLast: false,
    })
    const stats = lstatSync(fsPath(path), { throwIfNoEntry: false })
    return stats === undefined ? [] : [entryOf(name, stats, served.names)]
  })
  return { type: 'name', entries }
}

/** The draft wants an error where the new name exists (§6.5), unlike rename(2). */
function rename(from: string | Buffer, to: string | Buffer): Answer {
  lstatSync(from)
  if (lstatSync(to, { throwIfNoEntry: false }) !== undefined) throw errnoError('EEXIST')
  renameSync(from, to)
  return ok
}

function changePath(path: string | Buffer, { size, permissions, times, owner }: WireAttributes): void {
  if (size !== undefined) truncateSync(path, Number(size))
  if (permissions !== undefined) chmodSync(path, permissions & 0o7777)
  if (times !== undefined) utimesSync(path, times.atime, times.mtime)
  if (owner !== undefined) chownSync(path, owner.uid, owner.gid)
}

function changeFile(fd: number, { size, permissions, times, owner }: WireAttributes): void {
  if (size !== undefined) ftruncateSync(fd, Number(size))
  if (permissions !== undefined) fchmodSync(fd, permissions & 0o7777)
  if (times !== undefined) futimesSync(fd, times.atime, times.mtime)
  if (owner !== undefined) fchownSync(fd, owner.uid, owner.gid)
}
