/** A value that a script takes from outside, written `${name}` in its text; always one word, whatever it holds. */
export interface Parameter {
  readonly required?: boolean
  readonly default?: string
  readonly description?: string
}

/** A stored script in sftp's batch language. */
export interface Script {
  readonly name: string
  readonly body: string
  /** Of the body's UTF-8 bytes, in hexadecimal. */
  readonly sha256: string
  readonly parameters?: Readonly<Record<string, Parameter>>
  readonly description?: string
}
