import type { changeOwner } from '../operations/change-owner.ts'
import type { download } from '../operations/download.ts'
import type { sync } from '../operations/sync.ts'
import type { upload } from '../operations/upload.ts'
import type { writeFile } from '../operations/write-file.ts'

/** What every method takes: ends that one operation, not the connection. */
export interface Cancellable {
  readonly signal?: AbortSignal
}

/** An operation's options, where its signal need not be given. */
type Relaxed<Options> = Omit<Options, 'signal' | 'more'> & Cancellable

export type UploadOptions = Relaxed<Parameters<typeof upload>[3]>
export type DownloadOptions = Relaxed<Parameters<typeof download>[3]>
export type SyncOptions = Relaxed<Parameters<typeof sync>[3]>
export type ChangeOwnerOptions = Relaxed<Parameters<typeof changeOwner>[3]>
export type WriteOptions = Relaxed<Parameters<typeof writeFile>[3]>
