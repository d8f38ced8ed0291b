import type { Code } from '../errors/ferry-error.ts'

/** What was done, in the words of the command line; the changes of the state name the object. docs/audit.md lists them. */
export const auditOperations = [
  'upload',
  'download',
  'write',
  'copy',
  'mkdir',
  'delete',
  'rename',
  'symlink',
  'hardlink',
  'chmod',
  'chown',
  'set_attributes',
  'local_command',
  'export',
  'create_connection',
  'update_connection',
  'delete_connection',
  'create_script',
  'update_script',
  'delete_script',
  'replace_state',
] as const

export type AuditOperation = (typeof auditOperations)[number]

/** One change, before it is made. */
export interface Change {
  readonly operation: AuditOperation
  /** What is changed: a file on the server, one of this machine, or what the state holds. */
  readonly side: 'remote' | 'local' | 'state'
  /** What becomes different; for a rename and a link, the new name. */
  readonly path: string
  /** Where the content, or the name, comes from. */
  readonly from?: string
  /** What a link points to, as it is stored. */
  readonly target?: string
  /** Four octal digits. */
  readonly mode?: string
  /** `uid:gid`. */
  readonly owner?: string
  /** The stored object. */
  readonly connection?: string
  readonly script?: string
}

/** What is known of a change when it is made: how many bytes the file has now, or was sent, and their hash. */
export interface Made {
  size?: number
  sha256?: string
}

/** Who makes changes, and over what. */
export interface Subject {
  readonly user: string
  /** What the user asked for, such as `upload` or `enmasse import`; `web` for the web admin, `api` for a program. */
  readonly command: string
  /** Whom the program works for: in the web admin the browser that is logged in. */
  readonly session?: string
  /** The stored connection, or the address. */
  readonly connection?: string
}

/** One line of the audit log. Both lines of a change have all that is known of it, so that each can be read alone. */
export interface AuditEntry extends Subject, Change, Readonly<Made> {
  /** ISO 8601, UTC. */
  readonly time: string
  /** The same in both lines of one change. */
  readonly id: string
  readonly phase: 'intent' | 'outcome'
  readonly host: string
  readonly pid: number
  readonly result?: 'ok' | Code
  readonly duration_ms?: number
}
