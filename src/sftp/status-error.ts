import { type Code, codes, FerryError } from '../errors/ferry-error.ts'
import { excerpt } from '../model/visible.ts'
import type { Subject } from './request.ts'

export const statusOk = 0
export const statusEndOfFile = 1

interface Meaning {
  readonly code: Code
  readonly reason: string
}

const meaning = (code: Code, reason: string = codes[code].title): Meaning => ({ code, reason })
const failure = meaning('operation_failed')

/**
 * Status codes of version 3 (draft-ietf-secsh-filexfer-02 §7), and from 9 on those of later versions
 * (draft-ietf-secsh-filexfer-13 §9.1), which some servers send in version 3 as well.
 */
const meanings: Readonly<Record<number, Meaning>> = {
  1: meaning('operation_failed', 'unexpected end of file'),
  2: meaning('not_found'),
  3: meaning('permission_denied'),
  4: failure,
  5: meaning('operation_failed', 'the server calls the request invalid'),
  6: meaning('connection_lost', 'the server has no connection'),
  7: meaning('connection_lost', 'the server lost its connection'),
  8: meaning('unsupported'),
  9: meaning('operation_failed', 'the server does not know the handle'),
  10: meaning('not_found', 'no such directory'),
  11: meaning('already_exists'),
  12: meaning('permission_denied', 'write protected'),
  13: meaning('operation_failed', 'no medium'),
  14: meaning('no_space'),
  15: meaning('no_space', 'quota exceeded on the server'),
  16: meaning('operation_failed', 'no such user or group'),
  17: meaning('operation_failed', 'locked by another'),
  18: meaning('not_empty'),
  19: meaning('wrong_kind', 'not a directory'),
  20: meaning('operation_failed', 'invalid file name'),
  21: meaning('operation_failed', 'too many levels of symbolic links'),
  22: meaning('permission_denied', 'may not be deleted'),
  23: meaning('operation_failed', 'invalid parameter'),
  24: meaning('wrong_kind', 'is a directory'),
}

/**
 * What servers say with a plain FAILURE, as strerror(3) has it, alone or at the end (`mkdir /a: file exists`): by this they tell
 * what version 3 has no code for.
 */
const failures = new Map([
  ['no such file or directory', meaning('not_found')],
  ['no such file', meaning('not_found')],
  ['permission denied', meaning('permission_denied')],
  ['operation not permitted', meaning('permission_denied', 'operation not permitted')],
  ['read-only file system', meaning('permission_denied', 'read-only file system')],
  ['file exists', meaning('already_exists')],
  ['directory not empty', meaning('not_empty')],
  ['no space left on device', meaning('no_space')],
  ['disk quota exceeded', meaning('no_space', 'quota exceeded on the server')],
  ['not a directory', meaning('wrong_kind', 'not a directory')],
  ['is a directory', meaning('wrong_kind', 'is a directory')],
])

/** What OpenSSH says with each code (sftp-server.c), and others after it: nothing that the code does not say. */
const plain = new Set([
  'end of file',
  'no such file',
  'no such file or directory',
  'permission denied',
  'failure',
  'bad message',
  'no connection',
  'connection lost',
  'operation unsupported',
  'operation not supported',
  'unknown error',
])

/** The error of a STATUS that is not OK: `remove /inbox/a: permission denied`, with the server's words where they say more. */
export function statusError({ title, path }: Subject, status: { code: number; message?: string }): FerryError {
  const words = excerpt(status.message ?? '')
  const normal = words.toLowerCase().replace(/\.$/, '')
  const told = status.code === 4 ? failures.get(normal.split(': ').at(-1) ?? '') : undefined
  const { code, reason } = told ??
    meanings[status.code] ?? { code: failure.code, reason: `${failure.reason} (status ${status.code})` }
  const adds = told === undefined && normal !== '' && normal !== reason && !plain.has(normal)
  return new FerryError(code, `${title}: ${reason}${adds ? `: "${words}"` : ''}`, {
    ...(path !== undefined && { path }),
  })
}

/** Whether the server's words are that no more can be open: of files, as strerror(3) has it, or of handles (Apache MINA). */
export const saysTooManyOpen = ({ message }: FerryError): boolean => /: "too many open [^"]*"$/i.test(message)
