import {
  chmodSync,
  fsyncSync,
  lchownSync,
  linkSync,
  lstatSync,
  lutimesSync,
  readSync,
  renameSync,
  statfsSync,
  writeSync,
} from 'node:fs'
import { fsPath } from '../../../src/model/name-bytes.ts'
import { type Answer, errnoError, statusAnswer, statusCode } from './answers.ts'
import { names, type Served } from './file-requests.ts'
import type { Request } from './requests.ts'
import { string, uint64, type WireAttributes } from './wire.ts'

/** What OpenSSH's sftp-server announces, as far as it is served here (its PROTOCOL file, §4). */
export const extensionVersions = {
  'posix-rename@openssh.com': '1',
  'statvfs@openssh.com': '2',
  'hardlink@openssh.com': '1',
  'fsync@openssh.com': '1',
  'lsetstat@openssh.com': '1',
  'limits@openssh.com': '1',
  'expand-path@openssh.com': '1',
  'copy-data': '1',
  'users-groups-by-id@openssh.com': '1',
} as const satisfies Readonly<Record<string, string>>

const ok = statusAnswer(statusCode.ok)

/** Does what an extension's request asks; `undefined` where the request is none. Throws errno errors. */
export function performExtension(served: Served, request: Request): Answer | undefined {
  const { tree, handles } = served
  const itself = (path: string): string | Buffer => fsPath(tree.local(path, { followLast: false }))
  switch (request.name) {
    case 'posix-rename@openssh.com':
      renameSync(itself(request.path), itself(request.to))
      return ok
    case 'hardlink@openssh.com':
      linkSync(itself(request.path), itself(request.to))
      return ok
    case 'fsync@openssh.com':
      fsyncSync(handles.file(request.handle).fd)
      return ok
    case 'lsetstat@openssh.com':
      changeLink(itself(request.path), request.attributes)
      return ok
    case 'statvfs@openssh.com':
      return fileSystem(fsPath(tree.local(request.path, { followLast: true })))
    case 'limits@openssh.com': {
      const { packet, read, write, handles: most } = served.limits
      return reply(...[packet, read, write, most].map(uint64))
    }
    case 'expand-path@openssh.com':
      return expand(served, request.path)
    case 'copy-data':
      return copy(served, request)
    case 'users-groups-by-id@openssh.com': {
      const list = (ids: readonly number[], known: ReadonlyMap<number, string>): Buffer =>
        string(Buffer.concat(ids.map((id) => string(known.get(id) ?? ''))))
      return reply(list(request.uids, served.names.users), list(request.gids, served.names.groups))
    }
    default:
      return undefined
  }
}

const reply = (...fields: readonly Buffer[]): Answer => ({ type: 'extendedReply', payload: Buffer.concat(fields) })

function changeLink(path: string | Buffer, { size, permissions, times, owner }: WireAttributes): void {
  if (size !== undefined) throw errnoError('EINVAL')
  if (permissions !== undefined) {
    // Linux has no mode of a link to change: fchmodat(2) with AT_SYMLINK_NOFOLLOW fails.
    if (lstatSync(path).isSymbolicLink()) throw errnoError('EOPNOTSUPP')
    chmodSync(path, permissions & 0o7777)
  }
  if (times !== undefined) lutimesSync(path, times.atime, times.mtime)
  if (owner !== undefined) lchownSync(path, owner.uid, owner.gid)
}

function fileSystem(path: string | Buffer): Answer {
  const { bsize, blocks, bfree, bavail, files, ffree } = statfsSync(path)
  const nameLengthMax = 255
  return reply(...[bsize, bsize, blocks, bfree, bavail, files, ffree, ffree, 0, 0, nameLengthMax].map(uint64))
}

/** `~` is where a session starts; the server has no other homes. */
function expand({ tree }: Served, path: string): Answer {
  const home = /^~(?=\/|$)/
  if (path.startsWith('~') && !home.test(path)) {
    return { type: 'status', code: statusCode.noSuchFile, message: 'no such user' }
  }
  return names([tree.served(tree.local(path.replace(home, tree.start), { followLast: true }))])
}

function copy(served: Served, request: Extract<Request, { name: 'copy-data' }>): Answer {
  const from = served.handles.file(request.handle)
  const to = served.handles.file(request.toHandle)
  if (from === to) return statusAnswer(statusCode.failure)
  const block = Buffer.allocUnsafe(65_536)
  // A length of 0 is as far as the file goes (PROTOCOL §4.10).
  for (let done = 0; request.length === 0 || done < request.length; ) {
    const wanted = request.length === 0 ? block.length : Math.min(block.length, request.length - done)
    const count = readSync(from.fd, block, 0, wanted, request.offset + done)
    if (count === 0) break
    writeSync(to.fd, block, 0, count, to.appends ? null : request.toOffset + done)
    done += count
  }
  return ok
}
