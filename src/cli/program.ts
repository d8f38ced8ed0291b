import { inspect } from 'node:util'
import type { Command } from 'commander'
import { forAct } from '../commands/act-error.ts'
import type { CommandContext } from '../commands/context.ts'
import { type CommandEntry, commands, findCommand } from '../commands/index.ts'
import type { Io } from '../commands/io.ts'
import { FerryError } from '../errors/ferry-error.ts'
import { visible } from '../model/visible.ts'
import { HelpWanted, loadCommand, splitCommandLine } from './command-line.ts'
import { type GlobalFlags, guessedFlags, outputFlags } from './global-flags.ts'
import { flagsHelp, mainHelp, pathOf } from './help.ts'
import { type EndingSignal, interruption } from './interruption.ts'
import { createIo, type Environment, type Streams, widthOf } from './output.ts'
import { laterContext, programContext } from './program-context.ts'
import { unknownCommand } from './usage-error.ts'

/** The process that ferry runs in, or a test's. */
export interface Host {
  readonly streams: Streams
  readonly environment: Environment
  readonly now: () => Date
  /** Calls back for every signal that asks for an end. */
  onSignal(listener: (name: EndingSignal) => void): void
  /** Calls back for an error that nothing caught. */
  onUncaught(listener: (error: unknown) => void): void
  /** Told which command is run: `ls`, `enmasse import`. */
  onAct(name: string): void
  /** From now on memory comes before speed. */
  sparesMemory(): void
  /** Ends the process at once. */
  exit(code: number): void
}

/** Runs one command line, and gives the exit status once all output is written. */
export async function runProgram(args: readonly string[], host: Host): Promise<number> {
  const { streams, environment, now } = host
  let io: Io | undefined
  let made: CommandContext | undefined
  /** For messages: `upload bank`. */
  let subject = ''
  let status = 0

  const ending = interruption((reason, told) => {
    if (!told) io?.problem(forSubject(reason, subject))
    host.exit(reason.exitCode)
  })
  const ioFor = (flags: GlobalFlags): Promise<Io> =>
    createIo({ streams, flags: outputFlags(flags), environment, now, onReaderGone: ending.onReaderGone })

  const context = laterContext(() => {
    if (made === undefined) throw new FerryError('bug', 'a command used its context before its action')
    return made
  })
  const begin = async (command: Command, flags: GlobalFlags): Promise<void> => {
    io = await ioFor(flags)
    const act = pathOf(command).slice('ferry '.length)
    subject = subjectOf(command, act)
    host.onAct(act)
    if (flags.deadline !== undefined) ending.setDeadline(flags.deadline)
    const exitWith = (code: 1 | 4): void => {
      status = code
    }
    const { signal, interrupts } = ending
    const { sparesMemory } = host
    made = programContext({ io, flags, environment, signal, now, act, sparesMemory, interrupts, exitWith })
  }
  const width = streams.stdout.isTTY === true ? widthOf(streams.stdout, environment) : undefined
  const load = (entry: CommandEntry, outer: GlobalFlags): Promise<Command> =>
    loadCommand(entry, context, { outer, width, begin })

  const dispatch = async (): Promise<void> => {
    const { name, rest, flags, helpAsked, versionAsked } = splitCommandLine(args)
    if (versionAsked) {
      const { versionText } = await import('./version.ts')
      throw new HelpWanted(await versionText((flags.verbose ?? 0) > 0), 0)
    }
    if (name === undefined) throw new HelpWanted(mainHelp(), helpAsked ? 0 : 2)
    const isHelp = name === 'help'
    const [wanted, ...words] = isHelp ? rest.filter((word) => word !== '--help') : [name, ...rest]
    if (wanted === undefined) throw new HelpWanted(mainHelp(), 0)
    if (isHelp && wanted === 'flags') throw new HelpWanted(flagsHelp(width), 0)
    const command = await load(commandNamed(wanted), flags)
    // After all words, so that the help is that of `enmasse plan` and not of `enmasse`.
    const end = words.includes('--') ? words.indexOf('--') : words.length
    const asked = isHelp || helpAsked ? [...words.slice(0, end), '--help'] : words
    await command.parseAsync(asked, { from: 'user' })
  }

  const run = async (): Promise<void> => {
    try {
      await dispatch()
    } catch (error) {
      if (!(error instanceof HelpWanted)) throw error
      io ??= await ioFor(guessedFlags(args))
      status = await showText(error, io, host)
    }
  }

  try {
    const broken = new Promise<never>((_resolve, reject) => host.onUncaught(reject))
    host.onSignal(ending.onSignal)
    await Promise.race([run(), broken])
  } catch (error) {
    io ??= await ioFor(guessedFlags(args))
    status = ended(error, io, { host, subject, interruption: ending })
  }
  await flushed(host)
  return status
}

/** For completion scripts, and for no help. */
const complete: CommandEntry = {
  name: 'complete',
  group: 'Other',
  load: async (context) => (await import('./complete.ts')).completeCommand(context),
}

function commandNamed(name: string): CommandEntry {
  const entry = name === complete.name ? complete : findCommand(name)
  if (entry !== undefined) return entry
  throw unknownCommand(name, ['help', ...commands.flatMap(({ name, aliases = [] }) => [name, ...aliases])])
}

/** `upload bank` for a command on one connection, else the command alone. */
function subjectOf(command: Command, act: string): string {
  if (command.registeredArguments[0]?.name() !== 'connection') return act
  const given: unknown[] = [command.processedArgs[0]].flat()
  return given.length === 1 ? `${act} ${String(given[0])}` : act
}

/** An interruption says what it interrupted. */
function forSubject(error: FerryError, subject: string): FerryError {
  return subject === '' ? error : forAct(error, subject)
}

interface Ending {
  readonly host: Host
  readonly subject: string
  readonly interruption: ReturnType<typeof interruption>
}

/** Tells why a command ended, and gives its exit status. */
function ended(error: unknown, io: Io, { host, subject, interruption }: Ending): number {
  const { signal, readerGone } = interruption
  const isPartial = error instanceof FerryError && error.code === 'partial'
  const cut = signal.aborted && !isPartial ? asFerryError(signal.reason) : undefined
  if (cut !== undefined && readerGone()) return 0
  const told = cut === undefined ? asFerryError(error) : forSubject(interruptedError(error, cut), subject)
  if (host.environment['FERRY_DEBUG'] === '1') {
    const lines = inspect(error).split('\n').map(visible)
    host.streams.stderr.write(`${lines.join('\n')}\n`)
  }
  io.problem(told)
  return told.exitCode
}

/** The reason of an interruption; told by who was interrupted where that one knows what is left. */
function interruptedError(error: unknown, reason: FerryError): FerryError {
  return error instanceof FerryError && error.code === reason.code ? error : reason
}

/** Whatever is no FerryError should have become one where it happened. */
function asFerryError(error: unknown): FerryError {
  if (error instanceof FerryError) return error
  const message = error instanceof Error ? `${error.name}: ${error.message}` : String(error)
  return new FerryError('bug', `a bug in ferry: ${message}`, {
    cause: error,
    hint: 'FERRY_DEBUG=1 shows where; please report it with the command line',
  })
}

async function showText({ text, status }: HelpWanted, io: Io, { streams }: Host): Promise<number> {
  if (status === 0) await io.bytes(Buffer.from(text))
  else streams.stderr.write(text)
  return status
}

/** What was written has left the process before it ends. */
async function flushed({ streams: { stdout, stderr } }: Host): Promise<void> {
  for (const stream of [stdout, stderr]) await new Promise<void>((resolve) => stream.write('', () => resolve()))
}
