import { readFileSync, type Stats, statSync } from 'node:fs'
import { errnoOf } from '../errors/local-error.ts'
import { fsPath } from '../model/name-bytes.ts'
import { wholeFile } from '../secrets/file-chunks.ts'

/**
 * The bytes of a file of settings; `undefined` where there is none. A regular file is read on the spot, as handing a small one to a thread takes
 * many times longer than reading it. For a pipe, which may say nothing for ever, only its reader waits.
 */
export async function readFileIfAny(path: string): Promise<Buffer | undefined> {
  const found = statIfAny(path)
  if (found === undefined) return undefined
  return found.isFile() ? readFileSync(fsPath(path)) : wholeFile(path)
}

/** What there is at a path, if there is anything. */
export function statIfAny(path: string): Stats | undefined {
  try {
    return statSync(fsPath(path), { throwIfNoEntry: false })
  } catch (error) {
    if (errnoOf(error) === 'ENOTDIR') return undefined
    throw error
  }
}

/** Whether there is something at a path that can be looked at. */
export function exists(path: string): boolean {
  try {
    return statIfAny(path) !== undefined
  } catch {
    return false
  }
}
