/**
 * Attributes of a remote file (draft-ietf-secsh-filexfer-02 §5), in answers and in requests. What the server did not send, or
 * what is not to be changed, is absent.
 */
export interface Attributes {
  /** Bytes. */
  readonly size?: number
  /** The protocol carries both ids or none. */
  readonly owner?: { readonly uid: number; readonly gid: number }
  /** The whole POSIX mode, file type included. */
  readonly permissions?: number
  /** Seconds since 1970, UTC; the protocol carries both or none. */
  readonly times?: { readonly atime: number; readonly mtime: number }
}

export type FileType = 'file' | 'directory' | 'symlink' | 'other'

const typeMask = 0o170000
const types = new Map<number, FileType>([
  [0o100000, 'file'],
  [0o040000, 'directory'],
  [0o120000, 'symlink'],
])

/** The kind that the mode's type bits tell; `other` also where the server sent no mode. */
export function fileType(attributes: Attributes): FileType {
  return types.get((attributes.permissions ?? 0) & typeMask) ?? 'other'
}

export const isDirectory = (attributes: Attributes): boolean => fileType(attributes) === 'directory'
export const isSymlink = (attributes: Attributes): boolean => fileType(attributes) === 'symlink'
export const isFile = (attributes: Attributes): boolean => fileType(attributes) === 'file'

/** An entry of a directory listing. */
export interface DirectoryEntry {
  readonly name: string
  readonly attributes: Attributes
}

/** statvfs@openssh.com, as POSIX fstatvfs(3) has it. */
export interface FileSystemStatistics {
  readonly blockSize: number
  readonly fragmentSize: number
  readonly blocks: bigint
  readonly blocksFree: bigint
  readonly blocksAvailable: bigint
  readonly files: bigint
  readonly filesFree: bigint
  readonly filesAvailable: bigint
  readonly fileSystemId: bigint
  readonly readOnly: boolean
  readonly noSetId: boolean
  readonly nameLengthMax: number
}
