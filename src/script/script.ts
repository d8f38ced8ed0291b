import type { FerryError } from '../errors/ferry-error.ts'
import type { CommandName } from './grammar.ts'
import type { Word } from './words.ts'

/** A script; `runScript` runs it. */
export interface Script {
  /** For places: the file, `-`, `-c`, `@name`. */
  readonly file: string
  /** Read from the text as they are asked for, where they were not all checked. */
  readonly lines: Iterable<ScriptLine>
  /** Whether nothing is wrong with any line but those that ignore their failure. */
  readonly isChecked: boolean
}

/** A line with a command in it. Blank lines and comments are none. */
export interface ScriptLine {
  /** From 1. */
  readonly line: number
  /** As written, without the blanks around it. */
  readonly text: string
  /** Prefixed with `-`: its failure does not end the script. */
  readonly ignoresFailure: boolean
  /** What the line says, or what is wrong with it: that fails when its turn comes. */
  readonly command: Command | FerryError
}

/** One command with its flags and arguments apart. */
export interface Command {
  readonly name: CommandName
  /** As it was called, `mget` or `dir`, for messages. */
  readonly calledAs: string
  /** Letters in the order given: the last of some decides. */
  readonly flags: string
  /** At most as many as the command takes: sftp ignores those beyond. */
  readonly arguments: readonly Word[]
  /** Mode, mask or id, where the command takes one. */
  readonly number?: number
  /** What `!` and `lls` hand to the local shell. */
  readonly shell?: ShellText
}

/** Text for a shell; values of parameters reach it as variables of its environment, so that they are never syntax. */
export interface ShellText {
  readonly text: string
  readonly environment: Readonly<Record<string, string>>
}
