import { FerryError } from '../errors/ferry-error.ts'
import { type Attributes, type DirectoryEntry, isDirectory } from '../model/attributes.ts'
import { joinRemote, type RemotePath, suspectName } from '../model/remote-path.ts'
import type { SftpSession } from '../sftp/session.ts'
import type { TransferFailure } from '../transfer/progress.ts'
import { readDirectory } from '../transfer/read-directory.ts'
import { endsAll } from '../transfer/transfer-error.ts'
import { TransferQueue } from '../transfer/transfer-queue.ts'
import { refusedName } from './refused-name.ts'
import { checkDepth } from './tree-limits.ts'

/** Requests for files in flight; the server answers them one after the other anyway. */
const filesAtOnce = 256
const directoriesAtOnce = 16

/** What is done to each part of a remote tree; `attributes` are of the path itself, a link is a link. */
export interface TreeVisitor {
  /** For messages: `delete`, `chmod 0644`. */
  readonly act: string
  /** A directory, right before it is listed. */
  enter?(path: RemotePath, attributes: Attributes): Promise<void>
  /** Anything else. */
  visit(path: RemotePath, attributes: Attributes): Promise<void>
  /** A directory, when everything in it is done; `whole` where nothing of it failed. */
  leave?(path: RemotePath, attributes: Attributes, whole: boolean): Promise<void>
}

interface Directory {
  readonly path: RemotePath
  readonly depth: number
  readonly parent?: Directory
  attributes: Attributes
  /** Entries that are not done, and the listing itself. */
  open: number
  whole: boolean
}

/**
 * Goes through a remote directory and all below it, many requests in flight, without following a link: `lstat` decides right before a
 * directory is entered. What fails for one part is given back, and the rest goes on.
 */
export async function visitTree(
  session: SftpSession,
  root: RemotePath,
  visitor: TreeVisitor,
  signal: AbortSignal,
): Promise<TransferFailure[]> {
  const walk = new TreeWalk(session, visitor, signal)
  walk.enter(root)
  return walk.finished()
}

class TreeWalk {
  readonly #session: SftpSession
  readonly #visitor: TreeVisitor
  readonly #signal: AbortSignal
  readonly #queue: TransferQueue
  readonly #failures: TransferFailure[] = []

  constructor(session: SftpSession, visitor: TreeVisitor, signal: AbortSignal) {
    this.#session = session
    this.#visitor = visitor
    this.#signal = signal
    const { handles } = session.limits
    const directories = handles === 0 ? directoriesAtOnce : Math.max(1, Math.min(directoriesAtOnce, handles - 1))
    this.#queue = new TransferQueue({ files: filesAtOnce, directories, signal })
  }

  async finished(): Promise<TransferFailure[]> {
    await this.#queue.finished()
    return this.#failures
  }

  enter(path: RemotePath, parent?: Directory): void {
    const depth = parent === undefined ? 0 : parent.depth + 1
    const directory: Directory = { path, depth, ...(parent && { parent }), attributes: {}, open: 1, whole: true }
    this.#queue.directory(async () => {
      let entered = false
      try {
        checkDepth(this.#visitor.act, path, depth)
        directory.attributes = await this.#session.lstat(path)
        if (!isDirectory(directory.attributes)) {
          throw new FerryError('wrong_kind', `${this.#visitor.act} ${path}: not a directory any more`, { path })
        }
        entered = true
        await this.#enter(directory)
        for await (const entry of readDirectory(this.#session, path, { signal: this.#signal })) {
          await this.#entry(directory, entry)
        }
      } catch (error) {
        this.#fail(path, error, directory)
      }
      await this.#done(directory, entered)
    })
  }

  /** A directory that could not be changed may still hold what can be. */
  async #enter(directory: Directory): Promise<void> {
    try {
      await this.#visitor.enter?.(directory.path, directory.attributes)
    } catch (error) {
      this.#fail(directory.path, error, directory)
    }
  }

  async #entry(directory: Directory, { name, attributes }: DirectoryEntry): Promise<void> {
    const { act } = this.#visitor
    const suspect = suspectName(name)
    if (suspect !== undefined) {
      this.#fail(directory.path, refusedName(act, directory.path, name, suspect), directory)
      return
    }
    const path = joinRemote(directory.path, name)
    directory.open += 1
    if (isDirectory(attributes)) this.enter(path, directory)
    else await this.#queue.file(() => this.#visit(directory, path, attributes))
  }

  async #visit(directory: Directory, path: RemotePath, listed: Attributes): Promise<void> {
    try {
      const attributes = listed.permissions === undefined ? await this.#session.lstat(path) : listed
      if (isDirectory(attributes)) {
        this.enter(path, directory)
        return
      }
      await this.#visitor.visit(path, attributes)
    } catch (error) {
      this.#fail(path, error, directory)
    }
    await this.#done(directory)
  }

  /** One part of a directory is done; the last one is followed by the directory itself, and so on upwards. */
  async #done(directory: Directory, entered = true): Promise<void> {
    directory.open -= 1
    if (directory.open > 0) return
    const { path, attributes, whole, parent } = directory
    try {
      if (entered) await this.#visitor.leave?.(path, attributes, whole)
    } catch (error) {
      this.#fail(path, error, directory)
    }
    if (parent === undefined) return
    if (!directory.whole) parent.whole = false
    await this.#done(parent)
  }

  #fail(path: string, error: unknown, directory: Directory): void {
    if (endsAll(error) || error === this.#signal.reason || !(error instanceof FerryError)) throw error
    directory.whole = false
    this.#failures.push({ path, error })
  }
}
