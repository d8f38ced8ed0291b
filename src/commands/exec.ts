import type { Command } from 'commander'
import { FerryError } from '../errors/ferry-error.ts'
import type { Overrides } from '../model/connection-input.ts'
import { parseScript } from '../script/parse-script.ts'
import type { Script } from '../script/script.ts'
import { forAct } from './act-error.ts'
import { atOnce, parallelOption } from './at-once.ts'
import { type ConnectionFlags, collected, connectionCommand, helpNotes, overrides } from './connection-command.ts'
import type { CommandContext } from './context.ts'
import { showDryRun } from './exec-dry-run.ts'
import { execOn } from './exec-on.ts'
import { namedOutput, plainOutput } from './exec-output.ts'
import { type ScriptChoice, scriptText } from './script-text.ts'
import {
  type Choice,
  type ChoiceFlags,
  choiceOf,
  choiceOptions,
  chosenConnections,
  isChoice,
} from './select-connections.ts'

export interface ExecInput extends Choice {
  readonly script: ScriptChoice
  readonly variables: Readonly<Record<string, string>>
  readonly overrides: Overrides
  /** Connections at once. */
  readonly parallel: number
  readonly dryRun: boolean
  readonly keepGoing: boolean
  readonly precheck: boolean
  readonly atomic: boolean
}

type Flags = ConnectionFlags &
  ChoiceFlags &
  Pick<ExecInput, 'parallel' | 'dryRun' | 'keepGoing' | 'precheck' | 'atomic'> & {
    readonly commands?: readonly string[]
    readonly var?: readonly string[]
  }

const usage = '<connection>… <script>'

export function execCommand(context: CommandContext): Command {
  return choiceOptions(connectionCommand('exec', '[connection...]'))
    .description('run an SFTP script: a file, "-" for standard input, @name for a stored one, or -c')
    .usage(usage)
    .option('-c, --commands <text>', 'commands to run instead of a script (repeatable)', collected)
    .option('--var <name=value>', 'value of a parameter of the script (repeatable)', collected)
    .option('--dry-run', 'show what would run where, and connect to nothing', false)
    .option('--keep-going', 'go on after a line that failed', false)
    .option('--no-precheck', 'look at a line only when its turn comes, as sftp does')
    .option('--atomic', 'get and put by a temporary name, as upload and download do', false)
    .addOption(parallelOption())
    .addHelpText(
      'after',
      helpNotes(
        "ferry exec bank nightly.sftp; ferry exec bank -c 'cd done' -c '-rm *.tmp'; ferry exec 'eu-*' @nightly --var day=mon",
        '1 a line failed, 3 some connections or lines failed',
      ),
    )
    .action((words: readonly string[], flags: Flags) => {
      const { commands, var: given = [], dryRun, keepGoing, precheck, atomic, parallel } = flags
      const choice = choiceOf(commands === undefined ? words.slice(0, -1) : words, flags)
      const isChosen = isChoice(choice)
      const source = words.at(-1)
      if (!isChosen && source === undefined) throw missing('<connection>')
      if (commands === undefined && (!isChosen || source === undefined)) throw missing('<script>')
      return runExec(context, {
        ...choice,
        script: commands === undefined ? { source: source ?? '' } : { commands },
        variables: variables(given),
        overrides: overrides(flags),
        parallel,
        dryRun,
        keepGoing,
        precheck,
        atomic,
      })
    })
}

const missing = (what: string): FerryError =>
  new FerryError('usage', `missing ${what}`, { hint: `ferry exec ${usage}, or -c 'COMMANDS'` })

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
  const names = await chosenConnections(context, input)
  const { text, file, parameters } = await scriptText(context, input.script)
  const script = parseScript(text, {
    file,
    ...(parameters !== undefined && { parameters }),
    variables: input.variables,
    precheck: input.precheck,
  })
  const [only] = names
  if (only === undefined) return context.io.summary('no active connections')
  if (input.dryRun) return showDryRun(context, names, script)
  if (names.length > 1) return execOnSeveral(context, input, names, script)
  try {
    await execOn(context, input, only, script, plainOutput(context.io))
  } catch (error) {
    throw error instanceof FerryError ? forAct(error, `exec ${only}`) : error
  }
}

/** What fails on one connection is told, and does not keep the others. */
async function execOnSeveral(
  context: CommandContext,
  input: ExecInput,
  names: readonly string[],
  script: Script,
): Promise<void> {
  let failures = 0
  await atOnce(names, input.parallel, async (name) => {
    const output = namedOutput(context.io, name)
    try {
      await execOn(context, input, name, script, output)
    } catch (error) {
      context.signal.throwIfAborted()
      if (!(error instanceof FerryError) || error.code === 'audit_failed') throw error
      failures += 1
      output.failure(error)
    } finally {
      await output.end()
    }
  })
  if (failures > 0) {
    throw new FerryError('partial', `exec: ${failures} of ${names.length} connections failed`)
  }
}
