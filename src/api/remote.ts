import type { FerryError } from '../errors/ferry-error.ts'
import type { RemotePath } from '../model/remote-path.ts'
import type { SftpSession } from '../sftp/session.ts'
import type { Peer } from '../ssh/transport.ts'
import type { MoreConnections } from '../transfer/connection-pool.ts'

/** An open connection: a session, and what its settings say about its use. Disposing of it ends everything below it. */
export interface Remote extends AsyncDisposable {
  readonly session: SftpSession
  /** For messages and results: the stored name, or the address. */
  readonly name: string
  readonly peer: Peer
  /** What connecting and logging in took. */
  readonly connectedInMs: number
  /** Settles once, with why, when nothing more can be asked of it. */
  readonly ended: Promise<FerryError>
  readonly preferences: RemotePreferences
  /** More sessions to the same server; absent where one has to do: with a bandwidth limit, or over a command's stdin and stdout. */
  readonly more?: MoreConnections
  /** A path as the user gave it: relative ones start in the connection's `directory`. */
  resolve(path: string): RemotePath
}

/** The effective settings of a connection that its operations follow. */
export interface RemotePreferences {
  /** The connection's `directory`, absent for the login directory. */
  readonly directory?: RemotePath
  readonly logLevel: number
  readonly pingCommand: string
  readonly localCommands: boolean
  /** `preserveMetadata` where it was set; transfers take absent for true, scripts for false. */
  readonly preserveMetadata?: boolean
  readonly fsync: boolean
  /** Bytes a request, and requests in flight, where they were set. */
  readonly bufferSize?: number
  readonly requests?: number
}
