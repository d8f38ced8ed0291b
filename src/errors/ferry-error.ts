/**
 * Every way in which ferry can fail: the code that programs test, the exit status that shells test, and a title for people.
 * This table is public API; docs/errors.md is held equal to it by a test.
 */
export const codes = {
  not_found: { exit: 1, title: 'no such file or directory' },
  permission_denied: { exit: 1, title: 'permission denied' },
  already_exists: { exit: 1, title: 'already exists' },
  wrong_kind: { exit: 1, title: 'the path is of another kind' },
  not_empty: { exit: 1, title: 'directory not empty' },
  no_space: { exit: 1, title: 'no space left on the server' },
  unsupported: { exit: 1, title: 'the server does not support this' },
  operation_failed: { exit: 1, title: 'the server reported a failure' },
  local_failed: { exit: 1, title: 'a local file operation failed' },
  inactive: { exit: 1, title: 'the connection is inactive' },
  script_invalid: { exit: 1, title: 'the script is invalid' },
  script_failed: { exit: 1, title: 'a line of the script failed' },
  audit_failed: { exit: 1, title: 'the audit log cannot be written' },
  usage: { exit: 2, title: 'wrong usage' },
  partial: { exit: 3, title: 'one or more of several failed' },
  manifest_invalid: { exit: 10, title: 'the manifest is invalid' },
  state_locked: { exit: 11, title: 'the state is locked' },
  state_unreadable: { exit: 11, title: 'the state cannot be read' },
  state_newer: { exit: 11, title: 'the state was written by a newer ferry' },
  state_failed: { exit: 11, title: 'the state cannot be written' },
  unknown_connection: { exit: 12, title: 'no such connection' },
  unknown_script: { exit: 12, title: 'no such script' },
  connect_failed: { exit: 20, title: 'could not connect' },
  host_key_rejected: { exit: 21, title: 'host key rejected' },
  authentication_failed: { exit: 22, title: 'authentication failed' },
  timed_out: { exit: 23, title: 'timed out' },
  connection_lost: { exit: 23, title: 'connection lost' },
  protocol_error: { exit: 23, title: 'the server broke the protocol' },
  outcome_unknown: { exit: 24, title: 'could not tell' },
  bug: { exit: 70, title: 'a bug in ferry' },
  cancelled: { exit: 130, title: 'interrupted' },
  terminated: { exit: 143, title: 'terminated' },
} as const satisfies Record<string, { exit: number; title: string }>

export type Code = keyof typeof codes

/** A position in a text that a person wrote. Lines and columns count from 1; a file may be `-` (standard input) or `-c`. */
export interface Place {
  readonly file: string
  readonly line?: number
  readonly column?: number
}

/** One of several things wrong with a document, as `enmasse validate --json` prints it. */
export interface Problem extends Place {
  /** JSON pointer into the document, `/connections/0/host`. */
  readonly path?: string
  readonly message: string
  readonly hint?: string
}

export interface Details {
  readonly cause?: unknown
  /** Something to type or to check; none beats a guess. */
  readonly hint?: string
  readonly place?: Place
  readonly connection?: string
  readonly path?: string
  readonly errors?: readonly Problem[]
  /** What else was noticed in a document that is invalid. */
  readonly warnings?: readonly Problem[]
  /** Of a connection that failed: no better when it is tried again. */
  readonly lasting?: boolean
}

/** The only error that crosses a room's border. The message says what, on what, why; it never holds a secret. */
export class FerryError extends Error {
  override readonly name = 'FerryError'
  readonly code: Code
  readonly details: Details

  constructor(code: Code, message: string, details: Details = {}) {
    super(message, 'cause' in details ? { cause: details.cause } : {})
    this.code = code
    this.details = details
  }

  get exitCode(): number {
    return codes[this.code].exit
  }

  /** The same failure, told with what the caller knows more: a prefix for the message, a place, a hint. */
  with(more: Details & { message?: string }): FerryError {
    const { message = this.message, ...details } = more
    return new FerryError(this.code, message, { ...this.details, ...details })
  }
}
