import { fstatSync } from 'node:fs'
import { FerryError } from '../errors/ferry-error.ts'
import { localError } from '../errors/local-error.ts'
import { remotePath } from '../model/remote-path.ts'
import { offersHashes, type SftpSession } from '../sftp/session.ts'
import { ContentHash } from '../transfer/content-hash.ts'
import { allDone } from '../transfer/resume.ts'
import { endsAll } from '../transfer/transfer-error.ts'
import { readFile } from './read-file.ts'

/** A server is silent while it hashes: what may take longer than a usual time-out is read back instead. */
const mostHashed = 1 << 30

async function hashLocal(fd: number, signal: AbortSignal): Promise<string> {
  const content = new ContentHash()
  await content.addFile(fd, signal)
  return content.sum().sha256
}

/** The server's own, where it can tell one, else of what it gives back. */
async function hashRemote(session: SftpSession, path: string, sizeBytes: number, signal: AbortSignal): Promise<string> {
  if (offersHashes(session) && sizeBytes > 0 && sizeBytes <= mostHashed) {
    try {
      return (await session.sha256(path, sizeBytes)).toString('hex')
    } catch (error) {
      if (endsAll(error)) throw error // else it can tell others only, or none of this file
    }
  }
  const content = new ContentHash()
  for await (const piece of readFile(session, remotePath(path), { signal })) content.add(piece)
  return content.sum().sha256
}

/** Throws where an open local file and a remote one are not the same, with both hashes. */
export async function verifyCopy(session: SftpSession, fd: number, path: string, signal: AbortSignal): Promise<void> {
  const [ours, theirs] = await bothHashes(session, fd, path, signal)
  if (ours === theirs) return
  const message = `${path}: the copies differ: SHA-256 ${ours} on this machine, ${theirs} on the server`
  throw new FerryError('operation_failed', message, { path })
}

/** SHA-256 of an open local file and of a remote one, in hexadecimal digits. */
export function bothHashes(session: SftpSession, fd: number, path: string, signal: AbortSignal): Promise<string[]> {
  return allDone([hashLocal(fd, signal), hashRemote(session, path, sizeOf(fd, path), signal)])
}

function sizeOf(fd: number, path: string): number {
  try {
    return fstatSync(fd).size
  } catch (error) {
    throw localError('stat', path, error)
  }
}
