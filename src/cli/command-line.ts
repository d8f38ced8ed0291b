import { Command, Option } from 'commander'
import type { CommandContext } from '../commands/context.ts'
import type { CommandEntry } from '../commands/index.ts'
import {
  addGlobalOptions,
  type GlobalFlags,
  givenFlags,
  lockTimeoutOption,
  mergedFlags,
  passFlags,
} from './global-flags.ts'
import { commandHelp } from './help.ts'
import { unknownFlag, usageError } from './usage-error.ts'

/** Text instead of a run: help, or the version. Status 2 is for a command line that names no command; its help goes to stderr. */
export class HelpWanted {
  readonly text: string
  readonly status: 0 | 2
  constructor(text: string, status: 0 | 2) {
    this.text = text
    this.status = status
  }
}

/** What stands before a command's name, the name, and all after it as it is. */
export interface CommandLine {
  readonly flags: GlobalFlags
  readonly helpAsked: boolean
  readonly versionAsked: boolean
  readonly name?: string
  readonly rest: readonly string[]
}

export function splitCommandLine(args: readonly string[]): CommandLine {
  const root = new Command('ferry').helpOption(false).passThroughOptions()
  addGlobalOptions(root)
  root.addOption(new Option('--help')).addOption(new Option('--version'))
  catchErrors(root)
  const { operands, unknown } = root.parseOptions([...args])
  const [flag] = unknown
  if (flag !== undefined) throw unknownFlag(flag, root)
  const [name, ...rest] = operands
  return {
    flags: givenFlags(root),
    helpAsked: root.getOptionValue('help') === true,
    versionAsked: root.getOptionValue('version') === true,
    ...(name !== undefined && { name }),
    rest,
  }
}

/** Where the parsed command line leads: what is done between parsing and the command's own action. */
export type Begin = (command: Command, flags: GlobalFlags) => Promise<void>

/** A command with the flags of every command, our help and our errors. `width` is that of help, absent for no wrapping. */
export async function loadCommand(
  entry: CommandEntry,
  context: CommandContext,
  options: { readonly outer: GlobalFlags; readonly width: number | undefined; readonly begin: Begin },
): Promise<Command> {
  const top = await entry.load(context)
  for (const command of withSubcommands(top)) {
    addGlobalOptions(command, entry.locks === true ? [lockTimeoutOption()] : [])
    command
      .helpOption('--help')
      .helpCommand(false)
      .enablePositionalOptions()
      .configureHelp({ formatHelp: (shown) => commandHelp(shown, entry, options.width) })
    catchErrors(command)
  }
  return top.hook('preAction', async (_top, leaf) => {
    const flags = mergedFlags([options.outer, ...lineage(leaf).map(givenFlags)])
    passFlags(flags, leaf)
    await options.begin(leaf, flags)
  })
}

const withSubcommands = (command: Command): Command[] => [command, ...command.commands.flatMap(withSubcommands)]

/** From the top down to the command itself. */
const lineage = (command: Command): Command[] => [...(command.parent === null ? [] : lineage(command.parent)), command]

/** commander prints and exits; we throw instead. */
function catchErrors(command: Command): void {
  let text = ''
  const collect = (more: string): void => {
    text += more
  }
  command
    .showSuggestionAfterError(false)
    .configureOutput({ writeOut: collect, writeErr: collect, outputError: () => {} })
    .exitOverride((error) => {
      if (error.code === 'commander.helpDisplayed') throw new HelpWanted(text, 0)
      if (error.code === 'commander.help') throw new HelpWanted(text, 2)
      throw usageError(error, command)
    })
}
