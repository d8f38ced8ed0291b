import picomatch from 'picomatch'
import { FerryError } from '../errors/ferry-error.ts'
import { excerpt } from './visible.ts'

/** Globs for the paths below a source. */
export interface PathPatterns {
  readonly exclude?: readonly string[]
  /** Wins over `exclude`. */
  readonly include?: readonly string[]
}

/** Which paths below a source are meant. */
export interface PathFilter {
  /** Whether a path (`a/b`, without a slash at either end) is one of them, by itself or by a directory that it is in. */
  takes(path: string, isDirectory: boolean): boolean
  /** Whether something below a directory that is left out may be taken all the same. */
  readonly mayTakeBelow: boolean
}

/** A pattern of several stars takes a power of a name's length, and a server may send names as long as a packet. */
const longestName = 1024

interface Pattern {
  readonly matches: (path: string) => boolean
  /** Written with a slash at its end: it means directories only. */
  readonly onlyDirectories: boolean
}

/** Everything, unless patterns say otherwise. A pattern is compared with the whole path and with its last name. */
export function pathFilter({ exclude = [], include = [] }: PathPatterns): PathFilter {
  const excluded = exclude.map((text) => pattern(text, '--exclude'))
  const included = include.map((text) => pattern(text, '--include'))
  if (excluded.length === 0) return { takes: () => true, mayTakeBelow: false }
  return {
    takes: (path, isDirectory) => isMatched(included, path, isDirectory) || !isMatched(excluded, path, isDirectory),
    mayTakeBelow: included.length > 0,
  }
}

/** Whether a pattern matches the path, or one of the directories that it is in. */
function isMatched(patterns: readonly Pattern[], path: string, isDirectory: boolean): boolean {
  for (let end = path.indexOf('/'); ; end = path.indexOf('/', end + 1)) {
    const isWhole = end < 0
    const part = isWhole ? path : path.slice(0, end)
    const isFolder = isDirectory || !isWhole
    if (patterns.some(({ matches, onlyDirectories }) => (isFolder || !onlyDirectories) && matches(part))) return true
    if (isWhole) return false
  }
}

function pattern(text: string, flag: string): Pattern {
  const onlyDirectories = text.length > 1 && text.endsWith('/')
  try {
    const matches = picomatch(onlyDirectories ? text.slice(0, -1) : text, {
      dot: true,
      nobrace: true,
      noextglob: true,
      nonegate: true,
    })
    return { matches: (path) => matches(nameIn(path)) || matches(path), onlyDirectories }
  } catch (error) {
    throw new FerryError('usage', `${flag}: "${text}" is not a pattern`, { cause: error })
  }
}

function nameIn(path: string): string {
  const name = path.slice(path.lastIndexOf('/') + 1)
  if (name.length <= longestName) return name
  throw new FerryError('operation_failed', `"${excerpt(name)}": a name of ${name.length} characters fits no pattern`)
}
