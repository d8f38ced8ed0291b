import { type Command, Option } from 'commander'
import { parseDuration } from '../model/duration.ts'
import { logLevel } from '../model/log-level.ts'
import type { OutputFlags } from './output.ts'

/** What the flags of every command say; what was not given is absent. */
export interface GlobalFlags {
  readonly state?: string
  readonly json?: true
  readonly quiet?: true
  readonly color?: false
  readonly input?: false
  /** Milliseconds, as all durations. */
  readonly timeout?: number
  readonly deadline?: number
  readonly lockTimeout?: number
  readonly verbose?: number
}

const duration = (flag: string) => (text: string) => parseDuration(text, flag)

/** The flags of every command, before or after its arguments. */
export function globalOptions(): Option[] {
  return [
    new Option('--state <file or URL>', 'where the state is (FERRY_STATE)'),
    new Option('--json', 'answers and errors as JSON'),
    new Option('-q, --quiet', 'results and errors only'),
    new Option('-v, --verbose', 'steps; -vv requests, -vvv ssh messages, -vvvv packets'),
    new Option('--no-color', 'no colour, as with NO_COLOR'),
    new Option('--no-input', 'never prompt'),
    new Option('--timeout <duration>', 'how long the server may be silent').argParser(duration('--timeout')),
    new Option('--deadline <duration>', 'how long the whole command may take').argParser(duration('--deadline')),
  ]
}

/** What the commands of the state take besides. */
export const lockTimeoutOption = (): Option =>
  new Option('--lock-timeout <duration>', 'how long to wait for a locked state (default 10s)').argParser(
    duration('--lock-timeout'),
  )

/** Flags that were added here, and not flags of a command's own that are called the same. */
const added = new WeakSet<Option>()

/** Gives a command the flags of every command, except those that it defines itself: `connections edit --timeout` sets a field. */
export function addGlobalOptions(command: Command, more: readonly Option[] = []): void {
  for (const option of [...globalOptions(), ...more]) {
    const own = command.options.some(
      ({ long, short }) => long === option.long || (short !== undefined && short === option.short),
    )
    if (own) continue
    added.add(option)
    command.addOption(option.hideHelp())
  }
  countVerbose(command)
}

/** `-v` may be repeated; commander's flags without a value know only yes and no. */
function countVerbose(command: Command): void {
  let count = 0
  command.on('option:verbose', () => {
    count += 1
    command.setOptionValueWithSource('verbose', count, 'cli')
  })
}

/** The global flags that were given to this very command. */
export function givenFlags(command: Command): GlobalFlags {
  const given = command.options
    .filter((option) => added.has(option) && command.getOptionValueSource(option.attributeName()) === 'cli')
    .map((option) => [option.attributeName(), command.getOptionValue(option.attributeName())])
  return Object.fromEntries(given)
}

/** Flags given before and after a command's name, together: the later one wins, and -v adds up. */
export function mergedFlags(all: readonly GlobalFlags[]): GlobalFlags {
  const verbose = all.reduce((sum, flags) => sum + (flags.verbose ?? 0), 0)
  return { ...Object.assign({}, ...all), ...(verbose > 0 && { verbose }) }
}

/** How ferry speaks, by its flags. */
export function outputFlags(flags: GlobalFlags): OutputFlags {
  return {
    json: flags.json ?? false,
    quiet: flags.quiet ?? false,
    verbosity: logLevel(flags.verbose ?? 0),
    color: flags.color ?? true,
    input: flags.input ?? true,
  }
}

/** Gives a command the flags that stood before its name, as if they were its own. */
export function passFlags(flags: GlobalFlags, command: Command): void {
  const own = new Set(command.options.filter((option) => !added.has(option)).map((option) => option.attributeName()))
  for (const [name, value] of Object.entries(flags)) {
    if (!own.has(name)) command.setOptionValueWithSource(name, value, 'cli')
  }
}

/** How to speak about a command line that could not be parsed. */
export function guessedFlags(args: readonly string[]): GlobalFlags {
  const flags = args.includes('--') ? args.slice(0, args.indexOf('--')) : args
  return {
    ...(flags.includes('--json') && { json: true }),
    ...(flags.includes('--no-color') && { color: false }),
  }
}
