import { resolve } from 'node:path'
import { FerryError } from '../errors/ferry-error.ts'
import type { Overrides } from '../model/connection-input.ts'
import { runScript } from '../script/run-script.ts'
import type { Script } from '../script/script.ts'
import type { CommandResult } from '../script/script-session.ts'
import type { CommandContext } from './context.ts'
import { errorDocument } from './error-document.ts'
import type { ExecOutput } from './exec-output.ts'
import { roundedMs } from './ping-document.ts'

interface ExecOptions {
  readonly overrides: Overrides
  readonly keepGoing: boolean
  readonly atomic: boolean
}

/** Runs a script on one connection. Rejects where a line failed, or several that it kept going after. */
export async function execOn(
  context: CommandContext,
  { overrides, keepGoing, atomic }: ExecOptions,
  address: string,
  script: Script,
  output: ExecOutput,
): Promise<void> {
  const { io, environment, signal } = context
  await using remote = await context.connect({ address, overrides }, signal)
  const results = runScript(remote, script, {
    environment,
    localDirectory: resolve('.'),
    keepOutput: io.json,
    ...(!io.json && { onOutput: output.print }),
    onErrorOutput: output.remark,
    // With -v a command is shown before it runs.
    onCommand: ({ text }) => output.step(text),
    keepGoing,
    atomic,
    signal,
  })
  let ran = 0
  let failures = 0
  for await (const result of results) {
    if (io.json) await io.record(lineDocument(remote.name, result))
    const { error, ignored } = result
    ran += 1
    if (error === undefined) continue
    if (ignored !== true && !keepGoing) throw scriptFailed(`exec ${remote.name}`, error)
    if (ignored !== true) failures += 1
    if (!io.json) output.problem(error)
  }
  if (failures > 0) throw new FerryError('partial', `exec ${remote.name}: ${failures} of ${ran} lines failed`)
}

/** What a line of a script did, as `--json` prints it. */
export function lineDocument(connection: string, result: CommandResult): Readonly<Record<string, unknown>> {
  const { commandNo, line, command, ok, output, responseTimeMs, error } = result
  return {
    connection,
    command_no: commandNo,
    line,
    command,
    ok,
    output,
    response_time_ms: roundedMs(responseTimeMs),
    ...(error !== undefined && { error: errorDocument(error) }),
  }
}

/** Whatever a line failed with, the script failed; what ends everything keeps its code. */
function scriptFailed(act: string, error: FerryError): FerryError {
  if (error.exitCode >= 20) return error
  return new FerryError('script_failed', `${act}: ${error.message}`, { ...error.details, cause: error })
}
