import { FerryError } from '../errors/ferry-error.ts'
import type { Attributes, DirectoryEntry, FileSystemStatistics } from '../model/attributes.ts'
import { resolveRemote } from '../model/remote-path.ts'
import type { Channel } from '../ssh/transport.ts'
import * as answers from './answers.ts'
import type { Exchange } from './exchange.ts'
import { HandleRoom, type Opening } from './handle-room.ts'
import { linkItself } from './link-itself.ts'
import { type Field, packedIds, requestType } from './packets.ts'
import { about, type Reading, type Subject } from './request.ts'
import {
  type extensionVersions,
  type Handle,
  isOpenssh,
  type Limits,
  type OpenFlags,
  offers,
  offersHashes,
  type SftpSession,
} from './session.ts'

/** What a session works over. `onScarce` is told how many handles the server allows, where it does not say. */
interface Line {
  readonly channel: Channel
  readonly exchange: Exchange
  readonly onScarce: (most: number) => void
}

type Extension = keyof typeof extensionVersions

/** A session over a channel: every method is one request. `openSession` makes it. */
export class ChannelSession implements SftpSession {
  readonly extensions: ReadonlyMap<string, string>
  readonly limits: Limits
  readonly #channel: Channel
  readonly #exchange: Exchange
  /** Where the server does not say how many handles it allows; else those who open many heed what it says. */
  readonly #room: HandleRoom | undefined
  /** Written to at the end, where the server's idea of it counts: the same WRITE twice could be there twice. */
  readonly #appending = new WeakSet<Handle>()
  #start: string | undefined

  constructor(
    { channel, exchange, onScarce }: Line,
    { extensions, limits }: Pick<SftpSession, 'extensions' | 'limits'>,
  ) {
    this.#channel = channel
    this.#exchange = exchange
    this.extensions = extensions
    this.limits = limits
    this.#room = limits.handles > 0 ? undefined : this.#newRoom(onScarce)
  }

  get roundTripMs(): number | undefined {
    return this.#exchange.roundTripMs
  }

  open(path: string, flags: OpenFlags, attributes: Attributes = {}): Promise<Handle> {
    const fields = [path, pflags(flags), attributes]
    const asked = this.#opened(on('open', path), path, requestType.open, fields)
    return flags.append ? asked.then((handle) => this.#remember(handle)) : asked
  }

  read({ id, path }: Handle, offset: number, length: number): Promise<Buffer | null> {
    const most = Math.min(length, this.limits.read)
    const fields = [id, { uint64: offset }, most]
    return this.#request(on('read', path), requestType.read, fields, answers.data(most))
  }

  write(to: Handle, offset: number, data: Uint8Array): Promise<void> {
    const subject = on('write', to.path)
    const { write, packet } = this.limits
    if (data.length > write) {
      const error = new FerryError('bug', `${data.length} bytes at once, the server takes ${write}`)
      return Promise.reject(about(subject, error))
    }
    return this.#exchange.request({
      subject,
      type: requestType.write,
      fields: [to.id, { uint64: offset }],
      payload: data,
      bytesMax: packet,
      read: answers.nothing,
      mayRepeat: !this.#appending.has(to),
    })
  }

  close(handle: Handle): Promise<void> {
    return this.#room === undefined ? this.#close(handle) : this.#room.close(handle)
  }

  lstat(path: string): Promise<Attributes> {
    const asked = this.#request(on('stat', path), requestType.lstat, [path], answers.attributes)
    if (isOpenssh(this)) return asked
    return linkItself(asked, this.#readlink(path, false))
  }

  stat(path: string): Promise<Attributes> {
    return this.#request(on('stat', path), requestType.stat, [path], answers.attributes)
  }

  fstat({ id, path }: Handle): Promise<Attributes> {
    return this.#request(on('stat', path), requestType.fstat, [id], answers.attributes)
  }

  setstat(path: string, changes: Attributes): Promise<void> {
    return this.#request(on('set attributes of', path), requestType.setstat, [path, changes], answers.nothing)
  }

  lsetstat(path: string, changes: Attributes): Promise<void> {
    return this.#extended(on('set attributes of', path), 'lsetstat@openssh.com', [path, changes], answers.nothing)
  }

  fsetstat({ id, path }: Handle, changes: Attributes): Promise<void> {
    return this.#request(on('set attributes of', path), requestType.fsetstat, [id, changes], answers.nothing)
  }

  opendir(path: string): Promise<Handle> {
    return this.#opened(on('list', path), path, requestType.opendir, [path])
  }

  readdir(handle: Handle): Promise<readonly DirectoryEntry[] | null> {
    return this.#room === undefined ? this.#readdir(handle) : this.#room.readdir(handle)
  }

  remove(path: string): Promise<void> {
    return this.#request(on('remove', path), requestType.remove, [path], answers.nothing)
  }

  mkdir(path: string, attributes: Attributes = {}): Promise<void> {
    return this.#request(on('mkdir', path), requestType.mkdir, [path, attributes], answers.nothing)
  }

  rmdir(path: string): Promise<void> {
    return this.#request(on('rmdir', path), requestType.rmdir, [path], answers.nothing)
  }

  realpath(path: string): Promise<string> {
    return this.#request(on('resolve', path), requestType.realpath, [path], answers.path)
  }

  rename(from: string, to: string): Promise<void> {
    return this.#request(onTwo('rename', from, to), requestType.rename, [from, to], answers.nothing)
  }

  posixRename(from: string, to: string): Promise<void> {
    // Some servers know it and do not say so (Paramiko); the others answer that they do not.
    const fields = ['posix-rename@openssh.com', from, to]
    return this.#request(onTwo('rename', from, to), requestType.extended, fields, answers.nothing)
  }

  async readlink(path: string): Promise<string> {
    if (path.startsWith('/') || isOpenssh(this)) return this.#readlink(path)
    // To a relative path some put the link's directory before a relative target, which then leads astray (ProFTPD's mod_sftp).
    this.#start ??= await this.realpath('.')
    return this.#readlink(resolveRemote(this.#start, path))
  }

  /** Most that LSTAT asks about are no links: that refusal is no sign of a server that takes one request at a time. */
  #readlink(path: string, mayRepeat = true): Promise<string> {
    return this.#request(on('read link', path), requestType.readlink, [path], answers.name, mayRepeat)
  }

  symlink(target: string, link: string): Promise<void> {
    return this.#request(onTwo('symlink', target, link), requestType.symlink, [target, link], answers.nothing)
  }

  hardlink(existing: string, link: string): Promise<void> {
    return this.#extended(onTwo('hardlink', existing, link), 'hardlink@openssh.com', [existing, link], answers.nothing)
  }

  statvfs(path: string): Promise<FileSystemStatistics> {
    return this.#extended(on('statvfs', path), 'statvfs@openssh.com', [path], answers.statistics)
  }

  fsync({ id, path }: Handle): Promise<void> {
    return this.#extended(on('fsync', path), 'fsync@openssh.com', [id], answers.nothing)
  }

  copyData(from: Handle, fromOffset: number, length: number, to: Handle, toOffset: number): Promise<void> {
    const fields = [from.id, { uint64: fromOffset }, { uint64: length }, to.id, { uint64: toOffset }]
    return this.#extended(onTwo('copy', from.path, to.path), 'copy-data', fields, answers.nothing)
  }

  async sha256(path: string, length: number): Promise<Buffer> {
    const subject = on('hash', path)
    if (offersHashes(this)) {
      const fields = ['check-file-name', path, 'sha256', { uint64: 0 }, { uint64: length }, 0]
      return this.#request(subject, requestType.extended, fields, answers.sha256)
    }
    throw about(subject, new FerryError('unsupported', 'the server does not support check-file-name'))
  }

  expandPath(path: string): Promise<string> {
    return this.#extended(on('resolve', path), 'expand-path@openssh.com', [path], answers.path)
  }

  usersGroupsById(
    uids: readonly number[],
    gids: readonly number[],
  ): Promise<{ users: readonly string[]; groups: readonly string[] }> {
    const subject = { title: 'look up users and groups' }
    const fields = [packedIds(uids), packedIds(gids)]
    const read = answers.usersAndGroups(uids.length, gids.length)
    return this.#extended(subject, 'users-groups-by-id@openssh.com', fields, read)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#exchange.end()
    await this.#channel.close()
  }

  #newRoom(onScarce: Line['onScarce']): HandleRoom {
    const requests = {
      openOwn: this.#opening(on('list', '.'), '.', requestType.opendir, ['.']),
      readdir: (handle: Handle) => this.#readdir(handle),
      close: (handle: Handle) => this.#close(handle),
      isBusy: () => this.#exchange.isBusy,
      isDead: () => this.#exchange.isDead,
    }
    return new HandleRoom(requests, onScarce)
  }

  #opened(subject: Subject, path: string, type: number, fields: readonly Field[]): Promise<Handle> {
    const open = this.#opening(subject, path, type, fields)
    return this.#room === undefined ? open() : this.#room.take(open, type === requestType.opendir)
  }

  #opening(subject: Subject, path: string, type: number, fields: readonly Field[]): Opening {
    const [read, mayRepeat, bytesMax] = [answers.handle(path), true, this.limits.packet]
    return (isExplained) => this.#exchange.request({ subject, type, fields, bytesMax, read, mayRepeat, isExplained })
  }

  #close({ id, path }: Handle): Promise<void> {
    return this.#request(on('close', path), requestType.close, [id], answers.nothing)
  }

  #readdir({ id, path }: Handle): Promise<readonly DirectoryEntry[] | null> {
    return this.#request(on('list', path), requestType.readdir, [id], answers.entries)
  }

  async #extended<T>(subject: Subject, name: Extension, fields: readonly Field[], read: Reading<T>): Promise<T> {
    if (offers(this, name)) {
      return this.#request(subject, requestType.extended, [name, ...fields], read)
    }
    throw about(subject, new FerryError('unsupported', `the server does not support ${name}`))
  }

  #request<T>(
    subject: Subject,
    type: number,
    fields: readonly Field[],
    read: Reading<T>,
    mayRepeat = repeatable.has(type),
  ): Promise<T> {
    return this.#exchange.request({ subject, type, fields, bytesMax: this.limits.packet, read, mayRepeat })
  }

  #remember(handle: Handle): Handle {
    this.#appending.add(handle)
    return handle
  }
}

/** Requests that say the same, and change nothing more, when they are sent again after a refusal; those that open do as well. */
const repeatable: ReadonlySet<number> = new Set([
  requestType.read,
  requestType.lstat,
  requestType.stat,
  requestType.fstat,
  requestType.readdir,
  requestType.realpath,
  requestType.readlink,
])

const on = (act: string, path: string): Subject => ({ title: `${act} ${path}`, path })
const onTwo = (act: string, first: string, second: string): Subject => ({
  title: `${act} ${first} ${second}`,
  path: second,
})

/** draft-ietf-secsh-filexfer-02 §6.3. */
const pflags = ({ read, write, append, create, truncate, exclusive }: OpenFlags): number =>
  (read ? 1 : 0) | (write ? 2 : 0) | (append ? 4 : 0) | (create ? 8 : 0) | (truncate ? 16 : 0) | (exclusive ? 32 : 0)
