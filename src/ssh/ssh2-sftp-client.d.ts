declare module 'ssh2-sftp-client' {
  import type { Client } from 'ssh2'

  /** The parts that ferry uses; the package has no types of its own. */
  class SftpClient {
    constructor(name: string, callbacks: { error?: () => void; end?: () => void; close?: () => void })
    readonly client: Client
    /** Set while an error is dealt with; then it does not count for `connect`. */
    errorHandled: boolean
    connect(config: object): Promise<unknown>
    end(): Promise<unknown>
  }
  export = SftpClient
}
