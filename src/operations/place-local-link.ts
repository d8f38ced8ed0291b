import { renameSync, symlinkSync, unlinkSync } from 'node:fs'
import { resolve } from 'node:path'
import { FerryError } from '../errors/ferry-error.ts'
import { localError } from '../errors/local-error.ts'
import { fsPath } from '../model/name-bytes.ts'
import { asLocalChange } from '../sftp/audited-session.ts'
import type { SftpSession } from '../sftp/session.ts'
import { joinLocal, lstatLocal, readLocalLink } from '../transfer/local-target.ts'
import { temporaryName } from '../transfer/temporary-name.ts'

/** Makes a link of a tree that a server gave, at the path `below` its root, unless it could lead out of the tree. */
export function placeLocalLink(
  session: SftpSession,
  target: string,
  root: string,
  below: string,
  overwrite: boolean,
): void {
  const to = joinLocal(root, below)
  asLocalChange(session, { operation: 'symlink', path: resolve(to), target }, () => {
    const refusal = refusedLink(target, root, below)
    if (refusal !== undefined) throw refusal
    place(target, to, overwrite)
  })
}

function place(target: string, to: string, overwrite: boolean): void {
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

/** Why such a link is not made, if it is not. */
export function refusedLink(target: string, root: string, below: string): FerryError | undefined {
  const isUpwards = target.split('/').includes('..')
  const why =
    leadsOut(target, below.split('/').length - 1) ??
    (isUpwards && isBehindLink(root, below)
      ? 'a directory on the way to it is a link, so its ".." may leave the tree'
      : undefined)
  if (why === undefined) return undefined
  const to = joinLocal(root, below)
  return new FerryError('operation_failed', `${to}: refused the link to ${target}: ${why}`, { path: to })
}

/** A link that an earlier run made counts as a directory, and is nearer to the root than its name says. */
function isBehindLink(root: string, below: string): boolean {
  for (let end = below.indexOf('/'); end >= 0; end = below.indexOf('/', end + 1)) {
    if (lstatLocal(joinLocal(root, below.slice(0, end)))?.isSymbolicLink()) return true
  }
  return false
}

/**
 * Why a link may lead out of its tree, where all directories on the way to it are real ones: `..` at its beginning can be counted; after
 * a name, which may be a link itself, it cannot.
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
