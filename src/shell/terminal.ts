import type { Readable, Writable } from 'node:stream'

/** A terminal's input: what is typed comes key by key once raw mode is on. */
export interface TerminalInput extends Readable {
  setRawMode?(on: boolean): unknown
}

/** The terminal that a person types at, and where they see it. */
export interface Terminal {
  readonly input: TerminalInput
  readonly output: Writable
  readonly columns: () => number
}
