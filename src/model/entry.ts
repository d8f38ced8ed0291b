import type { Attributes } from './attributes.ts'

/** A remote path with what the server tells of it, as listings and `info` show it. */
export interface Entry {
  /** Last component. */
  readonly name: string
  /** As the user would type it: under the path that was asked for. */
  readonly path: string
  readonly attributes: Attributes
  /** Names of the ids, where the server can tell them. */
  readonly owner?: string
  readonly group?: string
  /** Where a symlink points, as it is stored. */
  readonly target?: string
}
