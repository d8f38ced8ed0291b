import { renameSync, symlinkSync, unlinkSync } from 'node:fs'
import { resolve } from 'node:path'
import { FerryError } from '../errors/ferry-error.ts'
import { localError } from '../errors/local-error.ts'
import { fsPath } from '../model/name-bytes.ts'
import { asLocalChange } from '../sftp/audited-session.ts'
import type { SftpSession } from '../sftp/session.ts'
import { lstatLocal, readLocalLink } from '../transfer/local-target.ts'
import { temporaryName } from '../transfer/temporary-name.ts'

/** Makes a link of a tree that a server gave, `depth` directories below its root, unless it could lead out of the tree. */
export function placeLocalLink(
  session: SftpSession,
  target: string,
  to: string,
  depth: number,
  overwrite: boolean,
): void {
  asLocalChange(session, { operation: 'symlink', path: resolve(to), target }, () => place(target, to, depth, overwrite))
}

function place(target: string, to: string, depth: number, overwrite: boolean): void {
  const why = leadsOut(target, depth)
  if (why !== undefined) {
    throw new FerryError('operation_failed', `${to}: refused the link to ${target}: ${why}`, { path: to })
  }
  const existing = lstatLocal(to)
  if (existing === undefined) {
    makeLink(target, to)
    return
  }
  if (!overwrite) throw new FerryError('already_exists', `${to}: already exists`, { path: to })
  if (existing.isDirectory()) throw new FerryError('wrong_kind', `${to}: is a directory`, { path: to })
  if (existing.isSymbolicLink() && readLocalLink(to) === target) return
  const part = temporaryName(to)
  makeLink(target, part)
  try {
    renameSync(fsPath(part), fsPath(to))
  } catch (error) {
    unlinkSync(fsPath(part))
    throw localError('rename', to, error)
  }
}

/**
 * Why a link may lead out of its tree. All directories on the way to it are real ones, so `..` at its beginning can be counted; after a
 * name, which may be a link itself, it cannot.
 */
export function leadsOut(target: string, depth: number): string | undefined {
  if (target.startsWith('/')) return 'it is absolute'
  let ups = 0
  let named = false
  for (const part of target.split('/')) {
    if (part === '' || part === '.') continue
    if (part !== '..') named = true
    else if (named) return 'its ".." after a name may leave the tree'
    else ups += 1
  }
  if (target === '' || target.includes('\0')) return 'it is no path'
  return ups > depth ? 'it leaves the tree' : undefined
}

function makeLink(target: string, path: string): void {
  try {
    symlinkSync(fsPath(target), fsPath(path))
  } catch (error) {
    throw localError('symlink', path, error)
  }
}
