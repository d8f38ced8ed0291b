import type { FerryError } from '../errors/ferry-error.ts'
import type { DirectoryEntry } from '../model/attributes.ts'
import { suspectName } from '../model/remote-path.ts'
import { glance } from '../operations/glance.ts'
import { refusedName } from '../operations/refused-name.ts'
import type { SftpSession } from '../sftp/session.ts'
import { readDirectory } from '../transfer/read-directory.ts'
import type { GlobTree } from './glob.ts'
import { inGroups } from './in-groups.ts'
import { appendPath } from './paths.ts'

/** Paths looked at once. */
const looksAtOnce = 64

/** The server's names, for patterns. */
export function remoteTree(session: SftpSession, signal: AbortSignal): GlobTree {
  return {
    list: async (directory) => {
      const { entries, refused } = await listRemote(session, directory, { signal })
      return { names: entries, refused }
    },
    lstat: (path) => session.lstat(path),
    stat: (path) => session.stat(path),
  }
}

export interface ListOptions {
  /** Asks for attributes where the server did not send them with the names. */
  readonly complete?: boolean
  readonly signal: AbortSignal
}

/** A whole directory in the server's order, without `.` and `..`; names that cannot be names are refused (CVE-2019-6111). */
export async function listRemote(
  session: SftpSession,
  directory: string,
  { complete = false, signal }: ListOptions,
): Promise<{ readonly entries: readonly DirectoryEntry[]; readonly refused: readonly FerryError[] }> {
  const entries: DirectoryEntry[] = []
  const refused: FerryError[] = []
  for await (const entry of readDirectory(session, directory, { signal })) {
    const why = suspectName(entry.name)
    if (why === undefined) entries.push(entry)
    else refused.push(refusedName('list', directory, entry.name, why))
  }
  if (!complete || entries.every(({ attributes }) => attributes.permissions !== undefined)) return { entries, refused }
  const completed = await inGroups(entries, looksAtOnce, async (entry) => {
    if (entry.attributes.permissions !== undefined) return entry
    const attributes = await glance(session, appendPath(directory, entry.name), signal)
    return attributes === undefined ? entry : { ...entry, attributes }
  })
  return { entries: completed, refused }
}
