import type { SftpSession } from '../sftp/session.ts'

/** What is found out of a session's server by files of our own beside `path`; nothing where that place tells nothing of the server. */
export type Question<T> = (session: SftpSession, path: string) => Promise<T | undefined>

/**
 * Asks once a session: files in flight wait for the question that is under way. Where it tells nothing, or fails, each asks for itself:
 * another directory may be one that can be written to.
 */
export function askedOnce<T>(ask: Question<T>): Question<T> {
  const known = new WeakMap<SftpSession, T>()
  const asking = new WeakMap<SftpSession, Promise<T | undefined>>()
  return async (session, path) => {
    const other = asking.get(session)
    if (other !== undefined && !known.has(session)) await other.catch(() => undefined)
    const answer = known.get(session)
    if (answer !== undefined) return answer
    const asked = ask(session, path)
    asking.set(session, asked)
    const told = await asked
    if (told !== undefined) known.set(session, told)
    return told
  }
}
