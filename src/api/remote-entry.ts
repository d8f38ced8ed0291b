import { type FileType, fileType } from '../model/attributes.ts'
import type { Entry } from '../model/entry.ts'
import { octal, permissionText } from '../model/mode.ts'

/** A remote file, directory, link or other thing, with all that the server told of it. */
export interface RemoteEntry {
  readonly name: string
  readonly path: string
  readonly type: FileType
  /** Bytes. */
  readonly size?: number
  /** `rw-r--r--` */
  readonly permissions?: string
  /** `0644` */
  readonly permissionsOctal?: string
  readonly owner?: string
  readonly group?: string
  readonly uid?: number
  readonly gid?: number
  readonly modifiedAt?: Date
  readonly accessedAt?: Date
  /** Where a symlink points, as it is stored. */
  readonly target?: string
}

export function remoteEntry({ name, path, attributes, owner, group, target }: Entry): RemoteEntry {
  const { size, permissions, owner: ids, times } = attributes
  return {
    name,
    path,
    type: fileType(attributes),
    ...(size !== undefined && { size }),
    ...(permissions !== undefined && {
      permissions: permissionText(permissions),
      permissionsOctal: octal(permissions),
    }),
    ...(owner !== undefined && { owner }),
    ...(group !== undefined && { group }),
    ...(ids !== undefined && { uid: ids.uid, gid: ids.gid }),
    ...(times !== undefined && { modifiedAt: new Date(times.mtime * 1000), accessedAt: new Date(times.atime * 1000) }),
    ...(target !== undefined && { target }),
  }
}
