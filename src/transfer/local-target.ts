import { lstatSync, readlinkSync, type Stats } from 'node:fs'
import { localError } from '../errors/local-error.ts'
import { decodeName, fsPath } from '../model/name-bytes.ts'

/** As many links as Linux follows in one path. */
const mostLinks = 40

/** Where bytes that are meant for a local path go. */
export interface LocalTarget {
  /** Behind the links, where the path is one. */
  readonly path: string
  readonly existing?: Stats
  readonly viaLink: boolean
}

/** Looks where a local path leads. Nothing there is an answer: a new name, or what a dangling link wants. */
export function localTarget(path: string): LocalTarget {
  let at = path
  for (let links = 0; links < mostLinks; links += 1) {
    const viaLink = links > 0
    const existing = lstatLocal(at)
    if (existing === undefined) return { path: at, viaLink }
    if (!existing.isSymbolicLink()) return { path: at, existing, viaLink }
    const target = readLocalLink(at)
    at = target.startsWith('/') ? target : at.slice(0, at.lastIndexOf('/') + 1) + target
  }
  throw localError('stat', path, Object.assign(new Error('ELOOP'), { code: 'ELOOP' }))
}

/** lstat(2), where a path that does not exist is an answer. */
export function lstatLocal(path: string): Stats | undefined {
  try {
    return lstatSync(fsPath(path), { throwIfNoEntry: false })
  } catch (error) {
    throw localError('stat', path, error)
  }
}

/** Where a local link points, as it is stored. */
export function readLocalLink(path: string): string {
  try {
    return decodeName(readlinkSync(fsPath(path), { encoding: 'buffer' }))
  } catch (error) {
    throw localError('read link', path, error)
  }
}

/** A name in a local directory, as the user would type it. */
export function joinLocal(directory: string, name: string): string {
  if (directory === '.' || directory === '') return name
  return directory.endsWith('/') ? `${directory}${name}` : `${directory}/${name}`
}
