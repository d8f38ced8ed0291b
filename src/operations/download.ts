import { statSync } from 'node:fs'
import { FerryError } from '../errors/ferry-error.ts'
import { errnoOf, localError } from '../errors/local-error.ts'
import { type Attributes, isDirectory, isFile } from '../model/attributes.ts'
import { fsPath } from '../model/name-bytes.ts'
import { type RemotePath, remotePath } from '../model/remote-path.ts'
import type { SftpSession } from '../sftp/session.ts'
import { joinLocal } from '../transfer/local-target.ts'
import type { TransferSummary } from '../transfer/progress.ts'
import { told } from '../transfer/transfer-error.ts'
import { DownloadTree } from './download-tree.ts'
import { type Destination, type Landing, landings } from './landing.ts'
import { type TransferOptions, TransferRun } from './transfer-run.ts'

export interface DownloadOptions extends TransferOptions {
  /** Only files: a source that is a directory is an error. */
  readonly requireFile?: boolean
}

/**
 * Copies remote files and directories to this machine, as cp -r does. What fails for one file of several is in the summary's `failures`,
 * and the rest goes on; a single source that fails as a whole rejects, and so does a lost session. Nothing that the server says makes it
 * write outside `to`.
 */
export function download(
  session: SftpSession,
  sources: readonly RemotePath[],
  to: string,
  options: DownloadOptions,
): Promise<TransferSummary> {
  const run = new TransferRun(session, 'read', options)
  return run.complete(async () => {
    const places = landings('download', sources, to, destinationOf(to), joinLocal)
    const tree = new DownloadTree(run, options.fsync ?? false)
    const alone = sources.length === 1
    for (const landing of places) await downloadSource(run, tree, landing, alone, options.requireFile ?? false)
    await tree.finish()
  })
}

function destinationOf(to: string): Destination {
  try {
    return statSync(fsPath(to)).isDirectory() ? 'directory' : 'other'
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return 'absent'
    throw localError('stat', to, error)
  }
}

async function downloadSource(
  run: TransferRun,
  tree: DownloadTree,
  { from, to, intoExisting }: Landing,
  alone: boolean,
  requireFile: boolean,
): Promise<void> {
  const source = remotePath(from)
  let attributes: Attributes
  try {
    attributes = await lookAt(run.session, source, requireFile)
  } catch (error) {
    return run.fail(from, to, told(`download ${from} -> ${to}`, error, { path: from }), alone)
  }
  if (isDirectory(attributes)) tree.root(source, to, attributes, intoExisting, alone)
  else await tree.file(source, to, attributes, { alone })
}

/** A link that is given as a source is followed. Where the server tells no kind, reading will. */
async function lookAt(session: SftpSession, from: RemotePath, requireFile: boolean): Promise<Attributes> {
  const attributes = await session.stat(from)
  const fail = (reason: string): FerryError => new FerryError('wrong_kind', `${from}: ${reason}`, { path: from })
  if (isDirectory(attributes)) {
    if (requireFile) throw fail('is a directory')
  } else if (!isFile(attributes) && attributes.permissions !== undefined) {
    throw fail('not a regular file')
  }
  return attributes
}
