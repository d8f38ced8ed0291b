import { lstatSync, readdirSync, type Stats, statSync } from 'node:fs'
import { localError } from '../errors/local-error.ts'
import type { Attributes } from '../model/attributes.ts'
import { decodeName, fsPath } from '../model/name-bytes.ts'
import { timesOf } from '../transfer/upload-file.ts'
import type { GlobTree } from './glob.ts'

/** Names on this machine, for patterns; relative ones start in `directory`. */
export function localTree(locate: (path: string) => string): GlobTree {
  return {
    list: async (directory) => ({ names: listLocal(locate, directory).map((name) => ({ name })), refused: [] }),
    lstat: async (path) => look(lstatSync, locate, path),
    stat: async (path) => look(statSync, locate, path),
  }
}

/** The names in a local directory, in the order of the file system. */
export function listLocal(locate: (path: string) => string, directory: string): string[] {
  try {
    return readdirSync(fsPath(locate(directory)), { encoding: 'buffer' }).map(decodeName)
  } catch (error) {
    throw localError('list', directory, error)
  }
}

function look(ask: (path: string | Buffer) => Stats, locate: (path: string) => string, path: string): Attributes {
  try {
    const stats = ask(fsPath(locate(path)))
    return { size: stats.size, permissions: stats.mode, times: timesOf(stats) }
  } catch (error) {
    throw localError('stat', path, error)
  }
}
