import type { Readable } from 'node:stream'
import type { FerryError } from '../errors/ferry-error.ts'
import type { LogLevel } from '../model/log-level.ts'
import type { Terminal } from '../shell/terminal.ts'
import type { Prompt } from '../ssh/transport.ts'
import type { TransferListener, TransferSummary } from '../transfer/progress.ts'

/** What a person sees of a transfer; `finish` writes its summary. */
export interface TransferView extends Disposable {
  readonly listener: TransferListener
  finish(summary: TransferSummary): void
}

/** How one of a list is shown. */
export interface Shown<One> {
  document(one: One): unknown
  line(one: One): string
  /** Lines are exact, and a NUL byte ends each. */
  readonly nul: boolean
}

/**
 * The user's side of a command. stdout is the answer, stderr the conversation. Texts that are given here are raw, and Io escapes them
 * (`model/visible.ts`); only `bytes` takes them as they are.
 */
export interface Io {
  readonly json: boolean
  /** How much is told, as -v to -vvvv ask, or `stored` where that is more and there is no -q; a level that was set is the last word. */
  verbosity(stored?: number): LogLevel
  setVerbosity(level: LogLevel): void
  readonly stdin: Readable
  /** Present only where stdin and stdout are a terminal. */
  readonly terminal?: Terminal

  /** The one answer of a command: the document with --json, else each line of text (none for a silent success). */
  result(document: unknown, lines?: readonly string[]): Promise<void>
  /** The one answer of a command that may be long: with --json one list, else a line each. It is written as it is made. */
  list<One>(all: Iterable<One>, shown: Shown<One>): Promise<void>
  /** One answer of a stream: a JSON line, or lines of text. Waits while the reader is slow. */
  record(document: unknown, lines?: readonly string[]): Promise<void>
  /** Bytes of the answer as they are, never escaped. Waits while the reader is slow. */
  bytes(data: Uint8Array): Promise<void>
  /** Columns for people on a terminal, with a heading; tabs and no heading in a pipe. `align` names the right-aligned columns. */
  table(heading: readonly string[], rows: readonly (readonly string[])[], align?: readonly number[]): Promise<void>
  /** Marks a piece of a text that is given here; where there is no colour, the mark is nothing. */
  readonly style: {
    green(text: string): string
    yellow(text: string): string
    red(text: string): string
    dim(text: string): string
    bold(text: string): string
  }

  /** stderr, one line; level 0 is a warning (silent with -q), 1 to 4 need as many -v, or `logLevel` where there is no -q. */
  note(level: LogLevel, text: string, logLevel?: number): void
  /** stderr, one line, also in a pipe; silent with -q and --json. */
  summary(text: string): void
  /** stderr, one line as it is, whatever was asked. */
  complaint(text: string): void
  /** stderr: an error that does not end the command, as its own `ferry:` lines or JSON object. */
  problem(error: FerryError): void
  /** A spinner that names what it waits for, on a terminal; gives the function that ends it. */
  waiting(what: string): () => void
  /** Draws a transfer: a live line on a terminal, else one line a finished file. Disposing of it ends the drawing. */
  transfer(verb: 'upload' | 'download'): TransferView

  /** Present only where a person can be asked. */
  readonly ask?: (prompt: Prompt, signal: AbortSignal) => Promise<string>
}
