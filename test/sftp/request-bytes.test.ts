import { describe, expect, test } from 'vitest'
import type { SftpSession } from '../../src/sftp/session.ts'
import { extensions, file, requests } from './every-request.ts'
import { openRaw, str, u32, u64, type WireRequest } from './raw-peer.ts'

describe('what a request sends', () => {
  const wire = async (ask: (session: SftpSession) => Promise<unknown>): Promise<WireRequest> => {
    const { session, peer } = await openRaw({ extensions })
    const outcome = ask(session).catch(() => undefined)
    const request = await peer.next()
    await session[Symbol.asyncDispose]()
    await outcome
    return request
  }

  test.each([
    ['open', 3, Buffer.concat([str('/a'), u32(1), u32(0)])],
    ['read', 5, Buffer.concat([str('h'), u64(0), u32(10)])],
    ['write', 6, Buffer.concat([str('h'), u64(0), str('x')])],
    ['close', 4, str('h')],
    ['lstat', 7, str('/a')],
    ['stat', 17, str('/a')],
    ['fstat', 8, str('h')],
    ['setstat', 9, Buffer.concat([str('/a'), u32(4), u32(0o644)])],
    ['lsetstat', 200, Buffer.concat([str('lsetstat@openssh.com'), str('/a'), u32(4), u32(0o644)])],
    ['fsetstat', 10, Buffer.concat([str('h'), u32(4), u32(0o644)])],
    ['opendir', 11, str('/a')],
    ['readdir', 12, str('h')],
    ['remove', 13, str('/a')],
    ['mkdir', 14, Buffer.concat([str('/a'), u32(0)])],
    ['rmdir', 15, str('/a')],
    ['realpath', 16, str('/a')],
    ['rename', 18, Buffer.concat([str('/a'), str('/b')])],
    ['posixRename', 200, Buffer.concat([str('posix-rename@openssh.com'), str('/a'), str('/b')])],
    ['readlink', 19, str('/a')],
    ['symlink', 20, Buffer.concat([str('/a'), str('/b')])],
    ['hardlink', 200, Buffer.concat([str('hardlink@openssh.com'), str('/a'), str('/b')])],
    ['statvfs', 200, Buffer.concat([str('statvfs@openssh.com'), str('/a')])],
    ['fsync', 200, Buffer.concat([str('fsync@openssh.com'), str('h')])],
    ['copyData', 200, Buffer.concat([str('copy-data'), str('h'), u64(0), u64(0), str('h'), u64(0)])],
    ['expandPath', 200, Buffer.concat([str('expand-path@openssh.com'), str('~')])],
    ['usersGroupsById', 200, Buffer.concat([str('users-groups-by-id@openssh.com'), str(u32(1)), str(u32(2))])],
  ])('%s is packet type %d with its fields in the order of the specification', async (method, type, body) => {
    const [, ask] = requests[method] ?? []
    expect(await wire((session) => ask?.(session) ?? Promise.reject())).toMatchObject({ type, body })
  })

  test.each([
    [{ read: true }, 1],
    [{ write: true }, 2],
    [{ read: true, write: true, append: true }, 7],
    [{ write: true, create: true, truncate: true }, 0x1a],
    [{ write: true, create: true, exclusive: true }, 0x2a],
  ])('open flags %o are %d', async (flags, expected) => {
    const { body } = await wire((session) => session.open('/a', flags, { permissions: 0o600 }))
    expect(body).toEqual(Buffer.concat([str('/a'), u32(expected), u32(4), u32(0o600)]))
  })

  test('a read never asks for more than the limit, a write of more is refused before it is sent', async () => {
    const { body } = await wire((session) => session.read(file, 7, 1_000_000))
    expect(body).toEqual(Buffer.concat([str('h'), u64(7), u32(32_768)]))
    const { session } = await openRaw()
    await expect(session.write(file, 0, Buffer.alloc(32_769))).rejects.toMatchObject({ code: 'bug' })
  })
})
