import { join, resolve } from 'node:path'
import type { Command } from 'commander'
import { FerryError } from '../errors/ferry-error.ts'
import type { ConnectionInput } from '../model/connection-input.ts'
import { stateDirectory } from '../model/home.ts'
import type { LogLevel } from '../model/log-level.ts'
import { encodeName } from '../model/name-bytes.ts'
import type { CommandResult } from '../script/script-session.ts'
import { runLines } from '../shell/run-lines.ts'
import { runShell } from '../shell/run-shell.ts'
import { errorLines, type ShellHost } from '../shell/shell-host.ts'
import { forAct } from './act-error.ts'
import { type ConnectionFlags, connectionCommand, helpNotes, overrides } from './connection-command.ts'
import type { CommandContext } from './context.ts'
import { lineDocument } from './exec-on.ts'
import { standardInput } from './standard-input.ts'

export function shellCommand(context: CommandContext): Command {
  return connectionCommand('shell')
    .description(
      'open an SFTP prompt, with completion and history; without a terminal, run the commands of standard input',
    )
    .addHelpText('after', helpNotes("ferry shell bank; printf 'cd done\\nls\\n' | ferry shell bank"))
    .action((address: string, flags: ConnectionFlags) =>
      runShellCommand(context, { address, overrides: overrides(flags) }),
    )
}

export async function runShellCommand(context: CommandContext, connection: ConnectionInput): Promise<void> {
  const { io, signal } = context
  const host = hostFor(context, connection)
  try {
    if (io.json || io.terminal === undefined) await runLines(host, standardInput(io, signal))
    else await runShell(host, io.terminal, historyFile(context))
  } catch (error) {
    throw error instanceof FerryError ? forAct(error, `shell ${connection.address}`) : error
  }
}

function hostFor(context: CommandContext, connection: ConnectionInput): ShellHost {
  const { io, environment, signal, interrupts } = context
  const complain = (text: string): void => {
    if (!io.json) io.complaint(text)
  }
  const result = async (line: CommandResult): Promise<void> => {
    if (io.json) await io.record(lineDocument(connection.address, line))
    else if (line.error !== undefined) for (const text of errorLines(line.error)) complain(text)
  }
  let storedLevel = 0
  return {
    async connect(endedBy) {
      const remote = await context.connect(atLevel(connection, io.verbosity()), endedBy)
      storedLevel = remote.preferences.logLevel
      return remote
    },
    environment,
    localDirectory: resolve('.'),
    ...(!io.json && { print: (text: string) => io.bytes(encodeName(text)) }),
    result,
    tell: io.summary,
    complain,
    announce: (line) => io.note(1, line),
    transfer: io.transfer,
    logLevel: () => io.verbosity(storedLevel),
    setLogLevel: io.setVerbosity,
    interrupts,
    signal,
  }
}

/** A level that was set in the shell counts for the connections that are made later on. */
const atLevel = (connection: ConnectionInput, level: LogLevel): ConnectionInput =>
  level === 0 ? connection : { ...connection, overrides: { ...connection.overrides, logLevel: level } }

/** Beside the state, wherever that one is; nowhere for a user without a home. */
function historyFile({ environment }: CommandContext): string | undefined {
  try {
    return join(stateDirectory(environment), 'history')
  } catch {
    return undefined
  }
}
