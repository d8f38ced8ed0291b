import { attributes, frame, packetType, string, uint32, type WireAttributes, type WireName } from './wire.ts'

export interface NamedEntry {
  readonly name: WireName
  readonly longname?: WireName
  readonly attributes?: WireAttributes
}

/** What a server may say. Everything is free to be a lie. */
export type Answer =
  | {
      readonly type: 'version'
      readonly version: number
      readonly extensions: readonly (readonly [name: string, version: string])[]
    }
  /** Without message the packet ends after the code, as servers of older drafts send it. */
  | { readonly type: 'status'; readonly code: number; readonly message?: WireName }
  | { readonly type: 'handle'; readonly handle: Uint8Array }
  | { readonly type: 'data'; readonly data: Uint8Array }
  /** `count` is what the packet claims where that is not the number of its entries. */
  | { readonly type: 'name'; readonly entries: readonly NamedEntry[]; readonly count?: number }
  | { readonly type: 'attributes'; readonly attributes: WireAttributes }
  | { readonly type: 'extendedReply'; readonly payload: Uint8Array }

/** The packet of an answer, its length included. */
export function encodeAnswer(id: number, answer: Answer): Buffer {
  const type = packetType[answer.type]
  if (answer.type !== 'version') return frame(type, uint32(id), ...answerFields(answer))
  const pairs = answer.extensions.flatMap(([name, version]) => [string(name), string(version)])
  return frame(type, uint32(answer.version), ...pairs)
}

function answerFields(answer: Exclude<Answer, { type: 'version' }>): Uint8Array[] {
  switch (answer.type) {
    case 'status':
      return [uint32(answer.code), ...(answer.message === undefined ? [] : [string(answer.message), string('')])]
    case 'handle':
      return [string(answer.handle)]
    case 'data':
      return [string(answer.data)]
    case 'name':
      return [
        uint32(answer.count ?? answer.entries.length),
        ...answer.entries.flatMap((entry) => [
          string(entry.name),
          string(entry.longname ?? entry.name),
          attributes(entry.attributes ?? {}),
        ]),
      ]
    case 'attributes':
      return [attributes(answer.attributes)]
    case 'extendedReply':
      return [answer.payload]
  }
}

/** draft-ietf-secsh-filexfer-02 §7. */
export const statusCode = {
  ok: 0,
  eof: 1,
  noSuchFile: 2,
  permissionDenied: 3,
  failure: 4,
  badMessage: 5,
  noConnection: 6,
  connectionLost: 7,
  unsupported: 8,
} as const

/** As sftp-server words them. */
const messages = [
  'Success',
  'End of file',
  'No such file',
  'Permission denied',
  'Failure',
  'Bad message',
  'No connection',
  'Connection lost',
  'Operation unsupported',
]

export const statusAnswer = (code: number): Answer => ({ type: 'status', code, message: messages[code] ?? '' })

/** What sftp-server makes of an errno (its errno_to_portable). */
const codesOfErrno: Readonly<Record<string, number>> = {
  ENOENT: statusCode.noSuchFile,
  ENOTDIR: statusCode.noSuchFile,
  EBADF: statusCode.noSuchFile,
  ELOOP: statusCode.noSuchFile,
  EPERM: statusCode.permissionDenied,
  EACCES: statusCode.permissionDenied,
  EFAULT: statusCode.permissionDenied,
  ENAMETOOLONG: statusCode.badMessage,
  EINVAL: statusCode.badMessage,
  ERR_INVALID_ARG_VALUE: statusCode.badMessage,
  ENOSYS: statusCode.unsupported,
}

export function errorAnswer(error: unknown): Answer {
  const errno = error instanceof Error && 'code' in error ? String(error.code) : ''
  return statusAnswer(codesOfErrno[errno] ?? statusCode.failure)
}

/** An error that `errorAnswer` reads as the operating system's. */
export const errnoError = (errno: string): Error => Object.assign(new Error(errno), { code: errno })
