import type { Command, Option } from 'commander'
import { connectionOptions } from '../commands/connection-command.ts'
import { type CommandEntry, commands, groups } from '../commands/index.ts'
import { globalOptions, lockTimeoutOption } from './global-flags.ts'

/** No line of help is longer, on however wide a terminal. */
const widestHelp = 100

/** `ferry --help`: what there is, in groups. */
export function mainHelp(): string {
  const titles = groups
  const width = Math.max(...titles.map((title) => title.length)) + 2
  const rows = titles.map((title) => {
    const names = commands.filter((entry) => entry.group === title && entry.listed !== false).map(({ name }) => name)
    return `  ${title.padEnd(width)}${[...names, ...(title === 'Other' ? ['help'] : [])].join('  ')}`
  })
  return `Declarative SFTP: connections and scripts as code.

Usage: ferry <command> [flags]

${rows.join('\n')}
Start with: ferry enmasse validate deploy.yml, ferry ping --all, ferry <command> --help
`
}

/** `ferry help flags`: what every command takes, and every command with a connection. */
export function flagsHelp(width: number | undefined): string {
  const connection = optionRows(connectionOptions(), width)
  const global = optionRows([...globalOptions(), lockTimeoutOption()], width)
  return `Connection flags, of every command that takes a connection; they win over what is stored:

${connection.join('\n')}

Global flags, of every command, before or after its arguments; a bare number is seconds:

${global.join('\n')}
`
}

/** The help of a command, as commander's `formatHelp` wants it. `width` is absent where lines are not to be wrapped. */
export function commandHelp(command: Command, entry: CommandEntry, width: number | undefined): string {
  const options = command.options.filter((option) => !option.hidden)
  const rows = [...subcommandRows(command, width), ...optionRows(options, width)]
  const connects = command.options.some(({ long }) => long === '--jump')
  const also = [
    ...(connects ? ['connection flags (-i -o -F -J -P -4 -6 -C)'] : []),
    'global flags (ferry help flags)',
  ].join(', ')
  const aliases = command.parent === null ? (entry.aliases ?? []) : command.aliases()
  return [
    sentence(command.description()),
    `Usage: ${usage(command)}`,
    ...(aliases.length === 0 ? [] : [`Alias: ${aliases.join(', ')}`]),
    ...(rows.length === 0 ? [] : ['', ...rows]),
    `  Also: ${also}`,
    '',
  ].join('\n')
}

/** `ferry ping <connection>… [flags]`; also the hint where arguments are missing. */
export function usage(command: Command): string {
  const rest = command
    .usage()
    .replace('[options] [command]', '<command>')
    .replace(/^\[options\] ?/, '')
  const parts = [pathOf(command), rest.replaceAll('...>', '>…').replaceAll('...]', ']…'), '[flags]']
  return parts.filter((part) => part !== '').join(' ')
}

/** `ferry enmasse plan`. */
export function pathOf(command: Command): string {
  return `${command.parent === null ? 'ferry' : pathOf(command.parent)} ${command.name()}`
}

function sentence(text: string): string {
  const capital = text.charAt(0).toUpperCase() + text.slice(1)
  return /[.!?]$/.test(capital) ? capital : `${capital}.`
}

function optionRows(options: readonly Option[], width: number | undefined): string[] {
  return columns(
    options.map(({ flags, description }) => [flags.startsWith('--') ? `    ${flags}` : flags, description]),
    width,
  )
}

function subcommandRows(command: Command, width: number | undefined): string[] {
  const rows = command.commands.map((sub): [string, string] => [
    usage(sub)
      .replace(`${pathOf(command)} `, '')
      .replace(' [flags]', ''),
    sub.description(),
  ])
  return columns(rows, width)
}

function columns(rows: readonly (readonly [string, string])[], width: number | undefined): string[] {
  const first = Math.max(0, ...rows.map(([term]) => term.length))
  const indent = first + 6
  return rows.map(([term, text]) => {
    const lines = width === undefined ? [text] : wrapped(text, Math.min(width, widestHelp) - indent)
    return `  ${term.padEnd(first)}    ${lines.join(`\n${' '.repeat(indent)}`)}`.trimEnd()
  })
}

/** Words on lines of at most `width`; a word that is longer has a line of its own. */
function wrapped(text: string, width: number): string[] {
  const lines: string[] = []
  for (const word of text.split(' ')) {
    const last = lines.at(-1)
    if (last === undefined || last.length + 1 + word.length > width) lines.push(word)
    else lines[lines.length - 1] = `${last} ${word}`
  }
  return lines
}
