import type { Command, CommanderError } from 'commander'
import { FerryError } from '../errors/ferry-error.ts'
import { suggest } from '../model/suggest.ts'
import { pathOf, usage } from './help.ts'

/** What commander found wrong with the arguments, in our words. */
export function usageError(error: CommanderError, command: Command): FerryError {
  const quoted = /'([\s\S]*)'/.exec(error.message)?.[1] ?? ''
  switch (error.code) {
    case 'commander.unknownOption':
      return unknownFlag(quoted, command)
    case 'commander.unknownCommand':
      return unknownCommand(
        quoted,
        command.commands.flatMap((sub) => [sub.name(), ...sub.aliases()]),
        pathOf(command).slice('ferry '.length),
      )
    case 'commander.missingArgument':
      return wrongUsage(command, `missing <${quoted}>`)
    case 'commander.excessArguments':
      return wrongUsage(command, 'too many arguments')
    case 'commander.optionMissingArgument':
      return wrongUsage(command, `flag "${quoted}" needs a value`)
    default:
      return wrongUsage(command, inOurWords(error.message))
  }
}

/** `error: option '--links <how>' argument 'eat' is invalid. Allowed choices are keep, skip.` and the like. */
function inOurWords(message: string): string {
  return message
    .replace(/^error: /, '')
    .replaceAll(/\boption '([^']*)'/g, 'flag "$1"')
    .replace(/ argument '([\s\S]*)' is invalid\. Allowed choices are (.*)\.$/, ': "$1" is none of $2')
}

function wrongUsage(command: Command, message: string): FerryError {
  return new FerryError('usage', `${pathOf(command).slice('ferry '.length)}: ${message}`, { hint: usage(command) })
}

/** A command that there is none of; `group` is the command that it was to be part of. */
export function unknownCommand(name: string, candidates: readonly string[], group = ''): FerryError {
  const nearest = suggest(name, candidates)
  return new FerryError('usage', `unknown command "${group === '' ? '' : `${group} `}${name}"`, {
    hint: nearest === undefined ? `ferry${group === '' ? '' : ` ${group}`} --help` : `did you mean "${nearest}"?`,
  })
}

/** A flag that there is none of. It may be a path: then `--` says so. */
export function unknownFlag(typed: string, command: Command): FerryError {
  const flag = typed.startsWith('--') ? typed.replace(/=[\s\S]*$/, '') : typed
  const message = `unknown flag "${flag}"`
  if (flag === '-h') return new FerryError('usage', message, { hint: 'did you mean "--help"?' })
  const known = command.options.flatMap(({ long }) => (long === undefined ? [] : [long]))
  if (flag !== typed && [...known, '--help'].includes(flag)) return wrongUsage(command, `flag "${flag}" takes no value`)
  const nearest = flag.startsWith('--') ? suggest(flag, [...known, '--help']) : undefined
  if (nearest !== undefined) return new FerryError('usage', message, { hint: `did you mean "${nearest}"?` })
  if (command.registeredArguments.length === 0) {
    return new FerryError('usage', message, { hint: `${pathOf(command)} --help` })
  }
  return new FerryError('usage', message, { hint: `if it is a path or a value, put "--" before it: -- ${typed}` })
}
