import { Command, type Option } from 'commander'
import { overrides } from '../commands/connection-command.ts'
import type { CommandContext } from '../commands/context.ts'
import { commands, findCommand } from '../commands/index.ts'
import { encodeName } from '../model/name-bytes.ts'
import { visible } from '../model/visible.ts'
import { loadCommand, splitCommandLine } from './command-line.ts'
import { remoteWords } from './complete-remote.ts'
import { globalOptions } from './global-flags.ts'

/** What a word may become. */
export interface Words {
  readonly words: readonly string[]
  /** Local files are possible, which the shell knows best. */
  readonly files: boolean
}

const nothing: Words = { words: [], files: false }
const files: Words = { words: [], files: true }
const only = (words: readonly string[]): Words => ({ words, files: false })

/** `ferry complete -- ferry's words…`, which completion scripts run: the last word is the one at the cursor, perhaps empty. */
export function completeCommand(context: CommandContext): Command {
  return new Command('complete')
    .description('what the last word may become, for completion scripts')
    .argument('[words...]')
    .action(async (words: readonly string[]) => {
      const typed = words.at(-1) ?? ''
      // Whatever is wrong with the words, there is nothing to say about it here.
      const found = await possible(context, words.slice(0, -1), typed).catch(() => nothing)
      // A line each: a name with a control character, or one that is not text, could not be typed either.
      const lines = found.words.filter(
        (word) => word.startsWith(typed) && visible(word) === word.replaceAll('\\', '\\\\'),
      )
      await context.io.bytes(encodeName(`${[...lines, found.files ? ':files' : ':'].join('\n')}\n`))
    })
}

async function possible(context: CommandContext, before: readonly string[], typed: string): Promise<Words> {
  const awaiting = takesValue(globalOptions(), before.at(-1) ?? '')
  if (awaiting !== undefined && splitCommandLine(before.slice(0, -1)).name === undefined) {
    return valuesOf(context, awaiting)
  }
  const { name, rest } = splitCommandLine(before)
  const isFlag = typed.startsWith('-')
  if (name === undefined) return isFlag ? flagsOf(globalOptions()) : only(commandNames())
  if (name === 'help') return only([...commandNames(), 'flags'])
  const entry = findCommand(name)
  if (entry === undefined) return nothing
  let command = await loadCommand(entry, context, { outer: {}, width: undefined, begin: async () => undefined })
  let words = rest
  while (command.commands.length > 0) {
    const at = words.findIndex((word) => !word.startsWith('-'))
    const sub = command.commands.find((one) => one.name() === words[at] || one.aliases().includes(words[at] ?? ''))
    if (sub === undefined) return isFlag ? flagsOf(command.options) : only(command.commands.map((one) => one.name()))
    command = sub
    words = words.slice(at + 1)
  }
  return wordsOf(context, command, words, typed)
}

const commandNames = (): string[] => [
  'help',
  ...commands.filter(({ listed }) => listed !== false).map(({ name }) => name),
]

const flagsOf = (options: readonly Option[]): Words =>
  only([...options.map(({ long, short }) => long ?? short ?? ''), '--help'])

/** Of a command itself: the value of a flag, a flag, or an argument. */
async function wordsOf(
  context: CommandContext,
  command: Command,
  before: readonly string[],
  typed: string,
): Promise<Words> {
  if (!before.includes('--')) {
    const awaiting = takesValue(command.options, before.at(-1) ?? '')
    if (awaiting !== undefined) return valuesOf(context, awaiting)
    if (typed.startsWith('-')) return flagsOf(command.options)
  }
  const { operands } = command.parseOptions([...before])
  const last = command.registeredArguments.length - 1
  const argument = command.registeredArguments[Math.min(operands.length, last)]
  if (argument === undefined || (operands.length > last && !argument.variadic)) return nothing
  if (argument.argChoices !== undefined) return only(argument.argChoices)
  const [address] = operands
  const remote = async (): Promise<Words> =>
    only(
      address === undefined ? [] : await remoteWords(context, { address, overrides: overrides(command.opts()) }, typed),
    )
  switch (argument.name()) {
    case 'connection':
      return operands.length === 0 ? connectionNames(context) : scripts(context)
    case 'name':
      return pathStart(command) === 'scripts' ? scriptNames(context) : connectionNames(context)
    case 'manifest':
    case 'source':
      return files
    case 'local':
      return operands.length > 1 && argument.variadic ? { ...(await remote()), files: true } : files
    case 'remote':
      return operands.length > 1 && argument.variadic ? { ...(await remote()), files: true } : remote()
    default:
      return remotePaths.has(argument.name()) ? remote() : nothing
  }
}

/** Names of arguments that are paths on the server. */
const remotePaths: ReadonlySet<string> = new Set(['path', 'from', 'to', 'existing', 'target', 'link'])

const pathStart = (command: Command): string => command.parent?.name() ?? command.name()

/** The flag that waits for its value behind this word: `--port`, `-P`, or `-lP`. */
function takesValue(options: readonly Option[], word: string): Option | undefined {
  if (!word.startsWith('-')) return undefined
  const short = word.startsWith('--') ? word : `-${word.slice(-1)}`
  return options.find((option) => option.required && (option.long === word || option.short === short))
}

function valuesOf(context: CommandContext, option: Option): Words | Promise<Words> {
  const choices = option.argChoices ?? /<([^<>]+\|[^<>]+)>/.exec(option.flags)?.[1]?.split('|')
  if (choices !== undefined) return only(choices)
  if (option.long === '--connection') return connectionNames(context)
  if (option.long === '--tag') return tags(context)
  return /<(?:.*\bfile\b.*|directory|path)>/.test(option.flags) ? files : nothing
}

async function connectionNames({ store }: CommandContext): Promise<Words> {
  return only([...(await (await store()).read()).connections.keys()])
}

async function tags({ store }: CommandContext): Promise<Words> {
  const { connections } = await (await store()).read()
  return only([...new Set([...connections.values()].flatMap(({ value }) => value.tags ?? []))])
}

async function scriptNames({ store }: CommandContext): Promise<Words> {
  return only([...(await (await store()).read()).scripts.keys()])
}

/** What may stand behind the connections of exec. */
async function scripts(context: CommandContext): Promise<Words> {
  const [connections, stored] = await Promise.all([connectionNames(context), scriptNames(context)])
  return { words: [...connections.words, ...stored.words.map((name) => `@${name}`)], files: true }
}
