import { FerryError } from '../errors/ferry-error.ts'
import { offers, type SftpSession } from '../sftp/session.ts'
import { askedOnce } from './asked-once.ts'
import { temporaryName } from './temporary-name.ts'
import { endsAll } from './transfer-error.ts'

/** Gives a file the name of another one, which is gone in the same step. */
export type Replacement = (from: string, to: string) => Promise<void>

/**
 * How the server replaces a file in one step, or nothing where it cannot. Who does not announce posix-rename is asked once a session, by
 * files of our own beside `path`: some know it all the same (Paramiko), and RENAME itself replaces with others (MySecureShell), though the
 * draft forbids it (draft-ietf-secsh-filexfer-02 §6.5).
 */
export async function replacement(session: SftpSession, path: string): Promise<Replacement | undefined> {
  if (offers(session, 'posix-rename@openssh.com')) return (from, to) => session.posixRename(from, to)
  const found = await foundOut(session, path)
  return found === 'none' ? undefined : found
}

const foundOut = askedOnce<Replacement | 'none'>(async (session, path) => {
  if (await knowsPosixRename(session, path)) return (from, to) => session.posixRename(from, to)
  const replaces = await renameReplaces(session, path)
  if (replaces === false) return 'none'
  return replaces && ((from, to) => session.rename(from, to))
})

/** Whoever knows the request misses the file. */
async function knowsPosixRename(session: SftpSession, path: string): Promise<boolean> {
  try {
    await session.posixRename(temporaryName(path), temporaryName(path))
    return false
  } catch (error) {
    // With --retry: the answer was lost with the connection, and there is another one.
    if (error instanceof FerryError && error.code === 'outcome_unknown') return knowsPosixRename(session, path)
    if (endsAll(error)) throw error
    return error instanceof FerryError && error.code === 'not_found'
  }
}

/** Nothing is known of it where no files can be made beside `path`. */
async function renameReplaces(session: SftpSession, path: string): Promise<boolean | undefined> {
  const [from, to] = [temporaryName(path), temporaryName(path)]
  let made = false
  try {
    for (const name of [from, to]) {
      await session.close(await session.open(name, { write: true, create: true, exclusive: true }))
    }
    made = true
    await session.rename(from, to)
    return true
  } catch (error) {
    if (endsAll(error)) throw error
    return made ? false : undefined
  } finally {
    // One of them is not there, or neither.
    await Promise.allSettled([session.remove(from), session.remove(to)])
  }
}
