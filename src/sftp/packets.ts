import { FerryError } from '../errors/ferry-error.ts'
import type { Attributes, DirectoryEntry } from '../model/attributes.ts'
import { attributeFields, readAttributes } from './attribute-fields.ts'
import { FieldReader, string, text, uint32, uint64, writeUint64 } from './fields.ts'

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

/** A whole packet, its length included. */
export function requestPacket(type: number, id: number, fields: readonly Field[]): Buffer {
  const packet = Buffer.concat([Buffer.allocUnsafe(9), ...fields.map(encodeField)])
  writeHead(packet, type, id, packet.length - 4)
  return packet
}

function encodeField(field: Field): Buffer {
  if (typeof field === 'string') return text(field)
  if (typeof field === 'number') return uint32(field)
  if (field instanceof Uint8Array) return string(field)
  return 'uint64' in field ? uint64(field.uint64) : attributeFields(field)
}

/** Ids of users or of groups, as one field (OpenSSH's PROTOCOL, `users-groups-by-id@openssh.com`). */
export const packedIds = (ids: readonly number[]): Field => Buffer.concat(ids.map(uint32))

export function readPacket(id: number, handle: Uint8Array, offset: number, length: number): Buffer {
  const packet = Buffer.allocUnsafe(25 + handle.length)
  const at = writeTransfer(packet, requestType.read, id, packet.length - 4, handle, offset)
  packet.writeUInt32BE(length, at)
  return packet
}

/** All of a WRITE but its data, which goes to the channel from where it lies. */
export function writePacketHead(id: number, handle: Uint8Array, offset: number, dataLength: number): Buffer {
  const packet = Buffer.allocUnsafe(25 + handle.length)
  const at = writeTransfer(packet, requestType.write, id, packet.length - 4 + dataLength, handle, offset)
  packet.writeUInt32BE(dataLength, at)
  return packet
}

/** READ and WRITE begin alike; gives where the last field goes. */
function writeTransfer(
  packet: Buffer,
  type: number,
  id: number,
  length: number,
  handle: Uint8Array,
  offset: number,
): number {
  writeHead(packet, type, id, length)
  packet.writeUInt32BE(handle.length, 9)
  packet.set(handle, 13)
  writeUint64(packet, offset, 13 + handle.length)
  return 21 + handle.length
}

function writeHead(packet: Buffer, type: number, id: number, length: number): void {
  packet.writeUInt32BE(length)
  packet.writeUInt8(type, 4)
  packet.writeUInt32BE(id, 5)
}

/** INIT carries the version where other packets carry an id (§4). */
export const initPacket = (): Buffer => requestPacket(requestType.init, protocolVersion, [])

/** VERSION, the only answer to INIT, as a packet without its length. */
export function decodeVersion(packet: Buffer): Version {
  if (packet[0] !== answerType.version) {
    throw new FerryError('protocol_error', `the server began with a packet of type ${packet[0]} instead of its version`)
  }
  const fields = new FieldReader(packet, 1)
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
 * An answer, as a packet without its length. Data and bodies are views of the packet. Bytes after the last field are ignored, as
 * OpenSSH's client does.
 */
export function decodeAnswer(packet: Buffer): Answer {
  const fields = new FieldReader(packet, 1)
  const id = fields.uint32()
  switch (packet[0]) {
    case answerType.data:
      return { type: 'DATA', id, data: fields.string() }
    case answerType.status:
      return { type: 'STATUS', id, code: fields.uint32(), ...statusMessage(fields) }
    case answerType.handle:
      return { type: 'HANDLE', id, handle: decodeHandle(fields) }
    case answerType.attrs:
      return { type: 'ATTRS', id, attributes: readAttributes(fields) }
    case answerType.name:
      return { type: 'NAME', id, entries: decodeEntries(fields) }
    case answerType.extended:
      return { type: 'EXTENDED_REPLY', id, body: packet.subarray(5) }
    default:
      throw new FerryError('protocol_error', `the server sent a packet of type ${packet[0]}, which is no answer`)
  }
}

/** Servers of older versions send no message. The language tag says nothing worth reading. */
const statusMessage = (fields: FieldReader): { message?: string } =>
  fields.left === 0 ? {} : { message: fields.text() }

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
