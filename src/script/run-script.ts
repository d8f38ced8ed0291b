import type { ScriptRemote, SessionOptions } from './command-run.ts'
import { invalidScript } from './parse-script.ts'
import type { Script, ScriptLine } from './script.ts'
import { type CommandResult, noLocalCommands, ScriptSession } from './script-session.ts'

export interface RunOptions extends Omit<SessionOptions, 'file' | 'goesOn'> {
  /** Goes on after lines that failed. */
  readonly keepGoing?: boolean
  /** Told of each command before it runs. */
  readonly onCommand?: (line: ScriptLine) => void
  readonly signal: AbortSignal
}

/**
 * Runs a script as `sftp -b` does, and gives a result for each command as it ends. A failed line without `-` is the last, unless it keeps
 * going. Rejects where nothing more can be done: the session is lost, the start directory is none, or the script may not run here, before
 * anything ran.
 */
export async function* runScript(
  remote: ScriptRemote,
  script: Script,
  { keepGoing = false, onCommand, signal, ...options }: RunOptions,
): AsyncGenerator<CommandResult, void, undefined> {
  checkLocalCommands(remote.preferences.localCommands, script)
  let session: ScriptSession | undefined
  for (const line of script.lines) {
    session ??= await ScriptSession.open(remote, { ...options, file: script.file, goesOn: keepGoing }, signal)
    signal.throwIfAborted()
    onCommand?.(line)
    const result = await session.carryOut(line, signal)
    yield result
    if (session.isOver || (!result.ok && !result.ignored && !keepGoing)) return
  }
}

/** Refuses a script with commands that the connection does not allow: known before anything runs, where the script was looked at. */
export function checkLocalCommands(allowed: boolean, { file, lines, isChecked }: Script): void {
  if (allowed || !isChecked) return
  const problems = [...lines].flatMap(({ line, command }) =>
    'shell' in command ? [{ file, line, message: noLocalCommands }] : [],
  )
  if (problems.length > 0) throw invalidScript(file, problems)
}
