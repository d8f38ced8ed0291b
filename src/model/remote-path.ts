import { FerryError } from '../errors/ferry-error.ts'

declare const checked: unique symbol
/** A path on the server, as bytes that `name-bytes.ts` made text of: not empty, without NUL, otherwise taken literally. */
export type RemotePath = string & { readonly [checked]: 'RemotePath' }

const isRemotePath = (text: string): text is RemotePath => text !== '' && !text.includes('\0')

export function remotePath(text: string): RemotePath {
  if (isRemotePath(text)) return text
  throw new FerryError('usage', text === '' ? 'empty remote path' : 'remote path contains a NUL byte')
}

/** `path` as seen from `directory`: an absolute path stays as it is. `..` is left for the server to resolve. */
export function resolveRemote(directory: string, path: string): RemotePath {
  if (path.startsWith('/') || directory === '' || directory === '.') return remotePath(path)
  return remotePath(joinRemote(directory, path))
}

export function joinRemote(directory: string, name: string): RemotePath {
  return remotePath(directory.endsWith('/') ? `${directory}${name}` : `${directory}/${name}`)
}

/** The last component without trailing slashes: `/a/b/` gives `b`, `/` gives `/`. */
export function baseName(path: string): string {
  const trimmed = withoutTrailingSlashes(path)
  return trimmed === '/' ? '/' : trimmed.slice(trimmed.lastIndexOf('/') + 1)
}

/** The directory that holds `path`: `a` gives `.`, `/a` gives `/`. */
export function directoryName(path: string): RemotePath {
  const trimmed = withoutTrailingSlashes(path)
  const slash = trimmed.lastIndexOf('/')
  if (slash < 0) return remotePath('.')
  return remotePath(slash === 0 ? '/' : withoutTrailingSlashes(trimmed.slice(0, slash)))
}

export function withoutTrailingSlashes(path: string): string {
  let end = path.length
  while (end > 1 && path[end - 1] === '/') end -= 1
  return path.slice(0, end)
}

/**
 * Why a name that a server listed cannot be one path component, or `undefined` where it can. A name that fails is never joined
 * to a path (CVE-2019-6111, CVE-2018-20685). `.` and `..` are the usual two entries, and are skipped before this is asked.
 */
export function suspectName(name: string): string | undefined {
  if (name === '') return 'an empty name'
  if (name.includes('/')) return 'a name with a slash'
  if (name.includes('\0')) return 'a name with a NUL byte'
  return name === '.' || name === '..' ? 'a name that is a directory reference' : undefined
}
