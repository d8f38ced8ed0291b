import { FerryError } from '../errors/ferry-error.ts'
import type { Attributes, DirectoryEntry, FileSystemStatistics } from '../model/attributes.ts'
import { FieldReader } from './fields.ts'
import { owned } from './packet-buffers.ts'
import type { Answer } from './packets.ts'
import type { Reading, Subject } from './request.ts'
import type { Handle } from './session.ts'
import { statusEndOfFile, statusError, statusOk } from './status-error.ts'

/** What each kind of request makes of its answer, of which it keeps nothing: what it lies in is used again. */

export const nothing: Reading<void> = (answer, subject) => {
  if (answer.type !== 'STATUS' || answer.code !== statusOk) throw refusal(answer, 'STATUS', subject)
}

export const handle =
  (path: string): Reading<Handle> =>
  (answer, subject) => {
    if (answer.type !== 'HANDLE') throw refusal(answer, 'HANDLE', subject)
    return { id: answer.handle, path }
  }

export const attributes: Reading<Attributes> = (answer, subject) => {
  if (answer.type !== 'ATTRS') throw refusal(answer, 'ATTRS', subject)
  return answer.attributes
}

export const entries: Reading<readonly DirectoryEntry[] | null> = (answer, subject) => {
  if (isEndOfFile(answer)) return null
  if (answer.type !== 'NAME') throw refusal(answer, 'NAME', subject)
  return answer.entries
}

export const name: Reading<string> = (answer, subject) => {
  if (answer.type !== 'NAME') throw refusal(answer, 'NAME', subject)
  const [entry, ...more] = answer.entries
  if (entry !== undefined && more.length === 0) return entry.name
  throw new FerryError('protocol_error', `the server sent ${answer.entries.length} names where one is due`)
}

/** A path that can be used: not empty, without NUL. */
export const path: Reading<string> = (answer, subject) => {
  const path = name(answer, subject)
  if (path !== '' && !path.includes('\0')) return path
  throw new FerryError('protocol_error', 'the server sent an impossible path')
}

/** Of `length` bytes or less; none at all is no progress, and would be asked for again for ever. */
export const data =
  (length: number): Reading<Buffer | null> =>
  (answer, subject) => {
    if (isEndOfFile(answer)) return null
    if (answer.type !== 'DATA') throw refusal(answer, 'DATA', subject)
    if (answer.data.length > 0 && answer.data.length <= length) return owned(answer.data)
    throw new FerryError('protocol_error', `the server sent ${answer.data.length} bytes where ${length} were asked for`)
  }

/** The fields of an extension's own answer. */
export const fields =
  <T>(read: (fields: FieldReader) => T): Reading<T> =>
  (answer, subject) => {
    if (answer.type !== 'EXTENDED_REPLY') throw refusal(answer, 'EXTENDED_REPLY', subject)
    return read(new FieldReader(answer.body))
  }

/** OpenSSH's PROTOCOL, `statvfs@openssh.com`. */
export const statistics = fields((fields): FileSystemStatistics => {
  const blockSize = Number(fields.uint64())
  const fragmentSize = Number(fields.uint64())
  const [blocks, blocksFree, blocksAvailable] = [fields.uint64(), fields.uint64(), fields.uint64()]
  const [files, filesFree, filesAvailable] = [fields.uint64(), fields.uint64(), fields.uint64()]
  const fileSystemId = fields.uint64()
  const flags = fields.uint64()
  return {
    blockSize,
    fragmentSize,
    blocks,
    blocksFree,
    blocksAvailable,
    files,
    filesFree,
    filesAvailable,
    fileSystemId,
    readOnly: (flags & 1n) !== 0n,
    noSetId: (flags & 2n) !== 0n,
    nameLengthMax: Number(fields.uint64()),
  }
})

const sha256Length = 32

/** Some servers put the extension's name before the algorithm, as drafts before filexfer-extensions-00 had it. */
export const sha256 = fields((fields): Buffer => {
  const first = fields.text()
  const algorithm = first === 'check-file' ? fields.text() : first
  if (algorithm === 'sha256' && fields.left === sha256Length) return owned(fields.rest())
  throw new FerryError('protocol_error', 'the server sent no SHA-256 where one is due')
})

/** Names of as many ids as were asked for, packed into one string a kind (OpenSSH's PROTOCOL, `users-groups-by-id@openssh.com`). */
export const usersAndGroups = (users: number, groups: number): Reading<{ users: string[]; groups: string[] }> =>
  fields((fields) => ({ users: packed(fields.string(), users), groups: packed(fields.string(), groups) }))

function packed(names: Buffer, count: number): string[] {
  const fields = new FieldReader(names)
  return Array.from({ length: count }, () => fields.text())
}

const isEndOfFile = (answer: Answer): boolean => answer.type === 'STATUS' && answer.code === statusEndOfFile

/** A STATUS that is not OK is an error of the request; any other answer of the wrong kind breaks the protocol. */
function refusal(answer: Answer, due: Answer['type'], subject: Subject): FerryError {
  if (answer.type === 'STATUS' && answer.code !== statusOk) return statusError(subject, answer)
  const got = answer.type === 'STATUS' ? 'STATUS OK' : answer.type
  return new FerryError('protocol_error', `the server answered with ${got} where ${due} is due`)
}
