import { FerryError } from '../errors/ferry-error.ts'
import type { Attributes } from '../model/attributes.ts'
import type { SftpSession } from './session.ts'

/** LSTAT, where a path that does not exist is an answer. */
export async function lstatOrAbsent(session: SftpSession, path: string): Promise<Attributes | undefined> {
  try {
    return await session.lstat(path)
  } catch (error) {
    if (error instanceof FerryError && error.code === 'not_found') return undefined
    throw error
  }
}
