import { BadPacket, Fields, packetType, type WireAttributes } from './wire.ts'

/** What a client asks; `name` is the draft's word in lower case, or the extension's name. */
export type Request = { readonly id: number } & (
  | { readonly name: 'init'; readonly version: number }
  | {
      readonly name: 'open'
      readonly path: string
      readonly flags: number
      readonly attributes: WireAttributes
    }
  | { readonly name: (typeof ofHandle)[number]; readonly handle: string }
  | { readonly name: 'read'; readonly handle: string; readonly offset: number; readonly length: number }
  | { readonly name: 'write'; readonly handle: string; readonly offset: number; readonly data: Buffer }
  | { readonly name: (typeof ofPath)[number]; readonly path: string }
  | { readonly name: (typeof ofPathAndAttributes)[number]; readonly path: string; readonly attributes: WireAttributes }
  | { readonly name: 'fsetstat'; readonly handle: string; readonly attributes: WireAttributes }
  | { readonly name: (typeof ofTwoPaths)[number]; readonly path: string; readonly to: string }
  | { readonly name: 'symlink'; readonly target: string; readonly path: string }
  | { readonly name: 'limits@openssh.com' }
  | {
      readonly name: 'copy-data'
      readonly handle: string
      readonly offset: number
      readonly length: number
      readonly toHandle: string
      readonly toOffset: number
    }
  | {
      readonly name: 'users-groups-by-id@openssh.com'
      readonly uids: readonly number[]
      readonly gids: readonly number[]
    }
  /** A packet type or an extension that is not known here. */
  | { readonly name: 'unknown'; readonly type: number; readonly extension?: string }
)

export type RequestName = Request['name']

const ofHandle = ['close', 'fstat', 'readdir', 'fsync@openssh.com'] as const
const ofPath = [
  'lstat',
  'stat',
  'opendir',
  'remove',
  'rmdir',
  'realpath',
  'readlink',
  'statvfs@openssh.com',
  'expand-path@openssh.com',
] as const
const ofPathAndAttributes = ['setstat', 'mkdir', 'lsetstat@openssh.com'] as const
const ofTwoPaths = ['rename', 'posix-rename@openssh.com', 'hardlink@openssh.com'] as const

const among = <T extends string>(names: readonly T[], name: string): T | undefined =>
  names.find((candidate) => candidate === name)

const typeNames = new Map<number, string>(Object.entries(packetType).map(([name, type]) => [type, name]))

/** Reads one packet without its length. Throws `BadPacket`, which carries no id: `requestId` finds it. */
export function readRequest(packet: Buffer): Request {
  const fields = new Fields(packet)
  const type = fields.uint8()
  // INIT has a version where the others have an id.
  if (type === packetType.init) return { name: 'init', id: 0, version: fields.uint32() }
  const id = fields.uint32()
  const extension = type === packetType.extended ? fields.text() : undefined
  // A plain request is none when its name comes as an extension's.
  const name = extension === undefined ? typeNames.get(type) : /@openssh\.com$|^copy-data$/.exec(extension)?.input
  const request = readFields(id, name ?? '', fields)
  if (request === undefined) return { name: 'unknown', id, type, ...(extension !== undefined && { extension }) }
  if (!fields.isEmpty()) throw new BadPacket('bytes after the last field')
  return request
}

/** The id of a packet that could not be read. */
export const requestId = (packet: Buffer): number => (packet.length >= 5 ? packet.readUInt32BE(1) : 0)

const text = (bytes: Buffer): string => bytes.toString('hex')

function readFields(id: number, name: string, fields: Fields): Request | undefined {
  const handleName = among(ofHandle, name)
  if (handleName !== undefined) return { name: handleName, id, handle: text(fields.bytes()) }
  const pathName = among(ofPath, name)
  if (pathName !== undefined) return { name: pathName, id, path: fields.text() }
  const twoName = among(ofTwoPaths, name)
  if (twoName !== undefined) return { name: twoName, id, path: fields.text(), to: fields.text() }
  const changeName = among(ofPathAndAttributes, name)
  if (changeName !== undefined) return { name: changeName, id, path: fields.text(), attributes: fields.attributes() }
  switch (name) {
    case 'open':
      return { name, id, path: fields.text(), flags: fields.uint32(), attributes: fields.attributes() }
    case 'read':
      return { name, id, handle: text(fields.bytes()), offset: fields.uint64(), length: fields.uint32() }
    case 'write':
      return { name, id, handle: text(fields.bytes()), offset: fields.uint64(), data: fields.bytes() }
    case 'fsetstat':
      return { name, id, handle: text(fields.bytes()), attributes: fields.attributes() }
    case 'symlink':
      // OpenSSH's order, not the draft's: the target comes first (its PROTOCOL §4.1).
      return { name, id, target: fields.text(), path: fields.text() }
    case 'limits@openssh.com':
      return { name, id }
    case 'copy-data':
      return {
        name,
        id,
        handle: text(fields.bytes()),
        offset: fields.uint64(),
        length: fields.uint64(),
        toHandle: text(fields.bytes()),
        toOffset: fields.uint64(),
      }
    case 'users-groups-by-id@openssh.com':
      return { name, id, uids: numbers(fields.bytes()), gids: numbers(fields.bytes()) }
    default:
      return undefined
  }
}

function numbers(bytes: Buffer): number[] {
  const fields = new Fields(bytes)
  const values: number[] = []
  while (!fields.isEmpty()) values.push(fields.uint32())
  return values
}
