import { baseName } from '../model/remote-path.ts'

/** `path` as seen from `directory`, taken as it is written: nothing is resolved (OpenSSH sftp-client.c, make_absolute). */
export function joinPath(directory: string, path: string): string {
  return path.startsWith('/') ? path : appendPath(directory, path)
}

/** A path below a directory. */
export function appendPath(directory: string, path: string): string {
  return directory === '' || directory.endsWith('/') ? `${directory}${path}` : `${directory}/${path}`
}

/** A path without the directory that it is shown from. */
export function stripPath(path: string, directory: string | undefined): string {
  if (directory === undefined || directory === '' || !path.startsWith(directory)) return path
  const rest = path.slice(directory.length)
  return !directory.endsWith('/') && rest.startsWith('/') ? rest.slice(1) : rest
}

/** The name that a copy of `path` gets. What ends in `..`, or is the root, has none: its contents land in the destination itself. */
export function copyName(path: string): string {
  const name = baseName(path)
  return name === '' || name === '/' || name === '..' ? '.' : name
}
