import {
  closeSync,
  constants,
  fchmodSync,
  fchownSync,
  fstatSync,
  fsyncSync,
  ftruncateSync,
  futimesSync,
  linkSync,
  openSync,
  renameSync,
  type Stats,
  unlinkSync,
} from 'node:fs'
import { FerryError } from '../errors/ferry-error.ts'
import { errnoOf, localError, localReason } from '../errors/local-error.ts'
import type { Attributes } from '../model/attributes.ts'
import { fsPath } from '../model/name-bytes.ts'
import { type LocalTarget, localTarget, lstatLocal } from './local-target.ts'
import { keepsPart, type Resume } from './resume.ts'
import { partName, temporaryName } from './temporary-name.ts'
import { told } from './transfer-error.ts'

const inPlaceHint = '--no-atomic writes it in place'

export interface LocalReplaceOptions {
  /** For messages: `download /b -> a`. */
  readonly act: string
  readonly overwrite: boolean
  /** A temporary name beside the target, then one step; else the target itself is written. */
  readonly atomic: boolean
  readonly fsync: boolean
  /** Nothing has this name: its directory was made just now. */
  readonly fresh?: boolean
  /** The file is read as well, also where it is written in place. */
  readonly readable?: boolean
  /** With `atomic`: go on with what an earlier copy of the same source left, and leave as much. */
  readonly resume?: Resume<number> | undefined
  readonly warn?: (message: string) => void
  readonly signal: AbortSignal
}

/** What the file becomes besides its bytes. */
export interface LocalMetadata {
  /** At creation, less the umask. */
  readonly mode: number
  /** Set exactly at the end. */
  readonly exact?: Attributes
}

/** What a failure leaves. */
interface Left {
  state?: string
}

/** Writes an open file from `start` on, and gives a number of bytes. */
export type LocalFill = (fd: number, start: number) => Promise<number>

/**
 * Gives a local file new content, all or nothing: after any failure the old file is as it was, and nothing lies beside it but a part that
 * can be resumed. Where the path is a link it stays one, and what it points to is replaced. Gives what `fill` gives.
 */
export async function replaceLocal(
  to: string,
  metadata: LocalMetadata,
  options: LocalReplaceOptions,
  fill: LocalFill,
): Promise<number> {
  const left: Left = {}
  try {
    const target = options.fresh && options.atomic ? { path: to, viaLink: false } : lookAt(to, options)
    if (!options.atomic) return await writeInPlace(to, target, metadata, options, fill, left)
    if (target.existing !== undefined) left.state = `${to} is as it was`
    return await writeBeside(to, target, metadata, options, fill, left)
  } catch (error) {
    throw told(options.act, error, { path: to, state: left.state })
  }
}

function lookAt(to: string, { overwrite, atomic }: LocalReplaceOptions): LocalTarget {
  const target = localTarget(to)
  const { existing, viaLink } = target
  if (!overwrite && (viaLink || existing !== undefined)) throw alreadyExists(to)
  if (existing?.isDirectory()) throw new FerryError('wrong_kind', `${to}: is a directory`, { path: to })
  if (atomic && existing !== undefined && !existing.isFile()) {
    throw new FerryError('wrong_kind', `${to}: not a regular file`, { path: to, hint: inPlaceHint })
  }
  return target
}

async function writeInPlace(
  to: string,
  { path, existing }: LocalTarget,
  { mode, exact }: LocalMetadata,
  { overwrite, fsync, readable = false }: LocalReplaceOptions,
  fill: LocalFill,
  left: Left,
): Promise<number> {
  // A FIFO that nobody reads is an error instead of a wait that nothing interrupts.
  const access = readable ? constants.O_RDWR : constants.O_WRONLY
  const flags = access | constants.O_CREAT | constants.O_TRUNC | constants.O_NONBLOCK
  const fd = openLocal(path, overwrite ? flags : flags | constants.O_EXCL, mode, to)
  left.state = `${to} is incomplete`
  const finish = existing === undefined || existing.isFile()
  return fillAndClose(fd, to, finish ? exact : undefined, fsync && finish, () => fill(fd, 0))
}

async function writeBeside(
  to: string,
  { path, existing }: LocalTarget,
  { mode, exact }: LocalMetadata,
  { overwrite, fsync, resume, warn, signal }: LocalReplaceOptions,
  fill: LocalFill,
  left: Left,
): Promise<number> {
  const part = resume === undefined ? temporaryName(path) : partName(path, resume.identity)
  const kept: Attributes | undefined = existing && { permissions: existing.mode & 0o777 }
  // Nobody is to read the new content who may not read the old.
  const fd = openPart(part, existing === undefined ? mode : 0o600, resume !== undefined, to, existing)
  resume?.kept.add(part)
  try {
    const bytes = await fillAndClose(fd, to, kept ? { ...kept, ...exact } : exact, fsync, async () => {
      if (existing !== undefined) keepOwner(fd, existing, warn)
      return fill(fd, resume === undefined ? 0 : await proven(fd, resume))
    })
    signal.throwIfAborted()
    takeName(part, path, to, overwrite)
    resume?.kept.delete(part)
    return bytes
  } catch (error) {
    if (resume !== undefined && keepsPart(error) && (lstatLocal(part)?.size ?? 0) > 0) {
      left.state = [left.state, `${part} is kept for --resume`].filter((state) => state !== undefined).join(', ')
    } else {
      removeQuietly(part)
      resume?.kept.delete(part)
    }
    throw error
  }
}

/** A file that nobody else has, or with `resume` the part of an earlier copy, if it is there. */
function openPart(part: string, mode: number, resume: boolean, to: string, existing: Stats | undefined): number {
  const flags = constants.O_RDWR | constants.O_CREAT | constants.O_NOFOLLOW
  if (!resume) return openLocal(part, flags | constants.O_EXCL, mode, to, existing)
  const fd = openLocal(part, flags | constants.O_NONBLOCK, mode | 0o600, to, existing)
  const stats = fstatSync(fd)
  // Its name can be known beforehand: what others put there is not continued.
  if (stats.isFile() && stats.uid === process.geteuid?.() && stats.nlink === 1) return fd
  closeQuietly(fd)
  throw new FerryError('operation_failed', `${to}: ${part} is in the way, and not a part that you own`, { path: to })
}

async function proven(fd: number, resume: Resume<number>): Promise<number> {
  const { size } = fstatSync(fd)
  const start = size === 0 ? 0 : await resume.proven(fd, size)
  if (start === 0 && size > 0) ftruncateSync(fd)
  return start
}

async function fillAndClose(
  fd: number,
  to: string,
  exact: Attributes | undefined,
  fsync: boolean,
  fill: () => Promise<number>,
): Promise<number> {
  let bytes: number
  try {
    bytes = await fill()
    if (exact?.permissions !== undefined) fchmodSync(fd, exact.permissions)
    if (exact?.times !== undefined) futimesSync(fd, exact.times.atime, exact.times.mtime)
    if (fsync) fsyncSync(fd)
  } catch (error) {
    closeQuietly(fd)
    throw localError('write', to, error)
  }
  try {
    closeSync(fd)
  } catch (error) {
    throw localError('close', to, error)
  }
  return bytes
}

/** Only a superuser can give a file back to whom it belonged. */
function keepOwner(fd: number, { uid, gid }: Stats, warn: LocalReplaceOptions['warn']): void {
  const present = fstatSync(fd)
  if (present.uid === uid && present.gid === gid) return
  try {
    fchownSync(fd, uid, gid)
  } catch (error) {
    warn?.(`owner not kept: ${localReason(error)}`)
  }
}

function openLocal(path: string, flags: number, mode: number, to: string, existing?: Stats): number {
  try {
    return openSync(fsPath(path), flags, mode)
  } catch (error) {
    const errno = errnoOf(error)
    if (errno === 'EEXIST') throw alreadyExists(to)
    const beside = existing !== undefined && (errno === 'EACCES' || errno === 'EPERM')
    throw localError('open', to, error, beside ? { hint: inPlaceHint } : {})
  }
}

function takeName(part: string, path: string, to: string, overwrite: boolean): void {
  try {
    if (overwrite) renameSync(fsPath(part), fsPath(path))
    else renameToNew(fsPath(part), fsPath(path))
  } catch (error) {
    if (errnoOf(error) === 'EEXIST') throw alreadyExists(to)
    throw localError('rename', to, error)
  }
}

/** link(2) refuses an existing name in one step; where there are no hard links, an empty file of our own holds the name first. */
function renameToNew(part: string | Buffer, path: string | Buffer): void {
  try {
    linkSync(part, path)
  } catch (error) {
    if (errnoOf(error) === 'EEXIST') throw error
    closeSync(openSync(path, 'wx'))
    renameSync(part, path)
    return
  }
  unlinkSync(part)
}

function closeQuietly(fd: number): void {
  try {
    closeSync(fd)
  } catch {
    // the first error is the one to report
  }
}

function removeQuietly(path: string): void {
  try {
    unlinkSync(fsPath(path))
  } catch {
    // the first error is the one to report
  }
}

const alreadyExists = (to: string): FerryError =>
  new FerryError('already_exists', `${to}: already exists`, { path: to })
