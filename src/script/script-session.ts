import { resolve } from 'node:path'
import { FerryError, type Place } from '../errors/ferry-error.ts'
import { orAbortSoon } from '../operations/or-abort-soon.ts'
import { endsAll } from '../transfer/transfer-error.ts'
import { CommandRun, enterable, remoteDirectory, type ScriptRemote, type SessionOptions } from './command-run.ts'
import { commands } from './commands/index.ts'
import { parseLine } from './parse-script.ts'
import type { ScriptLine } from './script.ts'
import type { ScriptState } from './script-state.ts'

/** What one command of a script did. */
export interface CommandResult {
  /** From 1, of the commands that ran. */
  readonly commandNo: number
  readonly line: number
  /** As written. */
  readonly command: string
  readonly ok: boolean
  /** What it printed, as sftp prints it. */
  readonly output: string
  readonly responseTimeMs: number
  readonly error?: FerryError
  /** It failed, and its line says that this does not matter. */
  readonly ignored?: boolean
}

/** Lines of sftp's language, carried out one after the other. Each has a signal of its own, and cancelling one leaves the rest. */
export class ScriptSession {
  readonly #options: SessionOptions
  readonly #state: ScriptState
  #remote: ScriptRemote
  #commandNo = 0
  #line = 0

  private constructor(remote: ScriptRemote, options: SessionOptions, state: ScriptState) {
    this.#remote = remote
    this.#options = options
    this.#state = state
  }

  /** Starts where the connection's `directory` says, else in the login directory. */
  static async open(remote: ScriptRemote, options: SessionOptions, signal: AbortSignal): Promise<ScriptSession> {
    const { session, preferences } = remote
    const directory = await orAbortSoon(
      preferences.directory === undefined
        ? session.realpath('.')
        : remoteDirectory(session, preferences.directory, `change to the directory ${preferences.directory}`),
      signal,
    )
    return new ScriptSession(remote, options, {
      startDirectory: directory,
      directory,
      localDirectory: enterable('/', resolve(options.localDirectory)),
      umask: undefined,
      showsProgress: options.showsProgress ?? false,
      isOver: false,
    })
  }

  /** Where a `cd` without path goes back to. */
  get startDirectory(): string {
    return this.#state.startDirectory
  }

  get directory(): string {
    return this.#state.directory
  }

  get localDirectory(): string {
    return this.#state.localDirectory
  }

  get umask(): number | undefined {
    return this.#state.umask
  }

  get showsProgress(): boolean {
    return this.#state.showsProgress
  }

  /** Whether a `quit` ran. */
  get isOver(): boolean {
    return this.#state.isOver
  }

  /** Carries out a line as it was typed; of one without a command there is no result. */
  async run(text: string, signal: AbortSignal): Promise<CommandResult | undefined> {
    this.#line += 1
    const line = parseLine(text, this.#line)
    return line === undefined ? undefined : this.carryOut(line, signal)
  }

  /** A command's failure is in its result. Rejects where nothing more can be done: the connection is lost, or the signal was aborted. */
  async carryOut(line: ScriptLine, signal: AbortSignal): Promise<CommandResult> {
    const place: Place = { file: this.#options.file ?? '-', line: line.line }
    const goesOn = line.ignoresFailure || this.#options.goesOn === true
    const run = new CommandRun({
      remote: this.#remote,
      options: this.#options,
      state: this.#state,
      place,
      goesOn,
      signal,
    })
    const startedAt = performance.now()
    const error = await failureOf(run, line)
    const ignored = line.ignoresFailure && !this.isOver
    this.#commandNo += 1
    return {
      commandNo: this.#commandNo,
      line: line.line,
      command: line.text,
      ok: error === undefined,
      output: run.takeOutput(),
      responseTimeMs: performance.now() - startedAt,
      ...(error !== undefined && { error: explained(error, goesOn && !this.isOver, place) }),
      ...(error !== undefined && ignored && { ignored }),
    }
  }

  /** Goes on over another connection. Rejects where the remote directory is none there; lines may be carried out all the same. */
  async continueOn(remote: ScriptRemote, signal: AbortSignal): Promise<void> {
    this.#remote = remote
    const { directory } = this.#state
    await orAbortSoon(remoteDirectory(remote.session, directory, `change to the directory ${directory}`), signal)
  }
}

/** Why a command failed; rejects where the script cannot go on whatever its line says. */
async function failureOf(run: CommandRun, { command }: ScriptLine): Promise<FerryError | undefined> {
  run.signal.throwIfAborted()
  if (command instanceof FerryError) return command
  if ('shell' in command && !run.preferences.localCommands) return new FerryError('script_invalid', noLocalCommands)
  try {
    await orAbortSoon(commands[command.name](run, command), run.signal)
    return undefined
  } catch (error) {
    if (!(error instanceof FerryError)) throw error
    if (error === run.signal.reason) throw error
    if (endsAll(error)) throw error.with({ place: run.place })
    return error
  }
}

export const noLocalCommands = 'the connection does not allow local commands'

function explained(error: FerryError, goesOn: boolean, place: Place): FerryError {
  const hint = error.details.hint ?? (goesOn ? undefined : 'start the line with "-" to go on after a failure')
  return error.with({ place, ...(hint !== undefined && { hint }) })
}
