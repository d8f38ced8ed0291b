import { type Attributes, isSymlink } from '../model/attributes.ts'
import { encodeName } from '../model/name-bytes.ts'
import { isLoss } from './reconnection.ts'

/** A symbolic link as lstat(2) tells it. */
const linkMode = 0o120777

/**
 * What a path is, told by LSTAT and by READLINK, as some servers follow a link in LSTAT too (ProFTPD's mod_sftp) or miss a dangling one:
 * only READLINK tells their links, and whoever deletes must know them.
 */
export async function linkItself(lstat: Promise<Attributes>, readlink: Promise<string>): Promise<Attributes> {
  const [told, target] = await Promise.allSettled([lstat, readlink])
  // An answer that was lost is no sign that there is no link.
  if (target.status === 'rejected' && isLoss(target.reason)) {
    throw told.status === 'rejected' ? told.reason : target.reason
  }
  if (target.status === 'rejected' || (told.status === 'fulfilled' && isSymlink(told.value))) return lstat
  const followed = told.status === 'fulfilled' ? told.value : {}
  return { ...followed, permissions: linkMode, size: encodeName(target.value).length }
}
