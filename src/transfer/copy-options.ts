import type { ConnectionPool } from './connection-pool.ts'
import type { TransferWindow } from './transfer-window.ts'

/** Compares an open local file with what the server has under a path; throws where they differ. */
export type Verify = (fd: number, path: string) => Promise<void>

/** How the files of one transfer are copied, either way: said once for all of them. */
export interface CopyOptions {
  /** Carry times and permissions over. */
  readonly preserve: boolean
  readonly overwrite: boolean
  /** A temporary name beside the target, then one step; else the target itself is written. */
  readonly atomic: boolean
  readonly fsync: boolean
  /** Go on with what an earlier copy left, and leave as much: the parts that stay if it ends now. */
  readonly kept?: Set<string> | undefined
  /** Looks at each file before it gets its name. */
  readonly verify?: Verify | undefined
  readonly window: TransferWindow
  readonly pool?: ConnectionPool
  readonly signal: AbortSignal
  /** Of a source, so many bytes were moved. */
  readonly onBytes: (from: string, count: number) => void
  /** So many bytes were there already. */
  readonly onResumed: (count: number) => void
  /** A nicety that a target could not be given. */
  readonly warn: (to: string, message: string) => void
}
