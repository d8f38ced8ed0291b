import { orAbort } from '../model/or-abort.ts'
import type { RemotePath } from '../model/remote-path.ts'
import type { SftpSession } from '../sftp/session.ts'

/** A file system's room, in bytes and in inodes. */
export interface Space {
  readonly size: number
  readonly used: number
  /** To users without privileges. */
  readonly available: number
  readonly inodes: number
  readonly inodesUsed: number
  readonly inodesAvailable: number
}

/** How full the file system is that holds `path`. */
export async function space(
  session: SftpSession,
  path: RemotePath,
  { signal }: { readonly signal: AbortSignal },
): Promise<Space> {
  signal.throwIfAborted()
  const system = await orAbort(session.statvfs(path), signal)
  const bytes = (blocks: bigint): number => Number(blocks * BigInt(system.fragmentSize))
  return {
    size: bytes(system.blocks),
    used: bytes(system.blocks - system.blocksFree),
    available: bytes(system.blocksAvailable),
    inodes: Number(system.files),
    inodesUsed: Number(system.files - system.filesFree),
    inodesAvailable: Number(system.filesAvailable),
  }
}
