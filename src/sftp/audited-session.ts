import type { Audit } from '../audit/audit.ts'
import type { Change, Made } from '../audit/audit-entry.ts'
import type { Attributes, DirectoryEntry, FileSystemStatistics } from '../model/attributes.ts'
import { octal } from '../model/mode.ts'
import type { Handle, Limits, OpenFlags, SftpSession } from './session.ts'

/** A change that is recorded as one operation, though it takes several requests, or none. */
type Operation = Omit<Change, 'side'> & { readonly side?: 'remote' | 'local' }

/**
 * A session whose every request that changes something is recorded: the one place through which all changes on a server pass. What
 * takes several requests and is one operation for its user, such as an upload, is done with `asOneChange`.
 */
export class AuditedSession implements SftpSession {
  readonly extensions: ReadonlyMap<string, string>
  readonly limits: Limits
  readonly audit: Audit
  /** The same without records. */
  readonly inner: SftpSession

  constructor(inner: SftpSession, audit: Audit) {
    this.extensions = inner.extensions
    this.limits = inner.limits
    this.audit = audit
    this.inner = inner
  }

  get roundTripMs(): number | undefined {
    return this.inner.roundTripMs
  }

  open(path: string, flags: OpenFlags, attributes?: Attributes): Promise<Handle> {
    const request = (): Promise<Handle> => this.inner.open(path, flags, attributes)
    return flags.write || flags.append || flags.create || flags.truncate
      ? this.#change({ operation: 'write', path }, request)
      : request()
  }

  setstat(path: string, changes: Attributes): Promise<void> {
    return this.#change(attributesChange(path, changes), () => this.inner.setstat(path, changes))
  }

  lsetstat(path: string, changes: Attributes): Promise<void> {
    return this.#change(attributesChange(path, changes), () => this.inner.lsetstat(path, changes))
  }

  fsetstat(handle: Handle, changes: Attributes): Promise<void> {
    return this.#change(attributesChange(handle.path, changes), () => this.inner.fsetstat(handle, changes))
  }

  remove(path: string): Promise<void> {
    return this.#change({ operation: 'delete', path }, () => this.inner.remove(path))
  }

  mkdir(path: string, attributes?: Attributes): Promise<void> {
    return this.#change({ operation: 'mkdir', path }, () => this.inner.mkdir(path, attributes))
  }

  rmdir(path: string): Promise<void> {
    return this.#change({ operation: 'delete', path }, () => this.inner.rmdir(path))
  }

  rename(from: string, to: string): Promise<void> {
    return this.#change({ operation: 'rename', path: to, from }, () => this.inner.rename(from, to))
  }

  posixRename(from: string, to: string): Promise<void> {
    return this.#change({ operation: 'rename', path: to, from }, () => this.inner.posixRename(from, to))
  }

  symlink(target: string, link: string): Promise<void> {
    return this.#change({ operation: 'symlink', path: link, target }, () => this.inner.symlink(target, link))
  }

  hardlink(existing: string, link: string): Promise<void> {
    return this.#change({ operation: 'hardlink', path: link, from: existing }, () =>
      this.inner.hardlink(existing, link),
    )
  }

  write(handle: Handle, offset: number, data: Uint8Array): Promise<void> {
    return this.inner.write(handle, offset, data)
  }

  copyData(from: Handle, fromOffset: number, length: number, to: Handle, toOffset: number): Promise<void> {
    return this.inner.copyData(from, fromOffset, length, to, toOffset)
  }

  read(handle: Handle, offset: number, length: number): Promise<Buffer | null> {
    return this.inner.read(handle, offset, length)
  }

  close(handle: Handle): Promise<void> {
    return this.inner.close(handle)
  }

  lstat(path: string): Promise<Attributes> {
    return this.inner.lstat(path)
  }

  stat(path: string): Promise<Attributes> {
    return this.inner.stat(path)
  }

  fstat(handle: Handle): Promise<Attributes> {
    return this.inner.fstat(handle)
  }

  opendir(path: string): Promise<Handle> {
    return this.inner.opendir(path)
  }

  readdir(handle: Handle): Promise<readonly DirectoryEntry[] | null> {
    return this.inner.readdir(handle)
  }

  realpath(path: string): Promise<string> {
    return this.inner.realpath(path)
  }

  readlink(path: string): Promise<string> {
    return this.inner.readlink(path)
  }

  statvfs(path: string): Promise<FileSystemStatistics> {
    return this.inner.statvfs(path)
  }

  fsync(handle: Handle): Promise<void> {
    return this.inner.fsync(handle)
  }

  sha256(path: string, length: number): Promise<Buffer> {
    return this.inner.sha256(path, length)
  }

  expandPath(path: string): Promise<string> {
    return this.inner.expandPath(path)
  }

  usersGroupsById(
    uids: readonly number[],
    gids: readonly number[],
  ): Promise<{ users: readonly string[]; groups: readonly string[] }> {
    return this.inner.usersGroupsById(uids, gids)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.inner[Symbol.asyncDispose]()
  }

  #change<T>(change: Omit<Change, 'side'>, request: () => Promise<T>): Promise<T> {
    return this.audit.around({ side: 'remote', ...change }, request)
  }
}

/**
 * Does what is one operation for its user, on the server or on this machine. Only where changes are recorded is `change` looked at, and
 * does `work` get, besides the session to do it with, what it may tell of the file that it makes: hashing costs nothing else.
 */
export function asOneChange<T>(
  session: SftpSession,
  change: Operation | (() => Operation),
  work: (session: SftpSession, made: Made | undefined) => Promise<T>,
): Promise<T> {
  if (!(session instanceof AuditedSession)) return work(session, undefined)
  const operation = typeof change === 'function' ? change() : change
  return session.audit.around({ side: 'remote', ...operation }, (made) => work(session.inner, made))
}

/** The same for a change of this machine that is made at once. */
export function asLocalChange<T>(session: SftpSession, change: Omit<Change, 'side'>, work: () => T): T {
  return session instanceof AuditedSession ? session.audit.at({ side: 'local', ...change }, work) : work()
}

function attributesChange(path: string, { permissions, owner, times, size }: Attributes): Omit<Change, 'side'> {
  const others = times !== undefined || size !== undefined
  const isOne = !others && (permissions === undefined) !== (owner === undefined)
  return {
    operation: !isOne ? 'set_attributes' : permissions === undefined ? 'chown' : 'chmod',
    path,
    ...(permissions !== undefined && { mode: octal(permissions) }),
    ...(owner !== undefined && { owner: `${owner.uid}:${owner.gid}` }),
  }
}
