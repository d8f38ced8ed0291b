import type { Remote } from '../api/remote.ts'
import type { FerryError } from '../errors/ferry-error.ts'
import type { LogLevel } from '../model/log-level.ts'
import type { CommandResult } from '../script/script-session.ts'
import type { TransferListener, TransferSummary } from '../transfer/progress.ts'
import type { ShellLine } from './shell-commands.ts'

/** What a person sees of a transfer; `finish` writes its summary. */
export interface TransferView extends Disposable {
  readonly listener: TransferListener
  finish(summary: TransferSummary): void
}

/** What a shell gets from outside. Texts are raw, but for `print`, whose text is as sftp prints it. */
export interface ShellHost {
  connect(signal: AbortSignal): Promise<Remote>
  /** For the local shell. */
  readonly environment: Readonly<Record<string, string | undefined>>
  readonly localDirectory: string
  /** What commands print, as it comes; absent where results hold it. */
  readonly print?: (text: string) => Promise<void>
  /** What a line did. */
  result(result: CommandResult): Promise<void>
  /** A line for people, which -q silences. */
  tell(text: string): void
  /** A line that has to be seen. */
  complain(text: string): void
  /** The command that is about to run, for -v. */
  announce(line: string): void
  transfer(verb: 'upload' | 'download'): TransferView
  logLevel(): LogLevel
  setLogLevel(level: LogLevel): void
  /** From now on Ctrl-C calls `listener`, where the terminal makes a signal of it. */
  interrupts(listener: () => void): Disposable
  /** Ends the shell. */
  readonly signal: AbortSignal
}

/** Lines that are no failure: what local programs say on stderr, files that a transfer skips. */
export function remark(host: ShellHost, text: string): void {
  for (const line of text.split('\n')) if (line !== '') host.tell(line)
}

/** Carries out a line of the shell's own. */
export function runShellLine(line: ShellLine, host: ShellHost): void {
  if ('problem' in line) host.complain(line.problem)
  else if (line.level === undefined) host.tell(`Log level ${host.logLevel()}`)
  else host.setLogLevel(line.level)
}

/** An error in one line, and before it a line for each of several problems. */
export function errorLines({ message, details: { errors = [], hint } }: FerryError): string[] {
  return [...errors.map((problem) => problem.message), hint === undefined ? message : `${message} (${hint})`]
}
