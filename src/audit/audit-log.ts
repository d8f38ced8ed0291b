import { closeSync, constants, fstatSync, openSync, readSync, writeSync } from 'node:fs'
import { resolve } from 'node:path'
import { FerryError } from '../errors/ferry-error.ts'
import { localReason } from '../errors/local-error.ts'
import { fsPath } from '../model/name-bytes.ts'
import type { AuditEntry } from './audit-entry.ts'

/** Readers may count on it: a longer line is not written, and what it would tell is not done. */
export const longestLine = 1 << 16

/**
 * A file to which lines are only ever added, by as many processes as like. Each line is one write at the end of the file, which the system
 * does as a whole; the file is opened for each, so that it may be renamed and begun anew at any time.
 */
export class AuditLog {
  readonly path: string

  constructor(path: string) {
    this.path = resolve(path)
  }

  /** Rejects nothing but `audit_failed`. When it gives back, the system has the line, and the death of this process cannot take it away. */
  append(entry: AuditEntry): void {
    const line = Buffer.from(`${JSON.stringify(entry)}\n`)
    let fd: number | undefined
    try {
      fd = openLog(this.path)
      if (line.length > longestLine) throw new Error(`a line of ${line.length} bytes is too long`)
      // What a full disk, or a machine that stopped, has cut off must not swallow the line that comes next.
      const whole = endsMidLine(this.path) ? Buffer.concat([Buffer.from('\n'), line]) : line
      for (let written = 0; written < whole.length; ) written += writeSync(fd, whole, written)
    } catch (error) {
      throw new FerryError('audit_failed', `write the audit log ${this.path}: ${localReason(error)}`, {
        cause: error,
        path: this.path,
        ...(fd === undefined && {
          hint: 'a log is a regular file, or a new name in a directory that you may write to',
        }),
      })
    } finally {
      if (fd !== undefined) closeSync(fd)
    }
  }
}

/** A link is refused, as it may lead to a file that is no log; a FIFO would lose what it is told, or wait for a reader. */
function openLog(path: string): number {
  const flags =
    constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT | constants.O_NOFOLLOW | constants.O_NONBLOCK
  const fd = openSync(fsPath(path), flags, 0o600)
  if (fstatSync(fd).isFile()) return fd
  closeSync(fd)
  throw new Error('not a regular file')
}

/** Whoever may write the log may not be allowed to read it: then nobody knows. */
function endsMidLine(path: string): boolean {
  let fd: number | undefined
  try {
    fd = openSync(fsPath(path), constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
    const { size } = fstatSync(fd)
    const last = Buffer.alloc(1)
    return size > 0 && readSync(fd, last, 0, 1, size - 1) === 1 && last[0] !== 10
  } catch {
    return false
  } finally {
    if (fd !== undefined) closeSync(fd)
  }
}
