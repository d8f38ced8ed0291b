import type { Attributes, DirectoryEntry, FileSystemStatistics } from '../model/attributes.ts'

/** How OPEN is asked (draft-ietf-secsh-filexfer-02 §6.3). */
export interface OpenFlags {
  readonly read?: boolean
  readonly write?: boolean
  readonly append?: boolean
  readonly create?: boolean
  readonly truncate?: boolean
  /** With `create`: fail where the name exists. */
  readonly exclusive?: boolean
}

/** A file or directory that the server holds open for us. */
export interface Handle {
  /** The server's opaque bytes. */
  readonly id: Buffer
  /** What was opened, for messages. */
  readonly path: string
}

/** Bytes that one packet, one read and one write may have, never 0; how many handles may be open, 0 where the server does not say. */
export interface Limits {
  readonly packet: number
  readonly read: number
  readonly write: number
  readonly handles: number
}

/**
 * SFTP version 3 and OpenSSH's extensions, nothing more. Every method is one request; it rejects with FerryError, whose message says
 * what, on what, and why, and it settles when the channel dies: no request hangs for ever. Paths are bytes as `model/name-bytes.ts`
 * has them. Every implementation passes test/contract/session-contract.ts.
 */
export interface SftpSession extends AsyncDisposable {
  /** Name and version as the server announced them. */
  readonly extensions: ReadonlyMap<string, string>
  readonly limits: Limits
  /** The shortest time in which a request was answered so far: the line's round trip, where the server is quick. */
  readonly roundTripMs: number | undefined

  open(path: string, flags: OpenFlags, attributes?: Attributes): Promise<Handle>
  /** At most `length` bytes; fewer is no end of file, `null` is. */
  read(handle: Handle, offset: number, length: number): Promise<Buffer | null>
  /** At most `limits.write` bytes, which must stay as they are until the promise settles. */
  write(handle: Handle, offset: number, data: Uint8Array): Promise<void>
  close(handle: Handle): Promise<void>

  /** Of the path itself, a link is a link, whatever the server's LSTAT makes of it. */
  lstat(path: string): Promise<Attributes>
  stat(path: string): Promise<Attributes>
  fstat(handle: Handle): Promise<Attributes>
  setstat(path: string, changes: Attributes): Promise<void>
  /** lsetstat@openssh.com: does not follow a link. */
  lsetstat(path: string, changes: Attributes): Promise<void>
  fsetstat(handle: Handle, changes: Attributes): Promise<void>

  opendir(path: string): Promise<Handle>
  /** The next batch as the server sent it, `.`, `..` and suspect names included, perhaps empty; `null` at the end. */
  readdir(handle: Handle): Promise<readonly DirectoryEntry[] | null>

  remove(path: string): Promise<void>
  mkdir(path: string, attributes?: Attributes): Promise<void>
  rmdir(path: string): Promise<void>
  realpath(path: string): Promise<string>
  /** The protocol's own RENAME; servers refuse an existing target. */
  rename(from: string, to: string): Promise<void>
  /** posix-rename@openssh.com, asked even where it is not announced: replaces an existing target in one step. */
  posixRename(from: string, to: string): Promise<void>
  readlink(path: string): Promise<string>
  /** The target is stored as it is written. OpenSSH's order on the wire (target first), not the draft's. */
  symlink(target: string, link: string): Promise<void>
  /** hardlink@openssh.com. */
  hardlink(existing: string, link: string): Promise<void>

  /** statvfs@openssh.com. */
  statvfs(path: string): Promise<FileSystemStatistics>
  /** fsync@openssh.com. */
  fsync(handle: Handle): Promise<void>
  /** copy-data; `length` 0 copies until the end of the file. The server is silent meanwhile: copy long files in parts. */
  copyData(from: Handle, fromOffset: number, length: number, to: Handle, toOffset: number): Promise<void>
  /**
   * check-file-name (draft-ietf-secsh-filexfer-extensions-00 §3): the SHA-256 of the file's first `length` bytes. The server is silent
   * meanwhile.
   */
  sha256(path: string, length: number): Promise<Buffer>
  /** expand-path@openssh.com: `~` and `~user` too. */
  expandPath(path: string): Promise<string>
  /** users-groups-by-id@openssh.com: names in the order of the ids, `''` where the server knows none. */
  usersGroupsById(
    uids: readonly number[],
    gids: readonly number[],
  ): Promise<{ users: readonly string[]; groups: readonly string[] }>
}

type Announced = Pick<SftpSession, 'extensions'>

/** Whether the server announced the extension in the version that OpenSSH's client insists on. */
export const offers = (session: Announced, extension: keyof typeof extensionVersions): boolean =>
  session.extensions.get(extension) === extensionVersions[extension]

/** Whether it is OpenSSH's own server: nobody else's has this extension. The others are asked, or found out, where they may differ. */
export const isOpenssh = (session: Announced): boolean => offers(session, 'expand-path@openssh.com')

/** Whether the server may tell hashes of files: what it announces with the name differs from one to the next. */
export const offersHashes = ({ extensions }: SftpSession): boolean =>
  extensions.has('check-file-name') || extensions.has('check-file')

export const extensionVersions = {
  'posix-rename@openssh.com': '1',
  'statvfs@openssh.com': '2',
  'hardlink@openssh.com': '1',
  'fsync@openssh.com': '1',
  'lsetstat@openssh.com': '1',
  'limits@openssh.com': '1',
  'copy-data': '1',
  'expand-path@openssh.com': '1',
  'users-groups-by-id@openssh.com': '1',
} as const
