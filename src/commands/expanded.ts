import type { Remote } from '../api/remote.ts'
import { FerryError } from '../errors/ferry-error.ts'
import { baseName, type RemotePath, remotePath } from '../model/remote-path.ts'
import { glob } from '../script/glob.ts'
import { parsePattern } from '../script/match.ts'
import { remoteTree } from '../script/remote-tree.ts'
import { escapePattern } from '../script/words.ts'

/** What patterns stand for, in their order, and names that the server sent and that cannot be names. */
export interface Expansion {
  readonly paths: readonly RemotePath[]
  readonly refused: readonly FerryError[]
}

/** The paths on the server that match patterns in sftp's language; `.` and `..` are never matched. One that matches nothing is an error. */
export async function expanded(remote: Remote, patterns: readonly string[], signal: AbortSignal): Promise<Expansion> {
  const tree = remoteTree(remote.session, signal)
  const paths: RemotePath[] = []
  const refused: FerryError[] = []
  for (const pattern of patterns) {
    const parsed = parsePattern(absolute(remote, remotePath(pattern)), { unknownClass: 'matches nothing' })
    const found = await glob(tree, [parsed])
    const named = found.matches.filter(({ path }) => path === parsed.plain || !['.', '..'].includes(baseName(path)))
    if (named.length === 0) {
      throw found.denied ?? new FerryError('not_found', `nothing matches ${pattern}`, { path: pattern })
    }
    paths.push(...named.map(({ path }) => remotePath(path)))
    refused.push(...found.refused)
  }
  return { paths, refused }
}

/** A pattern that starts in the connection's directory, whose own name is no pattern. */
function absolute({ preferences: { directory } }: Remote, pattern: string): string {
  return directory === undefined || pattern.startsWith('/') ? pattern : `${escapePattern(directory)}/${pattern}`
}
