import { type Details, FerryError } from './ferry-error.ts'

const reasons: Readonly<Record<string, string>> = {
  ENOENT: 'no such file or directory',
  EACCES: 'permission denied',
  EPERM: 'operation not permitted',
  EEXIST: 'already exists',
  EISDIR: 'is a directory',
  ENOTDIR: 'not a directory',
  ENOTEMPTY: 'directory not empty',
  ENOSPC: 'no space left on this machine',
  EDQUOT: 'quota exceeded on this machine',
  EROFS: 'read-only file system',
  ELOOP: 'too many levels of symbolic links',
  ENAMETOOLONG: 'file name too long',
  EMFILE: 'too many open files',
  ENFILE: 'too many open files',
  EXDEV: 'on another file system',
  EFBIG: 'file too large',
  EIO: 'input/output error',
}

export function errnoOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined
}

/** Why the operating system refused, in sftp's words: `no such file or directory`. */
export function localReason(error: unknown): string {
  const errno = errnoOf(error)
  if (errno !== undefined) return reasons[errno] ?? errno
  return error instanceof Error ? error.message : String(error)
}

/** A failure of this machine's file system: `open ./report.csv: no such file or directory`. */
export function localError(act: string, path: string, error: unknown, details: Details = {}): FerryError {
  if (error instanceof FerryError) return error
  return new FerryError('local_failed', `${act} ${path}: ${localReason(error)}`, { cause: error, path, ...details })
}
