import fc from 'fast-check'
import { expect, test } from 'vitest'
import { codes } from '../../src/errors/ferry-error.ts'
import { statusError } from '../../src/sftp/status-error.ts'

const subject = { title: 'remove /inbox/a', path: '/inbox/a' }

test.each([
  [2, 'No such file', 'not_found', 'no such file or directory'],
  [3, 'Permission denied', 'permission_denied', 'permission denied'],
  [4, 'Failure', 'operation_failed', 'the server reported a failure'],
  [4, undefined, 'operation_failed', 'the server reported a failure'],
  [4, '', 'operation_failed', 'the server reported a failure'],
  [4, 'The moon is full', 'operation_failed', 'the server reported a failure: "The moon is full"'],
  [4, 'File exists', 'already_exists', 'already exists'],
  [4, 'remove /inbox/a: directory not empty', 'not_empty', 'directory not empty'],
  [4, 'No space left on device.', 'no_space', 'no space left on the server'],
  [4, 'Disk quota exceeded', 'no_space', 'quota exceeded on the server'],
  [4, 'Not a directory', 'wrong_kind', 'not a directory'],
  [4, 'constructor', 'operation_failed', 'the server reported a failure: "constructor"'],
  [3, 'File exists', 'permission_denied', 'permission denied: "File exists"'],
  [3, 'Only on Sundays', 'permission_denied', 'permission denied: "Only on Sundays"'],
  [5, 'Bad message', 'operation_failed', 'the server calls the request invalid'],
  [6, 'No connection', 'connection_lost', 'the server has no connection'],
  [7, 'Connection lost', 'connection_lost', 'the server lost its connection'],
  [8, 'Operation unsupported', 'unsupported', 'the server does not support this'],
  [11, 'x', 'already_exists', 'already exists: "x"'],
  [14, undefined, 'no_space', 'no space left on the server'],
  [15, undefined, 'no_space', 'quota exceeded on the server'],
  [18, undefined, 'not_empty', 'directory not empty'],
  [19, undefined, 'wrong_kind', 'not a directory'],
  [24, undefined, 'wrong_kind', 'is a directory'],
  [99, undefined, 'operation_failed', 'the server reported a failure (status 99)'],
  [4_294_967_295, 'odd', 'operation_failed', 'the server reported a failure (status 4294967295): "odd"'],
])('status %d with %j is %s: %s', (code, message, ferryCode, reason) => {
  const error = statusError(subject, { code, ...(message !== undefined && { message }) })
  expect(error).toMatchObject({
    code: ferryCode,
    message: `remove /inbox/a: ${reason}`,
    details: { path: '/inbox/a' },
  })
})

// promise: quoted-words
test('any code and any words make an error with a code of the table and a message of bounded length', () => {
  fc.assert(
    fc.property(fc.nat({ max: 0xffff_ffff }), fc.option(fc.string({ maxLength: 2000 })), (code, message) => {
      const error = statusError(subject, { code, ...(message !== null && { message }) })
      expect(codes[error.code]).toBeDefined()
      expect(error.message.startsWith('remove /inbox/a: ')).toBe(true)
      expect(error.message.length).toBeLessThan(300)
    }),
  )
})
