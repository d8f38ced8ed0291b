import { FerryError } from '../errors/ferry-error.ts'
import type { Attributes, DirectoryEntry } from '../model/attributes.ts'
import { isLoss } from './reconnection.ts'
import type { Handle, OpenFlags, SftpSession } from './session.ts'

/** What is open, for whoever holds a handle that may belong to a session that is gone. */
interface Held {
  /** How it was opened; absent for a directory. */
  readonly flags?: OpenFlags
  /** The handle of the present session. */
  current: Handle
  /** Bytes were read, or sent to be written. */
  isUsed: boolean
  /** The end of what the server took. */
  writtenEnd: number
  /** What it was when it was opened to be read. */
  identity: Attributes | undefined
  /** Names of a directory that were given already. */
  readonly names: Set<string>
  isReopened: boolean
  /** Why it could not be opened again. */
  failure?: FerryError
}

/** The handles that are open, to be opened again over another session. */
export class HeldHandles {
  readonly #held = new Map<Handle, Held>()

  /** `flags` as it was opened; absent for a directory. */
  add(session: SftpSession, handle: Handle, flags?: OpenFlags): void {
    const held: Held = {
      current: handle,
      ...(flags && { flags }),
      isUsed: false,
      writtenEnd: 0,
      identity: undefined,
      names: new Set(),
      isReopened: false,
    }
    this.#held.set(handle, held)
    if (flags === undefined || flags.write) return
    // Asked behind OPEN and before the first READ, whose answer it comes before.
    session.fstat(handle).then(
      (identity) => (held.identity = identity),
      () => undefined,
    )
  }

  /** The present session's handle, or why there is none. */
  at(handle: Handle): Handle {
    const { path } = handle
    const held = this.#held.get(handle)
    // The server may have given its bytes to another file by now.
    if (held === undefined) throw new FerryError('operation_failed', `use ${path}: it is closed`, { path })
    if (held.failure !== undefined) throw held.failure
    return held.current
  }

  /** Bytes were read, or are sent to be written. */
  used(handle: Handle): void {
    this.#change(handle, (held) => (held.isUsed = true))
  }

  /** The server took what ends there. */
  written(handle: Handle, end: number): void {
    this.#change(handle, (held) => (held.writtenEnd = Math.max(held.writtenEnd, end)))
  }

  /** The file has this size now, or will have had it. */
  cut(handle: Handle, size: number): void {
    this.#change(handle, (held) => (held.writtenEnd = Math.min(held.writtenEnd, size)))
  }

  /** The entries of a batch that were not given before the directory was opened again. */
  unseen(handle: Handle, batch: readonly DirectoryEntry[]): readonly DirectoryEntry[] {
    const held = this.#held.get(handle)
    if (held === undefined) return batch
    const fresh = held.isReopened ? batch.filter(({ name }) => !held.names.has(name)) : batch
    for (const { name } of fresh) held.names.add(name)
    return fresh
  }

  /** Whether nothing is lost with it: it was only read, and is not open any more. */
  isOver(handle: Handle): boolean {
    const held = this.#held.get(handle)
    return held === undefined || (held.failure !== undefined && !held.flags?.write)
  }

  forget(handle: Handle): void {
    this.#held.delete(handle)
  }

  #change(handle: Handle, change: (held: Held) => void): void {
    const held = this.#held.get(handle)
    if (held !== undefined) change(held)
  }

  /** Opens all again; one that cannot be, or is another file now, fails when it is used. Rejects where the session is lost. */
  async reopen(session: SftpSession): Promise<void> {
    const reopening = [...this.#held.values()]
      .filter(({ failure }) => failure === undefined)
      .map(async (held) => {
        try {
          held.current = await reopened(session, held)
          held.isReopened = true
        } catch (error) {
          if (!(error instanceof FerryError) || isLoss(error)) throw error
          held.failure = error
        }
      })
    await Promise.all(reopening)
  }
}

async function reopened(session: SftpSession, held: Held): Promise<Handle> {
  const { path } = held.current
  const { flags } = held
  if (flags === undefined) return session.opendir(path)
  if (flags.append && held.isUsed) {
    throw new FerryError('outcome_unknown', `write ${path}: how much was appended is not known`, { path })
  }
  const { create, truncate, exclusive, ...again } = flags
  const handle = await session.open(path, again)
  const now = await session.fstat(handle)
  if (flags.write) {
    if (now.size === undefined || now.size >= held.writtenEnd) return handle
    const reason = `it holds ${now.size} of the ${held.writtenEnd} bytes that it took before the connection was lost`
    throw new FerryError('operation_failed', `write ${path}: ${reason}`, { path })
  }
  if (held.isUsed && !isSame(held.identity, now)) {
    throw new FerryError('operation_failed', `read ${path}: it has changed since the connection was lost`, { path })
  }
  held.identity = now
  return handle
}

/** As for a part that is resumed: without a size or a time nothing is proven. */
const isSame = (before: Attributes | undefined, now: Attributes): boolean =>
  before?.size !== undefined &&
  before.times !== undefined &&
  before.size === now.size &&
  before.times.mtime === now.times?.mtime
