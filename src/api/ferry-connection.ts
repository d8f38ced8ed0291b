import type { FileType } from '../model/attributes.ts'
import { parseMode } from '../model/mode.ts'
import { orAbort } from '../model/or-abort.ts'
import { changeMode } from '../operations/change-mode.ts'
import { changeOwner } from '../operations/change-owner.ts'
import { createHardlink, createSymlink } from '../operations/create-link.ts'
import { download } from '../operations/download.ts'
import { info } from '../operations/info.ts'
import { kindOf } from '../operations/kind-of.ts'
import { listEntries } from '../operations/list-entries.ts'
import { makeDirectory } from '../operations/make-directory.ts'
import { move } from '../operations/move.ts'
import { readFile } from '../operations/read-file.ts'
import { type OwnerChange, parseOwner } from '../operations/remote-ids.ts'
import { remove } from '../operations/remove.ts'
import { rename } from '../operations/rename.ts'
import { type Space, space } from '../operations/space.ts'
import { type SyncSummary, sync } from '../operations/sync.ts'
import { upload } from '../operations/upload.ts'
import { writeFile } from '../operations/write-file.ts'
import type { TransferSummary } from '../transfer/progress.ts'
import { type ExecuteOptions, type Execution, executeOn, type ScriptSource } from './execute.ts'
import type { RemoteDependencies } from './open-remote.ts'
import type {
  Cancellable,
  ChangeOwnerOptions,
  DownloadOptions,
  SyncOptions,
  UploadOptions,
  WriteOptions,
} from './operation-options.ts'
import type { PingResult } from './ping.ts'
import type { Remote } from './remote.ts'
import { type RemoteEntry, remoteEntry } from './remote-entry.ts'
import { listOf, throwFailures, whole } from './whole.ts'

/**
 * An open connection with every operation of the command line under the same names. Remote paths are literal; relative ones
 * start in the connection's `directory`. Every method rejects with FerryError. Dispose of it with `await using`, or `close()`.
 */
export class FerryConnection implements AsyncDisposable {
  readonly #remote: Remote
  readonly #dependencies: Pick<RemoteDependencies, 'store' | 'environment' | 'signal'>
  readonly #ping: (signal: AbortSignal) => Promise<PingResult>

  constructor(
    remote: Remote,
    dependencies: Pick<RemoteDependencies, 'store' | 'environment' | 'signal'>,
    pingAgain: (signal: AbortSignal) => Promise<PingResult>,
  ) {
    this.#remote = remote
    this.#dependencies = dependencies
    this.#ping = pingAgain
  }

  /** The stored name, or the address. */
  get name(): string {
    return this.#remote.name
  }

  /** Opens a new connection beside this one, and runs its ping command. Rejects with the reason where that fails. */
  async ping(options: Cancellable = {}): Promise<PingResult> {
    const result = await this.#ping(this.#signal(options))
    if (result.error !== undefined) throw result.error
    return result
  }

  /** Runs a script in sftp's batch language: its text, a file, or a stored one. */
  async execute(script: ScriptSource, options: ExecuteOptions = {}): Promise<Execution> {
    return executeOn(this.#remote, script, { ...options, signal: this.#signal(options) }, this.#dependencies)
  }

  /** Entries of a directory in byte order of their names, hidden ones included; of another path, that path alone. */
  async ls(path = '.', options: Cancellable = {}): Promise<RemoteEntry[]> {
    const { entries, refused } = await listEntries(
      this.#remote.session,
      this.#remote.resolve(path),
      this.#with(options),
    )
    const [suspect] = refused
    if (suspect !== undefined) throw suspect
    return entries.map(remoteEntry)
  }

  /** Attributes of the path itself: a link is a link, unless `follow`. */
  async info(path: string, options: Cancellable & { readonly follow?: boolean } = {}): Promise<RemoteEntry> {
    return remoteEntry(await info(this.#remote.session, this.#remote.resolve(path), this.#with(options)))
  }

  /** False only where the server said that there is no such path; anything else that keeps from knowing rejects. */
  async exists(path: string, options: Cancellable & { readonly follow?: boolean } = {}): Promise<boolean> {
    return (await this.#kind(path, options)) !== undefined
  }

  async isFile(path: string, options: Cancellable & { readonly follow?: boolean } = {}): Promise<boolean> {
    return (await this.#kind(path, options)) === 'file'
  }

  async isDirectory(path: string, options: Cancellable & { readonly follow?: boolean } = {}): Promise<boolean> {
    return (await this.#kind(path, options)) === 'directory'
  }

  async isSymlink(path: string, options: Cancellable = {}): Promise<boolean> {
    return (await this.#kind(path, options)) === 'symlink'
  }

  /** The whole file in memory; `readStream` for large ones. */
  async read(path: string, options: Cancellable = {}): Promise<Buffer> {
    const parts: Buffer[] = []
    for await (const part of this.readStream(path, options)) parts.push(part)
    return Buffer.concat(parts)
  }

  readStream(path: string, options: Cancellable = {}): AsyncIterable<Buffer> {
    return readFile(this.#remote.session, this.#remote.resolve(path), this.#with(options))
  }

  /** Text (as UTF-8), bytes, or a stream of them into a file; by default replaces it in one step. Gives the bytes written. */
  async write(
    path: string,
    data: string | Uint8Array | AsyncIterable<Uint8Array>,
    options: WriteOptions = {},
  ): Promise<number> {
    const source = typeof data === 'string' ? Buffer.from(data, 'utf8') : data
    const { fsync } = this.#remote.preferences
    const target = this.#remote.resolve(path)
    return (await writeFile(this.#remote.session, target, source, { fsync, ...this.#with(options) })).bytes
  }

  /** Files and directories to the server, recursively. Rejects where one of them was not moved. */
  async upload(from: string | readonly string[], to: string, options: UploadOptions = {}): Promise<TransferSummary> {
    const target = this.#remote.resolve(to)
    const summary = await upload(this.#remote.session, listOf(from), target, {
      ...this.#transferDefaults(),
      ...this.#with(options),
    })
    return whole(summary, `upload ${this.name}`)
  }

  /** Files and directories from the server, recursively. Rejects where one of them was not moved. */
  async download(
    from: string | readonly string[],
    to: string,
    options: DownloadOptions = {},
  ): Promise<TransferSummary> {
    const sources = listOf(from).map((path) => this.#remote.resolve(path))
    const summary = await download(this.#remote.session, sources, to, {
      ...this.#transferDefaults(),
      ...this.#with(options),
    })
    return whole(summary, `download ${this.name}`)
  }

  /** One file; a path of another kind is an error. */
  async downloadFile(from: string, to: string, options: DownloadOptions = {}): Promise<TransferSummary> {
    return this.download(from, to, { ...options, requireFile: true })
  }

  /** Makes the remote directory like the local one; with `pull` the other way round. Rejects where part of it was not done. */
  async sync(local: string, remote: string, options: SyncOptions = {}): Promise<SyncSummary> {
    const { preserve: _, ...defaults } = this.#transferDefaults()
    const target = this.#remote.resolve(remote)
    const summary = await sync(this.#remote.session, local, target, { ...defaults, ...this.#with(options) })
    throwFailures(summary.failures, `sync ${this.name}`)
    return summary
  }

  async mkdir(
    path: string,
    options: Cancellable & { readonly parents?: boolean; readonly mode?: number } = {},
  ): Promise<void> {
    await makeDirectory(this.#remote.session, this.#remote.resolve(path), this.#with(options))
  }

  /** `target` is stored as it is written: relative ones are relative to the link. */
  async symlink(target: string, link: string, options: Cancellable = {}): Promise<void> {
    await createSymlink(this.#remote.session, target, this.#remote.resolve(link), this.#with(options))
  }

  async hardlink(existing: string, link: string, options: Cancellable = {}): Promise<void> {
    const { session } = this.#remote
    await createHardlink(session, this.#remote.resolve(existing), this.#remote.resolve(link), this.#with(options))
  }

  /** Any kind of path; a directory that is not empty only with `recursive`. Never follows a link. Gives how many were deleted. */
  async delete(path: string, options: Cancellable & { readonly recursive?: boolean } = {}): Promise<number> {
    return this.#delete(path, options)
  }

  async deleteFile(path: string, options: Cancellable = {}): Promise<void> {
    await this.#delete(path, { ...options, kind: 'file' })
  }

  async deleteDirectory(path: string, options: Cancellable & { readonly recursive?: boolean } = {}): Promise<void> {
    await this.#delete(path, { ...options, kind: 'directory' })
  }

  async deleteSymlink(path: string, options: Cancellable = {}): Promise<void> {
    await this.#delete(path, { ...options, kind: 'symlink' })
  }

  /** Into `to` where that is a directory; refuses an existing target unless `force`. Gives the new path. */
  async move(from: string, to: string, options: Cancellable & { readonly force?: boolean } = {}): Promise<string> {
    return move(this.#remote.session, this.#remote.resolve(from), this.#remote.resolve(to), this.#with(options))
  }

  /** The protocol's RENAME, which refuses an existing target; with `force`, posix-rename, which replaces it. */
  async rename(from: string, to: string, options: Cancellable & { readonly force?: boolean } = {}): Promise<void> {
    await rename(this.#remote.session, this.#remote.resolve(from), this.#remote.resolve(to), this.#with(options))
  }

  /** `mode` as chmod(1) takes it: `0644`, `u+x,go-w`; or a number. */
  async chmod(
    mode: string | number,
    path: string,
    options: Cancellable & { readonly recursive?: boolean } = {},
  ): Promise<void> {
    const change = parseMode(typeof mode === 'number' ? mode.toString(8) : mode)
    const { failures } = await changeMode(this.#remote.session, this.#remote.resolve(path), change, this.#with(options))
    throwFailures(failures, `chmod ${path}`)
  }

  /** `owner`, `owner:group` or `:group`; names or numbers. `noFollow` changes a link itself. */
  async chown(owner: string, path: string, options: ChangeOwnerOptions = {}): Promise<void> {
    await this.#changeOwner(`chown ${path}`, path, parseOwner(owner), options)
  }

  async chgrp(group: string, path: string, options: ChangeOwnerOptions = {}): Promise<void> {
    await this.#changeOwner(`chgrp ${path}`, path, { group }, options)
  }

  /** The absolute form of a path, as the server makes it. */
  async realpath(path = '.', options: Cancellable = {}): Promise<string> {
    return orAbort(this.#remote.session.realpath(this.#remote.resolve(path)), this.#signal(options))
  }

  /** Space and inodes of the file system that holds `path`, where the server can say. */
  async df(path = '.', options: Cancellable = {}): Promise<Space> {
    return space(this.#remote.session, this.#remote.resolve(path), this.#with(options))
  }

  // The other names of the command line.
  readonly list = this.ls
  readonly stat = this.info
  readonly cat = this.read
  readonly exec = this.execute
  readonly get = this.download
  readonly put = this.upload
  readonly createDirectory = this.mkdir
  readonly createSymlink = this.symlink
  readonly createHardlink = this.hardlink
  readonly rm = this.delete
  readonly rmdir = this.deleteDirectory
  readonly mv = this.move

  async close(): Promise<void> {
    await this.#remote[Symbol.asyncDispose]()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  #signal({ signal }: Cancellable): AbortSignal {
    return signal ?? this.#dependencies.signal
  }

  #with<Options extends Cancellable>(options: Options): Options & { readonly signal: AbortSignal } {
    return { ...options, signal: this.#signal(options) }
  }

  #kind(path: string, options: Cancellable & { readonly follow?: boolean }): Promise<FileType | undefined> {
    return kindOf(this.#remote.session, this.#remote.resolve(path), this.#with(options))
  }

  async #delete(path: string, options: Cancellable & Omit<Parameters<typeof remove>[2], 'signal'>): Promise<number> {
    const { deleted, failures } = await remove(this.#remote.session, this.#remote.resolve(path), this.#with(options))
    throwFailures(failures, `delete ${path}`)
    return deleted
  }

  async #changeOwner(act: string, path: string, wanted: OwnerChange, options: ChangeOwnerOptions): Promise<void> {
    const { session } = this.#remote
    const { failures } = await changeOwner(session, this.#remote.resolve(path), wanted, this.#with(options))
    throwFailures(failures, act)
  }

  #transferDefaults(): Pick<Parameters<typeof upload>[3], 'preserve' | 'fsync' | 'bufferSize' | 'requests' | 'more'> {
    const { preserveMetadata, fsync, bufferSize, requests } = this.#remote.preferences
    return {
      more: this.#remote.more,
      fsync,
      ...(preserveMetadata !== undefined && { preserve: preserveMetadata }),
      ...(bufferSize !== undefined && { bufferSize }),
      ...(requests !== undefined && { requests }),
    }
  }
}
