import { FerryError, type Place } from '../errors/ferry-error.ts'
import { orAbortSoon } from '../operations/or-abort-soon.ts'
import { endsAll } from '../transfer/transfer-error.ts'
import { commands } from './commands/index.ts'
import { Interpreter, type RunOptions, type ScriptRemote } from './interpreter.ts'
import { invalidScript } from './parse-script.ts'
import type { Script, ScriptLine } from './script.ts'

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

/**
 * Runs a script as `sftp -b` does, and gives a result for each command as it ends. A failed line without `-` is the last. Rejects where
 * nothing more can be done: the session is lost, the start directory is none, or the script may not run here, before anything ran.
 */
export async function* runScript(
  remote: ScriptRemote,
  script: Script,
  options: RunOptions,
): AsyncGenerator<CommandResult, void, undefined> {
  refuseLocalCommands(remote, script)
  const [first] = script.lines
  if (first === undefined) return
  const placeOf = ({ line }: ScriptLine): Place => ({ file: script.file, line })
  const run = await orAbortSoon(Interpreter.start(remote, options, placeOf(first)), options.signal)
  for (const [index, line] of script.lines.entries()) {
    options.signal.throwIfAborted()
    run.begin(placeOf(line), line.ignoresFailure)
    const startedAt = performance.now()
    const error = await failureOf(run, line)
    const ignored = line.ignoresFailure && !run.isOver
    yield {
      commandNo: index + 1,
      line: line.line,
      command: line.text,
      ok: error === undefined,
      output: run.takeOutput(),
      responseTimeMs: performance.now() - startedAt,
      ...(error !== undefined && { error: explained(error, ignored, placeOf(line)) }),
      ...(error !== undefined && ignored && { ignored }),
    }
    if (run.isOver || (error !== undefined && !ignored)) return
  }
}

/** Why a command failed; rejects where the script cannot go on whatever its line says. */
async function failureOf(run: Interpreter, { command }: ScriptLine): Promise<FerryError | undefined> {
  if (command instanceof FerryError) return command
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

function explained(error: FerryError, ignored: boolean, place: Place): FerryError {
  const hint = error.details.hint ?? (ignored ? undefined : 'start the line with "-" to go on after a failure')
  return error.with({ place, ...(hint !== undefined && { hint }) })
}

/** Known before anything runs, and so told then. */
function refuseLocalCommands({ preferences }: ScriptRemote, { file, lines }: Script): void {
  if (preferences.localCommands) return
  const local = lines.filter(({ command }) => 'shell' in command)
  if (local.length === 0) return
  const message = 'the connection does not allow local commands'
  throw invalidScript(
    file,
    local.map(({ line }) => ({ file, line, message })),
  )
}
