/** What ssh's own flags say for one run; they win over what is stored. */
export interface Overrides {
  /** -i, in the order given. */
  readonly identities?: readonly string[]
  /** -o, `Key=Value` or `Key Value` as typed. */
  readonly options?: readonly string[]
  /** -F; `none` for no file. */
  readonly sshConfigFile?: string
  /** -J */
  readonly jump?: string
  /** -P */
  readonly port?: number
  /** -4, -6 */
  readonly addressFamily?: 'ipv4' | 'ipv6'
  /** -C */
  readonly compression?: boolean
  /** --limit, in MB/s */
  readonly bandwidthLimit?: number
  /** --timeout, in milliseconds; 0 waits for ever. */
  readonly timeoutMs?: number
  /** --retry: how often, in all, a connection that cannot be had or was lost is tried again; 0 unless set. */
  readonly retry?: number
  /** -v to -vvvv */
  readonly logLevel?: 1 | 2 | 3 | 4
}

/** A connection as a command was given it: the name of a stored one or an sftp:// address, and flags for this run. */
export interface ConnectionInput {
  readonly address: string
  readonly overrides: Overrides
}
