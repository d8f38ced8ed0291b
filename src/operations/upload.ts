import { type Stats, statSync } from 'node:fs'
import { FerryError } from '../errors/ferry-error.ts'
import { localError } from '../errors/local-error.ts'
import { type Attributes, isDirectory } from '../model/attributes.ts'
import { fsPath } from '../model/name-bytes.ts'
import { joinRemote, type RemotePath, remotePath } from '../model/remote-path.ts'
import { lstatOrAbsent } from '../sftp/lstat-or-absent.ts'
import type { SftpSession } from '../sftp/session.ts'
import type { TransferSummary } from '../transfer/progress.ts'
import { told } from '../transfer/transfer-error.ts'
import { canSync } from './can-sync.ts'
import { type Destination, type Landing, landings } from './landing.ts'
import { type TransferOptions, TransferRun } from './transfer-run.ts'
import { UploadTree } from './upload-tree.ts'

/**
 * Copies local files and directories to the server, as cp -r does. What fails for one file of several is in the summary's `failures`,
 * and the rest goes on; a single source that fails as a whole rejects, and so does a lost session.
 */
export function upload(
  session: SftpSession,
  sources: readonly string[],
  to: RemotePath,
  options: TransferOptions,
): Promise<TransferSummary> {
  const run = new TransferRun(session, 'write', options)
  return run.complete(async () => {
    const alone = sources.length === 1
    const seen = lstatOrAbsent(session, to)
    seen.catch(() => undefined) // looked at where it is the final name
    const destination = await destinationOf(session, to, alone)
    const fsync = canSync(session, options.fsync ?? false, (message) => run.report.warn(to, message))
    const tree = new UploadTree(run, fsync)
    for (const landing of landings('upload', sources, to, destination, joinRemote)) {
      await uploadSource(run, tree, landing, alone, landing.to === to ? seen : undefined)
    }
    await tree.finish()
  })
}

/** A place that may be written to and not looked at, such as a drop box, is taken for the new name. */
async function destinationOf(session: SftpSession, to: RemotePath, alone: boolean): Promise<Destination> {
  try {
    return isDirectory(await session.stat(to)) ? 'directory' : 'other'
  } catch (error) {
    const code = error instanceof FerryError ? error.code : undefined
    if (code === 'not_found' || (code === 'permission_denied' && alone)) return 'absent'
    throw told(`upload to ${to}`, error, { path: to })
  }
}

async function uploadSource(
  run: TransferRun,
  tree: UploadTree,
  { from, to, intoExisting }: Landing,
  alone: boolean,
  seen: Promise<Attributes | undefined> | undefined,
): Promise<void> {
  let stats: Stats
  try {
    stats = lookAt(from)
  } catch (error) {
    return run.fail(from, to, told(`upload ${from} -> ${to}`, error, { path: from }), alone)
  }
  if (stats.isDirectory()) tree.root(from, remotePath(to), stats, intoExisting, alone)
  else await tree.file(from, remotePath(to), { seen }, alone)
}

/** A link that is given as a source is followed. */
function lookAt(from: string): Stats {
  try {
    const stats = statSync(fsPath(from))
    if (stats.isDirectory() || stats.isFile()) return stats
  } catch (error) {
    throw localError('stat', from, error)
  }
  throw new FerryError('wrong_kind', `${from}: not a regular file`, { path: from })
}
