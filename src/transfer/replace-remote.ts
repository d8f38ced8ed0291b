import { FerryError } from '../errors/ferry-error.ts'
import { type Attributes, fileType, isFile } from '../model/attributes.ts'
import type { RemotePath } from '../model/remote-path.ts'
import { lstatOrAbsent } from '../sftp/lstat-or-absent.ts'
import { type Handle, type OpenFlags, offers, type SftpSession } from '../sftp/session.ts'
import { appending, keepsContent } from './keeps-content.ts'
import { type RemoteTarget, remoteTarget } from './remote-target.ts'
import { replacement } from './replacement.ts'
import { keepsPart, type Resume } from './resume.ts'
import { partName, temporaryName } from './temporary-name.ts'
import { endsAll, losesAnswer, told } from './transfer-error.ts'
import { type Content, type Fill, writeContent } from './write-content.ts'

/** For a name that nobody else has. */
const asNew: OpenFlags = { write: true, create: true, exclusive: true }
const inPlaceHint = '--no-atomic writes it in place'

export interface ReplaceOptions extends Content {
  /** For messages: `upload a -> /b`. */
  readonly act: string
  readonly overwrite: boolean
  /** A temporary name beside the target, then one step; else the target itself is written. */
  readonly atomic: boolean
  /** Goes on where the file ends, in place. */
  readonly append?: boolean
  /** Nothing has this name: its directory was made just now. */
  readonly fresh?: boolean | undefined
  /** What LSTAT says of it, asked right before. */
  readonly seen?: Promise<Attributes | undefined> | undefined
  /** Offered at creation, less the server's umask. Absent: what the file has, or the server's own default. */
  readonly mode?: number
  /** With `atomic`: go on with what an earlier copy of the same source left, and leave as much. */
  readonly resume?: Resume<Handle> | undefined
  /** Looks at what was written under this path, before it gets its name; throws where it is not right. */
  readonly check?: (path: string) => Promise<void> | undefined
  /** What is left behind if the session dies now. */
  readonly leftovers: Set<string>
  readonly signal: AbortSignal
}

/** What a failure leaves. */
interface Left {
  state?: string
}

/**
 * Gives a remote file new content, all or nothing: after any failure the old file is as it was, and nothing lies beside it but
 * a part that can be resumed. Where the path is a link it stays one, and what it points to is replaced. Gives the number of bytes written.
 */
export async function replaceRemote(
  session: SftpSession,
  to: RemotePath,
  options: ReplaceOptions,
  fill: Fill,
): Promise<number> {
  const left: Left = {}
  try {
    if (!options.atomic || options.append) return await writeInPlace(session, to, options, fill, left)
    const target = options.fresh ? { path: to, viaLink: false } : await lookAt(session, to, options)
    if (target.existing !== undefined) left.state = `${to} is as it was`
    return await writeBeside(session, to, target, options, fill, left)
  } catch (error) {
    throw told(options.act, error, { path: to, state: left.state })
  }
}

async function writeInPlace(
  session: SftpSession,
  to: RemotePath,
  { overwrite, append = false, mode, check, ...content }: ReplaceOptions,
  fill: Fill,
  left: Left,
): Promise<number> {
  if (append && (await holdsBytes(session, to)) && !(await keepsContent(session, to))) {
    left.state = `${to} is as it was`
    throw new FerryError('unsupported', `${to}: the server empties a file that is opened to be appended to`, {
      path: to,
    })
  }
  const flags = { ...(append ? appending : { write: true, create: true, truncate: true }), exclusive: !overwrite }
  const handle = await session.open(to, flags, offered(mode)).catch(async (error: unknown) => {
    throw await whyNotOpened(session, to, overwrite, error)
  })
  left.state = `${to} is incomplete`
  const bytes = await writeContent(session, handle, content, fill, append ? await endOf(session, handle) : 0)
  left.state = `${to} is written all the same`
  await check?.(to)
  return bytes
}

async function holdsBytes(session: SftpSession, path: string): Promise<boolean> {
  const { size = 0 } = await session.stat(path).catch((error: unknown): Attributes => {
    if (endsAll(error)) throw error
    return {}
  })
  return size > 0
}

/** Not every server heeds APPEND, so the offsets say it too. */
async function endOf(session: SftpSession, handle: Handle): Promise<number> {
  try {
    return (await session.fstat(handle)).size ?? 0
  } catch (error) {
    await session.close(handle).catch(() => undefined)
    throw error
  }
}

async function writeBeside(
  session: SftpSession,
  to: RemotePath,
  target: RemoteTarget,
  options: ReplaceOptions,
  fill: Fill,
  left: Left,
): Promise<number> {
  const { resume, leftovers, check, signal } = options
  const part = resume === undefined ? temporaryName(target.path) : partName(target.path, resume.identity)
  const present = target.existing?.permissions
  const changes = present === undefined ? options.changes : { permissions: present & 0o777, ...options.changes }
  const mode = changes?.permissions ?? options.mode
  const remaining = resume?.kept ?? leftovers
  remaining.add(part)
  let opened = false
  try {
    const { handle, start } =
      resume === undefined
        ? { handle: await session.open(part, asNew, offered(mode)), start: 0 }
        : await openPart(session, part, mode, resume)
    opened = true
    const { insist, fsync, warn } = options
    const content: Content = { changes, insist, owner: target.existing?.owner, exact: true, fsync, warn }
    const bytes = await writeContent(session, handle, content, fill, start)
    await check?.(part)
    signal.throwIfAborted()
    await takeName(session, part, to, target, options)
    remaining.delete(part)
    return bytes
  } catch (error) {
    if (resume !== undefined && opened && keepsPart(error)) {
      left.state = [left.state, `${part} is kept for --resume`].filter((state) => state !== undefined).join(', ')
      throw error
    }
    // A session that is dead cannot remove it; any other refusal means that it is not there.
    await session.remove(part).then(
      () => remaining.delete(part),
      (refusal) => endsAll(refusal) || remaining.delete(part),
    )
    throw opened ? error : whyNotBeside(to, target.existing, error)
  }
}

const offered = (mode: number | undefined): Attributes => (mode === undefined ? {} : { permissions: mode })

/** The part of an earlier copy, if it is there, or a new file. */
async function openPart(
  session: SftpSession,
  part: string,
  mode: number | undefined,
  resume: Resume<Handle>,
): Promise<{ readonly handle: Handle; readonly start: number }> {
  const existing = await lstatOrAbsent(session, part)
  if (existing !== undefined && !isFile(existing)) {
    throw new FerryError('wrong_kind', `${part}: not a regular file`, { path: part })
  }
  const goesOn = existing !== undefined && (await keepsContent(session, part))
  if (existing !== undefined && !goesOn) await session.remove(part)
  // It has to be read and written again.
  if (!goesOn)
    return { handle: await session.open(part, asNew, offered(mode === undefined ? undefined : mode | 0o600)), start: 0 }
  const proven = await provenPart(session, part, resume)
  const handle = await session.open(part, { write: true })
  try {
    // Some servers cut a file that is opened to be written, so its size counts only now.
    const { size = 0 } = await session.fstat(handle)
    const start = size < proven ? 0 : proven
    if (start === 0 && size > 0) await session.fsetstat(handle, { size: 0 })
    return { handle, start }
  } catch (error) {
    await session.close(handle).catch(() => undefined)
    throw error
  }
}

/** By a handle of its own: not every server reads by one that writes as well. */
async function provenPart(session: SftpSession, part: string, resume: Resume<Handle>): Promise<number> {
  const handle = await session.open(part, { read: true })
  try {
    const { size = 0 } = await session.fstat(handle)
    return size === 0 ? 0 : await resume.proven(handle, size)
  } finally {
    await session.close(handle).catch(() => undefined)
  }
}

async function takeName(
  session: SftpSession,
  part: string,
  to: RemotePath,
  { path, existing }: RemoteTarget,
  { act, overwrite }: ReplaceOptions,
): Promise<void> {
  try {
    const replaces = overwrite && (existing !== undefined || offers(session, 'posix-rename@openssh.com'))
    const replace = replaces ? await replacement(session, path) : undefined
    await (replace === undefined ? session.rename(part, path) : replace(part, path))
  } catch (error) {
    if (losesAnswer(error)) {
      const doubt = existing === undefined ? 'it may be there or not' : 'it may be the new one or as it was'
      const message = `${act}: the answer to the last step, taking its name, was lost: ${doubt}`
      throw new FerryError('outcome_unknown', message, { path: to, cause: error })
    }
    if (endsAll(error)) throw error
    const now = await session.lstat(path).catch(() => undefined)
    if (now === undefined) throw error
    if (!overwrite) throw alreadyExists(to)
    if (fileType(now) === 'directory') throw isDirectory(to)
    if ((await replacement(session, path)) === undefined) throw cannotReplace(to)
    throw error instanceof FerryError ? error.with({ hint: inPlaceHint }) : error
  }
}

/** Looks what is there, and refuses what could not be replaced before any data is sent. */
async function lookAt(
  session: SftpSession,
  to: RemotePath,
  { overwrite, seen }: ReplaceOptions,
): Promise<RemoteTarget> {
  const target = await remoteTarget(session, to, seen).catch((error: unknown): RemoteTarget => {
    // A drop box may be written to and not looked at.
    if (error instanceof FerryError && error.code === 'permission_denied') return { path: to, viaLink: false }
    throw error
  })
  const { existing, viaLink } = target
  if (!overwrite && (viaLink || existing !== undefined)) throw alreadyExists(to)
  if (existing === undefined) return target
  const kind = fileType(existing)
  if (kind === 'directory') throw isDirectory(to)
  if (kind !== 'file' && existing.permissions !== undefined) {
    throw new FerryError('wrong_kind', `${to}: not a regular file`, { path: to, hint: inPlaceHint })
  }
  if ((await replacement(session, target.path)) === undefined) throw cannotReplace(to)
  return target
}

/** OpenSSH's server answers FAILURE for a file that exists and for a directory. */
async function whyNotOpened(session: SftpSession, to: string, overwrite: boolean, error: unknown): Promise<unknown> {
  if (!(error instanceof FerryError) || error.code !== 'operation_failed') return error
  const existing = await session.lstat(to).catch(() => undefined)
  if (existing === undefined) return error
  if (!overwrite) return alreadyExists(to)
  return fileType(existing) === 'directory' ? isDirectory(to) : error
}

function whyNotBeside(to: string, existing: Attributes | undefined, error: unknown): unknown {
  if (!(error instanceof FerryError) || error.code !== 'permission_denied' || existing === undefined) return error
  const message = `${to}: permission denied to make a file beside it, so it cannot be replaced in one step`
  return new FerryError('permission_denied', message, { path: to, hint: inPlaceHint, cause: error })
}

const alreadyExists = (to: string): FerryError =>
  new FerryError('already_exists', `${to}: already exists`, { path: to })

const isDirectory = (to: string): FerryError => new FerryError('wrong_kind', `${to}: is a directory`, { path: to })

const cannotReplace = (to: string): FerryError =>
  new FerryError('unsupported', `${to}: the server cannot replace a file in one step`, { path: to, hint: inPlaceHint })
