import { FerryError } from '../errors/ferry-error.ts'
import type { Attributes, DirectoryEntry, FileSystemStatistics } from '../model/attributes.ts'
import { HeldHandles } from './held-handles.ts'
import { isGone, isLinkTo, isMade, isRenamed, isSameFile, type Look } from './look-first.ts'
import { lstatOrAbsent } from './lstat-or-absent.ts'
import { isLoss, Reconnection, type ReconnectionOptions, type Request } from './reconnection.ts'
import type { Handle, Limits, OpenFlags, SftpSession } from './session.ts'

export interface ReconnectingOptions extends Pick<ReconnectionOptions, 'reconnect'> {
  /** Whether a new file of this name can only be our own. */
  readonly isOwnName: (path: string) => boolean
  /** What was found of a step whose answer was lost. */
  readonly note: (text: string) => void
}

/**
 * A session that outlives its connection. What asks, or says what shall be, is asked again over the next one, and files are opened again
 * where they are the same; a step that cannot be repeated is looked at first. Only what is appended cannot be told, and fails.
 */
export class ReconnectingSession implements SftpSession {
  readonly extensions: ReadonlyMap<string, string>
  readonly limits: Limits
  readonly #options: ReconnectingOptions
  readonly #handles = new HeldHandles()
  readonly #line: Reconnection

  constructor(session: SftpSession, options: ReconnectingOptions) {
    this.extensions = session.extensions
    this.limits = session.limits
    this.#options = options
    const { reconnect } = options
    this.#line = new Reconnection(session, { reconnect, restore: (next) => this.#restore(next) })
  }

  /** Settles once, with why, when there will be no connection any more. */
  get ended(): Promise<FerryError> {
    return this.#line.ended
  }

  get roundTripMs(): number | undefined {
    return this.#line.session.roundTripMs
  }

  open(path: string, flags: OpenFlags, attributes?: Attributes): Promise<Handle> {
    const opening =
      (how: OpenFlags): Request<Handle> =>
      async (session) => {
        const handle = await session.open(path, how, attributes)
        this.#handles.add(session, handle, flags)
        return handle
      }
    if (!flags.exclusive) return this.#ask(opening(flags))
    return this.#ask(opening(flags), async (session) => {
      const isOurs = await this.#isOurs(session, path)
      const { exclusive, ...found } = flags
      return opening(isOurs ? found : flags)(session)
    })
  }

  read(handle: Handle, offset: number, length: number): Promise<Buffer | null> {
    return this.#ask(async (session) => {
      const data = await session.read(this.#handles.at(handle), offset, length)
      this.#handles.used(handle)
      return data
    })
  }

  write(handle: Handle, offset: number, data: Uint8Array): Promise<void> {
    return this.#ask(async (session) => {
      const current = this.#handles.at(handle)
      this.#handles.used(handle)
      await session.write(current, offset, data)
      this.#handles.written(handle, offset + data.length)
    })
  }

  close(handle: Handle): Promise<void> {
    const close: Request<void> = async (session) => {
      try {
        await session.close(this.#handles.at(handle))
      } catch (error) {
        if (!isLoss(error)) this.#handles.forget(handle)
        throw error
      }
      this.#handles.forget(handle)
    }
    return this.#ask(close, async (session) => {
      if (this.#handles.isOver(handle)) return this.#handles.forget(handle)
      return close(session)
    })
  }

  lstat(path: string): Promise<Attributes> {
    return this.#ask((session) => session.lstat(path))
  }

  stat(path: string): Promise<Attributes> {
    return this.#ask((session) => session.stat(path))
  }

  fstat(handle: Handle): Promise<Attributes> {
    return this.#ask(async (session) => session.fstat(this.#handles.at(handle)))
  }

  setstat(path: string, changes: Attributes): Promise<void> {
    return this.#ask((session) => session.setstat(path, changes))
  }

  lsetstat(path: string, changes: Attributes): Promise<void> {
    return this.#ask((session) => session.lsetstat(path, changes))
  }

  fsetstat(handle: Handle, changes: Attributes): Promise<void> {
    const { size } = changes
    const noteCut = (): void => {
      if (size !== undefined) this.#handles.cut(handle, size)
    }
    return this.#ask(async (session) => {
      const asked = session.fsetstat(this.#handles.at(handle), changes)
      // Its answer may be lost, and the writes before it may be answered only now.
      noteCut()
      await asked
      noteCut()
    })
  }

  opendir(path: string): Promise<Handle> {
    return this.#ask(async (session) => {
      const handle = await session.opendir(path)
      this.#handles.add(session, handle)
      return handle
    })
  }

  /** A directory that was opened again begins anew: what was given before is left out. */
  readdir(handle: Handle): Promise<readonly DirectoryEntry[] | null> {
    return this.#ask(async (session) => {
      for (;;) {
        const batch = await session.readdir(this.#handles.at(handle))
        const fresh = batch && this.#handles.unseen(handle, batch)
        // An empty batch is the server's own matter; one that was emptied here says nothing.
        if (fresh === null || fresh.length > 0 || batch?.length === 0) return fresh
      }
    })
  }

  remove(path: string): Promise<void> {
    return this.#step(`remove ${path}`, (session) => session.remove(path), isGone(path))
  }

  mkdir(path: string, attributes?: Attributes): Promise<void> {
    return this.#step(`mkdir ${path}`, (session) => session.mkdir(path, attributes), isMade(path))
  }

  rmdir(path: string): Promise<void> {
    return this.#step(`rmdir ${path}`, (session) => session.rmdir(path), isGone(path))
  }

  realpath(path: string): Promise<string> {
    return this.#ask((session) => session.realpath(path))
  }

  rename(from: string, to: string): Promise<void> {
    return this.#step(`rename ${from} ${to}`, (session) => session.rename(from, to), isRenamed(from, to))
  }

  posixRename(from: string, to: string): Promise<void> {
    return this.#step(`rename ${from} ${to}`, (session) => session.posixRename(from, to), isRenamed(from, to))
  }

  readlink(path: string): Promise<string> {
    return this.#ask((session) => session.readlink(path))
  }

  symlink(target: string, link: string): Promise<void> {
    return this.#step(`symlink ${target} ${link}`, (session) => session.symlink(target, link), isLinkTo(target, link))
  }

  hardlink(existing: string, link: string): Promise<void> {
    const act = `hardlink ${existing} ${link}`
    return this.#step(act, (session) => session.hardlink(existing, link), isSameFile(existing, link))
  }

  statvfs(path: string): Promise<FileSystemStatistics> {
    return this.#ask((session) => session.statvfs(path))
  }

  fsync(handle: Handle): Promise<void> {
    return this.#ask(async (session) => session.fsync(this.#handles.at(handle)))
  }

  copyData(from: Handle, fromOffset: number, length: number, to: Handle, toOffset: number): Promise<void> {
    return this.#ask(async (session) => {
      const [source, target] = [this.#handles.at(from), this.#handles.at(to)]
      this.#handles.used(from)
      this.#handles.used(to)
      await session.copyData(source, fromOffset, length, target, toOffset)
      this.#handles.written(to, toOffset + length)
    })
  }

  sha256(path: string, length: number): Promise<Buffer> {
    return this.#ask((session) => session.sha256(path, length))
  }

  expandPath(path: string): Promise<string> {
    return this.#ask((session) => session.expandPath(path))
  }

  usersGroupsById(
    uids: readonly number[],
    gids: readonly number[],
  ): Promise<{ users: readonly string[]; groups: readonly string[] }> {
    return this.#ask((session) => session.usersGroupsById(uids, gids))
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#line[Symbol.asyncDispose]()
  }

  #ask<T>(first: Request<T>, again?: Request<T>): Promise<T> {
    return this.#line.ask(first, again)
  }

  /** A step that is done at most once: where its answer was lost, what is there now decides. */
  #step(act: string, request: Request<void>, isDone: Look): Promise<void> {
    return this.#ask(request, async (session) => {
      if (await isDone(session)) return this.#options.note(`${act}: the answer was lost, and it was done`)
      this.#options.note(`${act}: the answer was lost, and it was not done; once more`)
      await request(session)
    })
  }

  /** Whether a file that was to be new is there because the lost request made it. */
  async #isOurs(session: SftpSession, path: string): Promise<boolean> {
    const found = await lstatOrAbsent(session, path)
    if (found === undefined) return false
    if (found.size === 0 && this.#options.isOwnName(path)) return true
    const message = `open ${path}: the answer was lost, and a file is there now: it may be ours or another's`
    throw new FerryError('outcome_unknown', message, { path })
  }

  async #restore(session: SftpSession): Promise<void> {
    const { limits, extensions } = session
    const isAlike =
      limits.write >= this.limits.write &&
      limits.packet >= this.limits.packet &&
      [...this.extensions].every(([name, version]) => extensions.get(name) === version)
    if (!isAlike) {
      throw new FerryError('protocol_error', 'the server can do less than before the connection was lost')
    }
    await this.#handles.reopen(session)
  }
}
