import { FerryError } from '../errors/ferry-error.ts'
import { commandText } from '../script/command-text.ts'
import { checkLocalCommands } from '../script/run-script.ts'
import type { Script, ScriptLine } from '../script/script.ts'
import type { CommandContext } from './context.ts'
import { errorDocument } from './error-document.ts'

/** Shows what would run on each connection, and connects to none of them. */
export async function showDryRun(
  { io, store, environment }: CommandContext,
  names: readonly string[],
  script: Script,
): Promise<void> {
  const { findConnection } = await import('../api/open-remote.ts')
  for (const name of names) {
    const { value } = await findConnection(name, { store, environment })
    checkLocalCommands(value.local_commands ?? true, script)
  }
  if (!io.json) {
    const rows = names.flatMap((name) => [...script.lines].map((line) => [name, String(line.line), ...texts(line)]))
    return io.table(['CONNECTION', 'LINE', 'COMMAND', 'READ AS'], rows, [1])
  }
  for (const connection of names) {
    for (const line of script.lines) await io.record({ connection, ...lineDocument(line) })
  }
}

/** As written, and as it is read where that is something else. */
function texts({ text, command }: ScriptLine): string[] {
  if (command instanceof FerryError) return [text, command.message]
  return [text, readAs(text, command) ?? '']
}

function lineDocument({ line, text, command }: ScriptLine): Readonly<Record<string, unknown>> {
  if (command instanceof FerryError) return { line, command: text, error: errorDocument(command) }
  return { line, command: text, read_as: readAs(text, command) }
}

function readAs(text: string, command: Exclude<ScriptLine['command'], FerryError>): string | undefined {
  const read = commandText(command)
  return read === text.replace(/^[-@]*\s*/, '') ? undefined : read
}
