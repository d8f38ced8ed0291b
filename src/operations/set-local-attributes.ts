import { chmodSync, utimesSync } from 'node:fs'
import { resolve } from 'node:path'
import type { Attributes } from '../model/attributes.ts'
import { octal } from '../model/mode.ts'
import { fsPath } from '../model/name-bytes.ts'
import { asLocalChange } from '../sftp/audited-session.ts'
import type { SftpSession } from '../sftp/session.ts'

/** Gives a path of this machine the times and the mode of one on the server. Throws what Node throws. */
export function setLocalAttributes(session: SftpSession, path: string, { permissions, times }: Attributes): void {
  if (permissions === undefined && times === undefined) return
  const mode = permissions === undefined ? {} : { mode: octal(permissions) }
  asLocalChange(session, { operation: 'set_attributes', path: resolve(path), ...mode }, () => {
    if (times !== undefined) utimesSync(fsPath(path), times.atime, times.mtime)
    if (permissions !== undefined) chmodSync(fsPath(path), permissions)
  })
}
