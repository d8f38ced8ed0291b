import { type LogLevel, logLevel } from '../model/log-level.ts'
import type { CommandName } from '../script/grammar.ts'
import { parseCommand, withoutPrefixes } from '../script/parse-command.ts'
import type { Command } from '../script/script.ts'
import { splitWords } from '../script/words.ts'

/** Commands that only the shell has, beside those of the language. */
export const shellCommands = [
  {
    name: 'loglevel',
    usage: 'loglevel [0-4]',
    summary: 'Show or set how much is told, as -v to -vvvv do',
    values: ['0', '1', '2', '3', '4'],
  },
] as const

/** A line that is the shell's own. */
export type ShellLine = { readonly name: 'loglevel'; readonly level?: LogLevel } | { readonly problem: string }

/** What a line asks of the shell itself; nothing where it is one of the language. */
export function shellLine(line: string): ShellLine | undefined {
  const split = splitWords(withoutPrefixes(line)?.rest ?? '', new Map())
  if ('problem' in split) return undefined
  const [first, level] = split.words.map(({ plain }) => plain)
  if (first?.toLowerCase() !== 'loglevel') return undefined
  if (level === undefined) return { name: 'loglevel' }
  return /^[0-4]$/.test(level)
    ? { name: 'loglevel', level: logLevel(Number(level)) }
    : { problem: `loglevel: "${level}" is no level from 0 to 4` }
}

/** What `help` lists behind the commands of the language. */
export function shellHelp(): string {
  const width = Math.max(...shellCommands.map(({ usage }) => usage.length)) + 2
  return `Of this shell:\n${shellCommands.map(({ usage, summary }) => `${usage.padEnd(width)}${summary}\n`).join('')}`
}

/** The command of the language in a line, if it is one. */
export function commandOf(line: string): Command | undefined {
  const rest = withoutPrefixes(line)?.rest
  if (rest === undefined) return undefined
  const command = parseCommand(rest, new Map())
  return 'problem' in command ? undefined : command
}

const local: ReadonlySet<CommandName> = new Set([
  'help',
  'lcd',
  'lls',
  'lmkdir',
  'lpwd',
  'lumask',
  'progress',
  'quit',
  'shell',
  'version',
])

/** Whether a command needs no server. */
export const isLocal = (command: CommandName): boolean => local.has(command)
