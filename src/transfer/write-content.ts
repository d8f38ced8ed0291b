import { FerryError } from '../errors/ferry-error.ts'
import { type Attributes, isFile } from '../model/attributes.ts'
import { directoryName } from '../model/remote-path.ts'
import { type Handle, offers, type SftpSession } from '../sftp/session.ts'
import { endsAll, reasonOf } from './transfer-error.ts'

export interface Content {
  /** Set exactly at the end; none, or an empty one, changes nothing. */
  readonly changes?: Attributes | undefined
  /** Whether `changes` were asked for by name, so that a refusal is a failure; else it is a warning. */
  readonly insist?: boolean | undefined
  /** Whose the file should be, where the server lets us. */
  readonly owner?: Attributes['owner'] | undefined
  /** Nobody else appends to it, so that its size at the end is known. */
  readonly exact?: boolean
  /** The server can, and it is wanted. */
  readonly fsync: boolean
  readonly warn: (message: string) => void
}

/** Writes from `start` on: gives the number of bytes, and calls `onLastAsked` when only answers are waited for. */
export type Fill = (handle: Handle, onLastAsked: () => void, start: number) => Promise<number>

/**
 * Fills an open file, sets its attributes, closes it and looks at its size, and tells all of their failures: a full disk may show as late
 * as that. What follows the data is asked right behind it, so that a small file takes one round trip. The handle is closed in any case.
 */
export async function writeContent(
  session: SftpSession,
  handle: Handle,
  { changes = {}, insist = false, owner, exact, fsync, warn }: Content,
  fill: Fill,
  start: number,
): Promise<number> {
  let ending: Promise<Ending> | undefined
  const end = (): Promise<Ending> => {
    ending ??= endContent(session, handle, changes, fsync)
    return ending
  }
  let bytes: number
  try {
    bytes = await fill(handle, end, start)
  } catch (error) {
    const reason = await whyNotWritten(session, handle.path, error)
    if (ending === undefined) await session.close(handle).catch(() => undefined)
    else await ending
    throw reason
  }
  const { set, synced, closed, attributes } = await end()
  if (closed !== undefined) throw await whyNotWritten(session, handle.path, closed)
  if (synced !== undefined) throw synced
  if (set !== undefined) {
    if (insist || endsAll(set)) throw set
    warn(`attributes not kept: ${set instanceof FerryError ? reasonOf(set) : String(set)}`)
  }
  if (owner !== undefined && attributes?.owner !== undefined) {
    await keepOwner(session, handle.path, owner, attributes.owner, warn)
  }
  await checkSize(session, handle.path, attributes, start + bytes, exact ?? start === 0)
  return bytes
}

interface Ending {
  readonly set: unknown
  readonly synced: unknown
  readonly closed: unknown
  readonly attributes: Attributes | undefined
}

async function endContent(session: SftpSession, handle: Handle, changes: Attributes, fsync: boolean): Promise<Ending> {
  // All are asked before the first answer is waited for.
  const set = Object.keys(changes).length > 0 ? failureOf(session.fsetstat(handle, changes)) : undefined
  const synced = fsync ? failureOf(session.fsync(handle)) : undefined
  const closed = failureOf(session.close(handle))
  const attributes = session.stat(handle.path).catch(nothing)
  return { set: await set, synced: await synced, closed: await closed, attributes: await attributes }
}

const nothing = (): undefined => undefined
const itself = (error: unknown): unknown => error

/** Why it failed, or `undefined`. */
const failureOf = (request: Promise<void>): Promise<unknown> => request.then(nothing, itself)

/** Only a superuser can give a file back to whom it belonged. */
async function keepOwner(
  session: SftpSession,
  path: string,
  owner: NonNullable<Attributes['owner']>,
  present: NonNullable<Attributes['owner']>,
  warn: (message: string) => void,
): Promise<void> {
  if (owner.uid === present.uid && owner.gid === present.gid) return
  await session.setstat(path, { owner }).catch((error: unknown) => {
    if (endsAll(error) || !(error instanceof FerryError)) throw error
    warn(`owner not kept: ${reasonOf(error)}`)
  })
}

/** A server may answer STAT before it has written all, so a wrong size is asked for once more. No answer proves nothing. */
async function checkSize(
  session: SftpSession,
  path: string,
  attributes: Attributes | undefined,
  expected: number,
  exact: boolean,
): Promise<void> {
  const differs = (now: Attributes | undefined): boolean => {
    if (now?.size === undefined || (now.permissions !== undefined && !isFile(now))) return false
    return exact ? now.size !== expected : now.size < expected // others may append as well
  }
  if (!differs(attributes)) return
  const now = await session.stat(path).catch(() => undefined)
  if (!differs(now)) return
  throw new FerryError('operation_failed', `${path}: the server holds ${now?.size} bytes of ${expected}`, { path })
}

/** OpenSSH's server says FAILURE where the disk is full: then hardly one more request would fit. */
async function whyNotWritten(session: SftpSession, path: string, error: unknown): Promise<unknown> {
  const unclear = error instanceof FerryError && error.code === 'operation_failed'
  if (!unclear || !offers(session, 'statvfs@openssh.com')) return error
  const space = await session.statvfs(directoryName(path)).catch(() => undefined)
  if (space === undefined || space.blocksAvailable * BigInt(space.fragmentSize) > session.limits.write) return error
  return new FerryError('no_space', `${path}: no space left on the server`, { path, cause: error })
}
