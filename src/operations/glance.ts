import type { Attributes } from '../model/attributes.ts'
import { orAbort } from '../model/or-abort.ts'
import type { SftpSession } from '../sftp/session.ts'
import { endsAll } from '../transfer/transfer-error.ts'

/**
 * What is at a path, if it can be seen. OpenSSH's server answers FAILURE for what exists, is not empty or is of another kind, and only
 * such a look tells which it was.
 */
export async function glance(
  session: SftpSession,
  path: string,
  signal: AbortSignal,
  how: 'lstat' | 'stat' = 'lstat',
): Promise<Attributes | undefined> {
  try {
    return await orAbort(session[how](path), signal)
  } catch (error) {
    if (endsAll(error)) throw error
    return undefined
  }
}
