import type { Writable } from 'node:stream'
import type { ChalkInstance } from 'chalk'
import type { Io } from '../commands/io.ts'
import { type LogLevel, logLevel } from '../model/log-level.ts'
import { encodeName } from '../model/name-bytes.ts'
import type { TerminalInput } from '../shell/terminal.ts'
import { asker } from './ask.ts'
import { errorJson, errorLines } from './error-text.ts'
import { jsonListText, jsonText } from './json-text.ts'
import { type LiveLine, liveLine, noLine } from './live-line.ts'
import { sink } from './sink.ts'
import { rendered, style } from './styled-text.ts'
import { alignedTable, tabbedTable } from './text-table.ts'
import { transferView } from './transfer-view.ts'

/** A stream of this process, or one that a test made. */
export interface OutputStream extends Writable {
  readonly isTTY?: boolean
  readonly columns?: number
}

export interface Streams {
  readonly stdin: TerminalInput & { readonly isTTY?: boolean }
  readonly stdout: OutputStream
  readonly stderr: OutputStream
}

export type Environment = Readonly<Record<string, string | undefined>>

/** The flags that decide how ferry speaks. */
export interface OutputFlags {
  readonly json: boolean
  readonly quiet: boolean
  /** Times that -v was given. */
  readonly verbosity: LogLevel
  /** `--no-color` makes it false. */
  readonly color: boolean
  /** `--no-input` makes it false. */
  readonly input: boolean
}

export interface OutputOptions {
  readonly streams: Streams
  readonly flags: OutputFlags
  readonly environment: Environment
  readonly now: () => Date
  /** The reader of stdout went away. */
  readonly onReaderGone: () => void
}

/** The text of a long list is not put together at once. */
const linesAtOnce = 1000

type ColorLevel = 0 | 1 | 2 | 3

/** Which colours a stream may have: the flag, `FORCE_COLOR`, `NO_COLOR`, `TERM`, and then whether it is a terminal. */
export function colorLevel(
  stream: OutputStream,
  flags: Pick<OutputFlags, 'color'>,
  environment: Environment,
): ColorLevel {
  if (!flags.color) return 0
  const forced = environment['FORCE_COLOR']
  if (forced !== undefined)
    return forced === '0' || forced === 'false' ? 0 : forced === '2' ? 2 : forced === '3' ? 3 : 1
  if ((environment['NO_COLOR'] ?? '') !== '' || environment['TERM'] === 'dumb') return 0
  return stream.isTTY === true ? 1 : 0
}

/** CI systems set `CI`; empty, `0` and `false` are as good as unset. */
const inCi = (environment: Environment): boolean => !['', '0', 'false'].includes(environment['CI'] ?? '')

const drawsLive = ({ stderr }: Streams, flags: OutputFlags, environment: Environment): boolean =>
  stderr.isTTY === true &&
  // A terminal that was made without a size (0 columns) cannot tell how many rows a line takes, and so how to erase it.
  stderr.columns !== 0 &&
  !flags.quiet &&
  !flags.json &&
  flags.verbosity === 0 &&
  environment['TERM'] !== 'dumb' &&
  !inCi(environment)

const mayAsk = ({ stdin, stderr }: Streams, flags: OutputFlags, environment: Environment): boolean =>
  flags.input && stdin.isTTY === true && stderr.isTTY === true && !inCi(environment)

/** Columns of a stream: its own, `COLUMNS`, or 80. */
export function widthOf(stream: OutputStream, environment: Environment): number {
  const told = Number(environment['COLUMNS'])
  // 0 is a terminal that was made without a size.
  return stream.columns || (Number.isInteger(told) && told > 0 ? told : 80)
}

/** Loads chalk only where something is coloured. */
async function chalkFor(level: ColorLevel): Promise<ChalkInstance | undefined> {
  if (level === 0) return undefined
  const { Chalk } = await import('chalk')
  return new Chalk({ level })
}

/** The user's side of a command, on the streams of this process or of a test. */
export async function createIo({ streams, flags, environment, now, onReaderGone }: OutputOptions): Promise<Io> {
  const { stdin, stdout, stderr } = streams
  const out = sink(stdout, 'standard output', onReaderGone)
  // What cannot be said on stderr cannot be said at all.
  const err = sink(stderr, 'standard error', () => {})
  const outChalk = await chalkFor(colorLevel(stdout, flags, environment))
  const errChalk = await chalkFor(colorLevel(stderr, flags, environment))
  const live: LiveLine = drawsLive(streams, flags, environment) ? liveLine(stderr) : noLine

  const complain = (text: string): void => void err.write(`${text}\n`).catch(() => undefined)
  const say = (text: string): void => complain(rendered(text, errChalk))
  const print = (lines: readonly string[]): Promise<void> =>
    lines.length === 0 ? Promise.resolve() : out.write(`${lines.join('\n')}\n`)
  const answer = (document: unknown, lines: readonly string[] = []): Promise<void> =>
    print(flags.json ? [jsonText(document)] : lines.map((line) => rendered(line, outChalk)))
  const summary = (text: string): void => {
    if (!flags.quiet && !flags.json) say(text)
  }
  /** A level that was set while the command runs is the last word. */
  let set: LogLevel | undefined
  const verbosity: Io['verbosity'] = (stored = 0) =>
    set ?? (flags.quiet ? flags.verbosity : logLevel(Math.max(flags.verbosity, stored)))
  const note: Io['note'] = (level, text, stored) => {
    if (level === 0 ? !flags.quiet : verbosity(stored) >= level) say(level === 0 ? warning(text) : timed(now(), text))
  }
  const ask = asker(stdin, stderr)

  return {
    json: flags.json,
    verbosity,
    setVerbosity: (level) => {
      set = level
    },
    stdin,
    ...(stdin.isTTY === true &&
      stdout.isTTY === true && {
        terminal: { input: stdin, output: stdout, columns: () => widthOf(stdout, environment) },
      }),
    result: answer,
    async list(all, { document, line, nul }) {
      if (flags.json) {
        for (const piece of jsonListText(all, document)) await out.write(piece)
        return
      }
      const write = nul ? (lines: string[]) => out.write(encodeName(lines.join(''))) : print
      const text = nul ? (one: string) => `${one}\0` : (one: string) => rendered(one, outChalk)
      let lines: string[] = []
      for (const one of all) {
        if (lines.push(text(line(one))) < linesAtOnce) continue
        await write(lines)
        lines = []
      }
      if (lines.length > 0) await write(lines)
    },
    record: answer,
    bytes: (data) => out.write(data),
    async table(heading, rows, align = []) {
      if (flags.json) return
      await print(stdout.isTTY === true ? alignedTable(heading, rows, align, outChalk) : tabbedTable(rows, outChalk))
    },
    style,
    note,
    summary,
    complaint: say,
    problem: (error) => {
      if (flags.json) complain(errorJson(error))
      else for (const line of errorLines(error)) say(line)
    },
    waiting: (what) => live.show(() => rendered(what, undefined), true),
    transfer: (verb) =>
      transferView(verb, {
        live,
        drawn: live !== noLine,
        width: () => widthOf(stderr, environment),
        line: (text) => {
          if (!flags.json) say(text)
        },
        summary,
        warning: (text) => note(0, text),
      }),
    ...(mayAsk(streams, flags, environment) && {
      ask: (prompt, signal) => live.without(() => ask(prompt, signal)),
    }),
  }
}

const warning = (text: string): string => `${style.yellow('ferry: warning:')} ${text}`

/** Log lines have the local time, to the millisecond. */
function timed(at: Date, text: string): string {
  const pad = (value: number, width = 2): string => String(value).padStart(width, '0')
  const time = `${pad(at.getHours())}:${pad(at.getMinutes())}:${pad(at.getSeconds())}.${pad(at.getMilliseconds(), 3)}`
  return `${style.dim(time)} ${text}`
}
