import { resolve } from 'node:path'
import type { Command } from 'commander'
import type { Remote } from '../api/remote.ts'
import { FerryError } from '../errors/ferry-error.ts'
import type { ConnectionInput } from '../model/connection-input.ts'
import { encodeName } from '../model/name-bytes.ts'
import { parseScript } from '../script/parse-script.ts'
import { type CommandResult, runScript } from '../script/run-script.ts'
import type { Script } from '../script/script.ts'
import { forAct } from './act-error.ts'
import { type ConnectionFlags, collected, connectionCommand, helpNotes, overrides } from './connection-command.ts'
import type { CommandContext } from './context.ts'
import { errorDocument } from './error-document.ts'
import type { Io } from './io.ts'
import { roundedMs } from './ping-document.ts'
import { type ScriptChoice, scriptText } from './script-text.ts'
import { isAddress, selectConnections } from './select-connections.ts'

export interface ExecInput {
  readonly connections: readonly string[]
  readonly script: ScriptChoice
  readonly variables: Readonly<Record<string, string>>
  readonly overrides: ConnectionInput['overrides']
}

type Flags = ConnectionFlags & { readonly commands?: readonly string[]; readonly var?: readonly string[] }

const usage = '<connection> <script>'

export function execCommand(context: CommandContext): Command {
  return connectionCommand('exec', '<connection...>')
    .description('run an SFTP script: a file, "-" for standard input, @name for a stored one, or -c')
    .usage(usage)
    .option('-c, --commands <text>', 'commands to run instead of a script (repeatable)', collected)
    .option('--var <name=value>', 'value of a parameter of the script (repeatable)', collected)
    .addHelpText(
      'after',
      helpNotes(
        "ferry exec bank nightly.sftp; ferry exec bank -c 'cd done' -c '-rm *.tmp'; ferry exec bank @nightly --var day=mon",
        '1 a line failed',
      ),
    )
    .action((words: readonly string[], flags: Flags) => {
      const script = flags.commands === undefined ? { source: words.at(-1) ?? '' } : { commands: flags.commands }
      const connections = flags.commands === undefined ? words.slice(0, -1) : words
      if (connections.length === 0) {
        throw new FerryError('usage', 'missing <script>', { hint: `ferry exec ${usage}, or -c 'COMMANDS'` })
      }
      return runExec(context, {
        connections,
        script,
        variables: variables(flags.var ?? []),
        overrides: overrides(flags),
      })
    })
}

function variables(texts: readonly string[]): Readonly<Record<string, string>> {
  return Object.fromEntries(
    texts.map((text) => {
      const equals = text.indexOf('=')
      if (equals < 1) throw new FerryError('usage', `--var: "${text}" is not name=value`)
      return [text.slice(0, equals), text.slice(equals + 1)]
    }),
  )
}

export async function runExec(context: CommandContext, input: ExecInput): Promise<void> {
  const { signal } = context
  const address = await oneConnection(context, input.connections)
  const { text, file, parameters } = await scriptText(context, input.script)
  const script = parseScript(text, {
    file,
    ...(parameters !== undefined && { parameters }),
    variables: input.variables,
  })
  await using remote = await context.connect({ address, overrides: input.overrides }, signal)
  try {
    await runLines(context, remote, script)
  } catch (error) {
    throw error instanceof FerryError ? forAct(error, `exec ${address}`) : error
  }
}

async function runLines({ io, environment, signal }: CommandContext, remote: Remote, script: Script): Promise<void> {
  const results = runScript(remote, script, {
    environment,
    localDirectory: resolve('.'),
    keepOutput: io.json,
    // As sftp prints it: names are escaped by its rules already.
    ...(!io.json && { onOutput: (text: string) => io.bytes(encodeName(text)) }),
    onErrorOutput: (text) => {
      for (const line of text.split('\n')) if (line !== '') io.note(0, line)
    },
    signal,
  })
  announce(io, script, 0)
  for await (const result of results) {
    if (io.json) await io.record(lineDocument(remote.name, result))
    const { error, ignored, commandNo } = result
    if (error !== undefined && ignored !== true) throw failed(error, `exec ${remote.name}`)
    if (error !== undefined && !io.json) io.problem(error)
    announce(io, script, commandNo)
  }
}

/** With -v a command is shown before it runs. */
function announce(io: Io, { lines }: Script, index: number): void {
  const next = lines[index]
  if (next !== undefined) io.note(1, next.text)
}

function lineDocument(connection: string, result: CommandResult): Readonly<Record<string, unknown>> {
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
function failed(error: FerryError, act: string): FerryError {
  if (error.exitCode >= 20) return error
  return new FerryError('script_failed', `${act}: ${error.message}`, { ...error.details, cause: error })
}

async function oneConnection(context: CommandContext, words: readonly string[]): Promise<string> {
  const [word = ''] = words
  if (words.length === 1 && isAddress(word)) return word
  const state = await (await context.store()).read()
  const { names, inactive } = selectConnections(state, words, false)
  const [only] = [...names, ...inactive]
  if (only !== undefined && names.length + inactive.length === 1) return only
  throw new FerryError('usage', 'exec runs on one connection at a time', {
    hint: `several were named: ${[...names, ...inactive].slice(0, 10).join(', ')}`,
  })
}
