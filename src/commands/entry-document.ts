import { fileType } from '../model/attributes.ts'
import type { Entry } from '../model/entry.ts'
import { octal, permissionText } from '../model/mode.ts'

/** A time of the protocol, which counts seconds, in JSON. */
export const isoTime = (seconds: number): string => new Date(seconds * 1000).toISOString()

/** An entry as `--json` prints it. What the server did not tell is absent; an owner without a name stands as its number. */
export function entryDocument({
  name,
  path,
  attributes,
  owner,
  group,
  target,
}: Entry): Readonly<Record<string, unknown>> {
  const { size, permissions, times, owner: ids } = attributes
  return {
    name,
    path,
    type: fileType(attributes),
    size,
    ...(permissions !== undefined && {
      permissions: permissionText(permissions),
      permissions_octal: octal(permissions),
    }),
    ...(ids !== undefined && {
      owner: owner ?? String(ids.uid),
      group: group ?? String(ids.gid),
      uid: ids.uid,
      gid: ids.gid,
    }),
    ...(times !== undefined && { modified_at: isoTime(times.mtime) }),
    target,
  }
}
