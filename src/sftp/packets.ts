import { FerryError } from '../errors/ferry-error.ts'
import type { Attributes, DirectoryEntry } from '../model/attributes.ts'
import { readAttributes, writeAttributes } from './attribute-fields.ts'
import { FieldReader, FieldWriter } from './fields.ts'
import { statusOk } from './status-error.ts'

/** The version that ferry speaks: what every server has, and the last that OpenSSH has. */
export const protocolVersion = 3

/** draft-ietf-secsh-filexfer-02 §3. */
export const requestType = {
  init: 1,
  open: 3,
  close: 4,
  read: 5,
  write: 6,
  lstat: 7,
  fstat: 8,
  setstat: 9,
  fsetstat: 10,
  opendir: 11,
  readdir: 12,
  remove: 13,
  mkdir: 14,
  rmdir: 15,
  realpath: 16,
  stat: 17,
  rename: 18,
  readlink: 19,
  symlink: 20,
  extended: 200,
} as const

const answerType = { version: 2, status: 101, handle: 102, data: 103, name: 104, attrs: 105, extended: 201 } as const

/** §6.1: "The length of the handle string MUST NOT exceed 256 data bytes." */
const handleLengthMax = 256

export type Answer =
  | { readonly type: 'STATUS'; readonly id: number; readonly code: number; readonly message?: string }
  | { readonly type: 'HANDLE'; readonly id: number; readonly handle: Buffer }
  | { readonly type: 'DATA'; readonly id: number; readonly data: Buffer }
  | { readonly type: 'NAME'; readonly id: number; readonly entries: readonly DirectoryEntry[] }
  | { readonly type: 'ATTRS'; readonly id: number; readonly attributes: Attributes }
  | { readonly type: 'EXTENDED_REPLY'; readonly id: number; readonly body: Buffer }

export interface Version {
  readonly version: number
  readonly extensions: ReadonlyMap<string, string>
}

/** What a request is made of: text is a path or a name, bytes are a string, a plain number has 32 bits. */
export type Field = string | Uint8Array | number | { readonly uint64: number } | Attributes

/** A whole packet, its length included. `payloadBytes` follow it that are its last field, a string, and go to the channel from where they lie. */
export function writePacket(
  to: FieldWriter,
  type: number,
  id: number,
  fields: readonly Field[],
  payloadBytes?: number,
): void {
  const start = to.reserve()
  to.uint8(type)
  to.uint32(id)
  for (const field of fields) writeField(to, field)
  if (payloadBytes !== undefined) to.uint32(payloadBytes)
  to.fill(start, to.length - start - 4 + (payloadBytes ?? 0))
}

function writeField(to: FieldWriter, field: Field): void {
  if (typeof field === 'string') to.text(field)
  else if (typeof field === 'number') to.uint32(field)
  else if (field instanceof Uint8Array) to.string(field)
  else if ('uint64' in field) to.uint64(field.uint64)
  else writeAttributes(to, field)
}

/** Ids of users or of groups, as one field (OpenSSH's PROTOCOL, `users-groups-by-id@openssh.com`). */
export function packedIds(ids: readonly number[]): Field {
  const packed = new FieldWriter()
  for (const id of ids) packed.uint32(id)
  return packed.view()
}

/** INIT carries the version where other packets carry an id (§4). */
export function initPacket(): Buffer {
  const packet = new FieldWriter()
  writePacket(packet, requestType.init, protocolVersion, [])
  return packet.view()
}

/** VERSION, the only answer to INIT, as a packet without its length, which `bytes` hold from `start` to `end`. */
export function decodeVersion(bytes: Buffer, start = 0, end = bytes.length): Version {
  if (bytes[start] !== answerType.version) {
    throw new FerryError(
      'protocol_error',
      `the server began with a packet of type ${bytes[start]} instead of its version`,
    )
  }
  const fields = new FieldReader(bytes, start + 1, end)
  const version = fields.uint32()
  const extensions = new Map<string, string>()
  // Only version 3 is known to have name and value pairs here.
  while (version === protocolVersion && fields.left > 0) {
    const name = fields.text()
    const value = fields.text()
    if (!extensions.has(name)) extensions.set(name, value)
  }
  return { version, extensions }
}

/**
 * An answer, as a packet without its length, which `bytes` hold from `start` to `end`. Data and bodies are views of them. Bytes after
 * the last field are ignored, as OpenSSH's client does.
 */
export function decodeAnswer(bytes: Buffer, start = 0, end = bytes.length): Answer {
  const fields = new FieldReader(bytes, start + 1, end)
  const id = fields.uint32()
  switch (bytes[start]) {
    case answerType.data:
      return { type: 'DATA', id, data: fields.string() }
    case answerType.status:
      return decodeStatus(id, fields)
    case answerType.handle:
      return { type: 'HANDLE', id, handle: decodeHandle(fields) }
    case answerType.attrs:
      return { type: 'ATTRS', id, attributes: readAttributes(fields) }
    case answerType.name:
      return { type: 'NAME', id, entries: decodeEntries(fields) }
    case answerType.extended:
      return { type: 'EXTENDED_REPLY', id, body: fields.rest() }
    default:
      throw new FerryError('protocol_error', `the server sent a packet of type ${bytes[start]}, which is no answer`)
  }
}

/** Servers of older versions send no message. The language tag says nothing worth reading, and neither does the message of a success. */
function decodeStatus(id: number, fields: FieldReader): Answer {
  const code = fields.uint32()
  if (fields.left === 0) return { type: 'STATUS', id, code }
  if (code !== statusOk) return { type: 'STATUS', id, code, message: fields.text() }
  fields.skipString()
  return { type: 'STATUS', id, code }
}

function decodeHandle(fields: FieldReader): Buffer {
  const handle = fields.string()
  if (handle.length > handleLengthMax) {
    throw new FerryError('protocol_error', `the server sent a handle of ${handle.length} bytes`)
  }
  // Handles live long, and a view would keep the whole packet.
  return Buffer.from(handle)
}

function decodeEntries(fields: FieldReader): DirectoryEntry[] {
  const entries: DirectoryEntry[] = []
  // Two empty strings and no attributes take 12 bytes.
  for (let left = fields.count(12); left > 0; left -= 1) {
    const name = fields.text()
    // The long name is made for eyes, has no grammar (§7), and is not read.
    fields.skipString()
    entries.push({ name, attributes: readAttributes(fields) })
  }
  return entries
}
