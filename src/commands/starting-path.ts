import type { Remote } from '../api/remote.ts'
import { type RemotePath, remotePath } from '../model/remote-path.ts'

/** The path that was given, or where the connection starts: its `directory`, else the login directory. */
export function startingPath(remote: Remote, path: string | undefined): RemotePath {
  return path === undefined ? (remote.preferences.directory ?? remotePath('.')) : remote.resolve(path)
}
